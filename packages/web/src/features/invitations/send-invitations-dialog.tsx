import { Text } from "@mantine/core";
import { api } from "../../api/client.ts";
import { invitationsKey } from "../../api/invitations.ts";
import { useChange } from "../../api/use-change.ts";
import { PeopleAndRole, usePeopleAndRole } from "../../parts/people-and-role.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Form } from "../../ui/form.tsx";

interface SendInvitationsDialogProps {
  readonly domainId: string;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Invites people to a domain. */
export function SendInvitationsDialog(props: SendInvitationsDialogProps) {
  return (
    <Dialog isOpen={props.isOpen} onClose={props.onClose} title="Send invitations">
      <SendForm {...props} />
    </Dialog>
  );
}

function SendForm({ domainId, onClose }: SendInvitationsDialogProps) {
  const chosen = usePeopleAndRole();
  const { userIds, roleId, problems } = chosen;
  const send = useChange(
    async (chosenRoleId: string) => {
      for (const userId of userIds) {
        await api.invitations.send({
          domainId,
          body: { invitee_user_id: userId, role_id: chosenRoleId },
        });
        // What is sent already is not to be sent again after a failure.
        chosen.setUserIds((left) => left.filter((other) => other !== userId));
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
      <PeopleAndRole place={{ type: "domains", domainId, id: domainId }} chosen={chosen} />
    </Form>
  );
}
