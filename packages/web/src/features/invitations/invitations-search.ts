import { invitationStates } from "../../api/invitations.ts";
import { readListSearch } from "../../ui/list-search.ts";

const words = { orders: [], statuses: invitationStates, by: [] } as const;

/** The address of the invitations to a domain. */
export function readDomainInvitationsSearch(raw: Record<string, unknown>) {
  return readListSearch(raw, words);
}

/** The address of one's own invitations, the received ones or the sent ones. */
export function readOwnInvitationsSearch(raw: Record<string, unknown>) {
  return {
    ...readListSearch(raw, words),
    ...(raw.direction === "sent" ? { direction: "sent" as const } : {}),
  };
}
