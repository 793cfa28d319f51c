import { Button, Group, Modal, Select, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { invitationsKey } from "../../api/invitations.ts";
import { rolesQuery } from "../../api/roles.ts";
import { useChange } from "../../api/use-change.ts";
import { PeoplePicker } from "../../parts/people-picker.tsx";
import { renderChoice } from "../../ui/choices.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
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
  const [wasTried, setWasTried] = useState(false);
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
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        setWasTried(true);
        if (userIds.length > 0 && roleId !== null && !send.isPending) send.mutate(roleId);
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          They find the invitation in the header of their pages and become members when they accept
          it.
        </Text>
        <PeoplePicker
          label="Users"
          isRequired
          value={userIds}
          onChange={setUserIds}
          error={wasTried && userIds.length === 0 ? "Select users" : undefined}
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
          error={wasTried && roleId === null ? "Select a role" : undefined}
        />
        <FailureNotice error={send.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Close
          </Button>
          <Button type="submit" loading={send.isPending}>
            Send
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
