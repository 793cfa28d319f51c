import { Button, TextInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { maximumLength } from "@tessera/sdk";
import { useState } from "react";
import { bodyProblems } from "../../api/body-problems.ts";
import { type HeldActions, useHeldActions } from "../../api/rights.ts";
import { type RolePlace, roleCalls } from "../../api/roles.ts";
import { staleRoles } from "../../api/stale.ts";
import { useChange } from "../../api/use-change.ts";
import { rolePlaceRows } from "../../entity-types/rows.ts";
import { PeoplePicker } from "../../parts/people-picker.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { isolated } from "../../words/foreign-text.ts";
import { ActionPicker } from "./action-picker.tsx";

/** The button that creates a role on the object; nothing for who may not. */
export function CreateRole({ place }: { place: RolePlace }) {
  const held = useHeldActions(place);
  const [isOpen, setIsOpen] = useState(false);
  if (!held.holds("manage_role")) return null;
  return (
    <>
      <Button leftSection={<IconPlus size={17} aria-hidden />} onClick={() => setIsOpen(true)}>
        Create
      </Button>
      <Dialog isOpen={isOpen} onClose={() => setIsOpen(false)} title="Create Role" size="xl">
        <CreateRoleForm place={place} held={held} onClose={() => setIsOpen(false)} />
      </Dialog>
    </>
  );
}

interface CreateRoleFormProps {
  readonly place: RolePlace;
  readonly held: HeldActions;
  readonly onClose: () => void;
}

function CreateRoleForm({ place, held, onClose }: CreateRoleFormProps) {
  const { domainId, type, id } = place;
  const navigate = useNavigate();
  const [name, setName] = useState("");
  const [actions, setActions] = useState<string[]>([]);
  const [members, setMembers] = useState<string[]>([]);
  const body = { role_name: name.trim(), optional_actions: actions, optional_members: members };
  const create = useChange(() => roleCalls(type).add({ domainId, id, body }), {
    done: (_, role) => `“${isolated(role.name)}” is created`,
    onDone: async (role) => {
      onClose();
      await navigate({ to: rolePlaceRows[type].rolePath(place, role.id) });
    },
    stale: staleRoles(domainId),
  });
  const problems = useProblems({
    ...bodyProblems(`${type}.roles.add`, body, { role_name: "name" }),
    ...(body.role_name === "" ? { name: "Enter a name" } : {}),
  });
  return (
    <Form
      change={create}
      verb="Create"
      onClose={onClose}
      closeVerb="Close"
      onSubmit={() => problems.attempt(() => create.mutate())}
    >
      <TextInput
        label="Name"
        withAsterisk
        placeholder="Enter name"
        maxLength={maximumLength.roleName}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
        error={problems.shown.name}
        data-autofocus
      />
      <ActionPicker type={type} value={actions} mayChoose={held.mayGive} onChange={setActions} />
      {held.holds("add_role_users") && (
        <PeoplePicker label="Members" value={members} onChange={setMembers} />
      )}
    </Form>
  );
}
