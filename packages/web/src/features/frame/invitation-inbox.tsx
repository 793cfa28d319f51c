import { IconInbox } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { ownInvitationsQuery, pendingInvitations } from "../../api/invitations.ts";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { HeaderPopover } from "./header-popover.tsx";

const PendingInvitations = lazyPart(
  async () => (await import("./pending-invitations.tsx")).PendingInvitations,
);

const askAgainMs = 60_000;

/** The invitations that wait for the person's answer, behind a sign in the header that counts them. */
export function InvitationInbox() {
  const { data } = useQuery({
    ...ownInvitationsQuery(pendingInvitations),
    refetchInterval: askAgainMs,
  });
  return (
    <HeaderPopover
      label="Invitations"
      counted="pending"
      count={data?.total ?? 0}
      Icon={IconInbox}
      Content={PendingInvitations}
    />
  );
}
