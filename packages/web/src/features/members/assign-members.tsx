import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { useHeldActions } from "../../api/rights.ts";
import { type RolePlace, roleCalls } from "../../api/roles.ts";
import { staleRoles } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { rolePlaceRows } from "../../entity-types/rows.ts";
import { PeopleAndRole, usePeopleAndRole } from "../../parts/people-and-role.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";

/** The button that gives people a role on the object; nothing for who may not. */
export function AssignMembers({ place }: { place: RolePlace }) {
  const { holds } = useHeldActions(place);
  const [isOpen, setIsOpen] = useState(false);
  if (!holds("add_role_users") || !holds("view_role_users")) return null;
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>Assign Users</Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title="Assign Users">
        <AssignForm place={place} onClose={() => setIsOpen(false)} />
      </Dialog>
    </>
  );
}

function AssignForm({ place, onClose }: { place: RolePlace; onClose: () => void }) {
  const { domainId, type, id } = place;
  const chosen = usePeopleAndRole();
  const { userIds, roleId, problems } = chosen;
  const assign = useChange(
    (chosenRoleId: string) =>
      roleCalls(type).add_members({
        domainId,
        id,
        roleId: chosenRoleId,
        body: { members: userIds },
      }),
    { done: "Assigned", onDone: onClose, stale: staleRoles(domainId) },
  );
  return (
    <Form
      change={assign}
      verb="Assign"
      onClose={onClose}
      closeVerb="Close"
      onSubmit={() => problems.attempt(() => roleId !== null && assign.mutate(roleId))}
    >
      <Text size="sm" c="dimmed">
        {rolePlaceRows[type].whoCanJoin}
      </Text>
      <PeopleAndRole place={place} chosen={chosen} />
    </Form>
  );
}
