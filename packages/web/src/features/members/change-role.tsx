import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { type Member, type RolePlace, roleCalls, rolesQuery } from "../../api/roles.ts";
import { staleRoles } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { Name } from "../../ui/name.tsx";
import { Picker } from "../../ui/picker.tsx";
import { useListed } from "../../ui/use-listed.ts";
import { visibleText } from "../../words/foreign-text.ts";

interface ChangeRoleProps {
  readonly place: RolePlace;
  /** Has a role on the object itself. */
  readonly member: Member;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Gives a member another role in one step: without one they would lose more than that. */
export function ChangeRole(props: ChangeRoleProps) {
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title="Change role">
      <ChangeRoleForm {...props} />
    </Dialog>
  );
}

function ChangeRoleForm({ place, member, onClose }: ChangeRoleProps) {
  const { domainId, type, id } = place;
  const present = member.roles.find(({ access_type }) => access_type === "direct");
  const [roleId, setRoleId] = useState<string | null>(null);
  const { data } = useQuery(rolesQuery(place));
  const roles = (data?.roles ?? [])
    .filter((role) => role.id !== present?.role_id)
    .map((role) => ({ value: role.id, label: visibleText(role.name) }));
  const change = useChange(
    (wanted: string) =>
      roleCalls(type).move_members({
        domainId,
        id,
        roleId: wanted,
        body: { members: [member.member_id] },
      }),
    { done: "The role is changed", onDone: onClose, stale: staleRoles(domainId) },
  );
  const problems = useProblems({ role: roleId === null ? "Select a role" : undefined });
  return (
    <Form
      change={change}
      verb="Change"
      onClose={onClose}
      onSubmit={() => problems.attempt(() => roleId !== null && change.mutate(roleId))}
    >
      <Text size="sm" component="div">
        <PersonLabel userId={member.member_id} /> has the role{" "}
        <strong>
          <Name>{present?.role_name}</Name>
        </strong>
        . From the next request on, the new role replaces it; everything else stays.
      </Text>
      <Picker
        {...useListed(roles, "No such role")}
        label="New role"
        isRequired
        isFirst
        placeholder="Select a role"
        isMany={false}
        chosen={roles.filter(({ value }) => value === roleId)}
        onChoose={([role]) => setRoleId(role?.value ?? null)}
        error={problems.shown.role}
      />
    </Form>
  );
}
