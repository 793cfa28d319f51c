import { Modal, Select, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { invitationsKey } from "../../api/invitations.ts";
import { rolesQuery } from "../../api/roles.ts";
import { useChange } from "../../api/use-change.ts";
import { PeoplePicker } from "../../parts/people-picker.tsx";
import { renderChoice } from "../../ui/choices.tsx";
import { Form, useProblems } from "../../ui/form.tsx";
import { visibleText } from "../../words/foreign-text.ts";

interface SendInvitationsDialogProps {
  readonly domainId: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Invites people to a domain. */
export function SendInvitationsDialog(props: SendInvitationsDialogProps) {
  return (
    <Modal opened={props.isOpen} onClose={props.onClose} title="Send invitation(s)">
      <SendForm {...props} />
    </Modal>
  );
}

function SendForm({ domainId, onClose }: SendInvitationsDialogProps) {
  const { data } = useQuery(rolesQuery({ type: "domains", domainId, id: domainId }));
  const [userIds, setUserIds] = useState<string[]>([]);
  const [roleId, setRoleId] = useState<string | null>(null);
  const send = useChange(
    async (chosenRoleId: string) => {
      for (const userId of userIds) {
        await api.invitations.send({
          domainId,
          body: { invitee_user_id: userId, role_id: chosenRoleId },
        });
        // What is sent already is not to be sent again after a failure.
        setUserIds((left) => left.filter((other) => other !== userId));
      }
    },
    {
      done: () => (userIds.length > 1 ? "Invitations sent" : "Invitation sent"),
      onDone: onClose,
      stale: [invitationsKey],
      isInParts: true,
    },
  );
  const problems = useProblems({
    users: userIds.length === 0 ? "Select users" : undefined,
    role: roleId === null ? "Select a role" : undefined,
  });
  return (
    <Form
      change={send}
      verb="Send"
      onClose={onClose}
      closeVerb="Close"
      onSubmit={() => problems.attempt(() => roleId !== null && send.mutate(roleId))}
    >
      <Text size="sm" c="dimmed">
        They find the invitation in the header of their pages and become members when they accept
        it.
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
