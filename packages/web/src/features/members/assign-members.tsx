import { Button, Modal, Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useHeldActions } from "../../api/rights.ts";
import { type RolePlace, roleCalls, rolesQuery } from "../../api/roles.ts";
import { staleRoles } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { rolePlaceRows } from "../../entity-types/rows.ts";
import { PeoplePicker } from "../../parts/people-picker.tsx";
import { renderChoice } from "../../ui/choices.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { visibleText } from "../../words/foreign-text.ts";

/** The button that gives people a role on the object; nothing for who may not. */
export function AssignMembers({ place }: { place: RolePlace }) {
  const { holds } = useHeldActions(place);
  const [isOpen, setIsOpen] = useState(false);
  if (!holds("add_role_users") || !holds("view_role_users")) return null;
  return (
    <>
      <Button onClick={() => setIsOpen(true)}>Assign Users</Button>
      <Modal opened={isOpen} onClose={() => setIsOpen(false)} title="Assign Users">
        <AssignForm place={place} onClose={() => setIsOpen(false)} />
      </Modal>
    </>
  );
}

function AssignForm({ place, onClose }: { place: RolePlace; onClose: () => void }) {
  const { domainId, type, id } = place;
  const { data } = useQuery(rolesQuery(place));
  const [userIds, setUserIds] = useState<string[]>([]);
  const [roleId, setRoleId] = useState<string | null>(null);
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
  const problems = useProblems({
    users: userIds.length === 0 ? "Select users" : undefined,
    role: roleId === null ? "Select a role" : undefined,
  });
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
      <PeoplePicker
        label="Users"
        isRequired
        value={userIds}
        onChange={setUserIds}
        error={problems.shown.users}
      />
      <Select
        label="Role"
        withAsterisk
        placeholder="Select a role"
        searchable
        renderOption={renderChoice}
        value={roleId}
        onChange={setRoleId}
        data={(data?.roles ?? []).map((role) => ({
          value: role.id,
          label: visibleText(role.name),
        }))}
        error={problems.shown.role}
      />
    </Form>
  );
}
