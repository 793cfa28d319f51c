import { ActionIcon, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import {
  type Invitation,
  ownInvitationsQuery,
  pendingInvitations,
  useAnswerInvitation,
} from "../../api/invitations.ts";
import { PersonLabel } from "../../parts/person-label.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { Name } from "../../ui/name.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { isolated } from "../../words/foreign-text.ts";
import classes from "./header-popover.module.css";

/** The invitations that wait for the person's answer, each with both answers. */
export function PendingInvitations({ onLeave }: { readonly onLeave: () => void }) {
  const { data, error } = useQuery(ownInvitationsQuery(pendingInvitations));
  const total = data?.total ?? 0;
  return (
    <Stack gap="sm">
      <Title order={2}>Invitations</Title>
      <Text size="sm" c="dimmed">
        {total === 0
          ? "No invitation waits for your answer."
          : `You have ${total} pending ${total === 1 ? "invitation" : "invitations"}.`}
      </Text>
      <FailureNotice error={error} />
      {data !== undefined && data.invitations.length > 0 && (
        <ul className={classes.list}>
          {data.invitations.map((invitation) => (
            <Item key={invitation.domain_id} invitation={invitation} />
          ))}
        </ul>
      )}
      <LinkAnchor to="/invitations" size="sm" onClick={onLeave}>
        All invitations
      </LinkAnchor>
    </Stack>
  );
}

function Item({ invitation }: { invitation: Invitation }) {
  const answer = useAnswerInvitation();
  const { domain_id: domainId, domain_name: domainName } = invitation;
  const give = (chosen: "accept" | "reject") =>
    answer.mutate({ domainId, domainName, answer: chosen });
  const isGiving = (chosen: "accept" | "reject") =>
    answer.isPending && answer.variables.answer === chosen;
  return (
    <li>
      <Stack gap={6}>
        <Text size="sm">
          Invitation to join{" "}
          <strong>
            <Name>{domainName}</Name>
          </strong>{" "}
          with the role of{" "}
          <strong>
            <Name>{invitation.role_name}</Name>
          </strong>
        </Text>
        <Group justify="space-between" wrap="nowrap">
          <Text size="xs" c="dimmed" component="div">
            Invited by <PersonLabel userId={invitation.invited_by} />{" "}
            <RelativeTime at={readWireTime(invitation.created_at)} never="" />
          </Text>
          <Group gap={6} wrap="nowrap">
            <Tooltip label="Accept">
              <ActionIcon
                variant="light"
                aria-label={`Accept the invitation to ${isolated(domainName)}`}
                loading={isGiving("accept")}
                onClick={() => give("accept")}
              >
                <IconCheck size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
            <Tooltip label="Reject">
              <ActionIcon
                variant="light"
                color="brick"
                aria-label={`Reject the invitation to ${isolated(domainName)}`}
                loading={isGiving("reject")}
                onClick={() => give("reject")}
              >
                <IconX size={16} aria-hidden />
              </ActionIcon>
            </Tooltip>
          </Group>
        </Group>
        <FailureNotice error={answer.error} />
      </Stack>
    </li>
  );
}
