import { queryOptions } from "@tanstack/react-query";
import { type ReplyTo, type RequestOf, readWireTime } from "@tessera/sdk";
import { isolated } from "../words/foreign-text.ts";
import { api } from "./client.ts";
import { domainsKey } from "./domains.ts";
import { useChange } from "./use-change.ts";

export type Invitation = ReplyTo<"invitations.list">["invitations"][number];
export type OwnInvitationsQuery = NonNullable<RequestOf<"invitations.list">["query"]>;
export type DomainInvitationsQuery = NonNullable<RequestOf<"invitations.list_of_domain">["query"]>;

export const invitationStates = ["pending", "accepted", "rejected", "all"] as const;

/** Whether the invitation still waits for an answer, or which it got. */
export function invitationState({
  confirmed_at,
  rejected_at,
}: Invitation): "pending" | "accepted" | "rejected" {
  if (readWireTime(confirmed_at) !== null) return "accepted";
  return readWireTime(rejected_at) === null ? "pending" : "rejected";
}

/** Whatever is known of invitations. */
export const invitationsKey = ["invitations"] as const;

/** Invitations that the person got or sent. */
export const ownInvitationsQuery = (query: OwnInvitationsQuery) =>
  queryOptions({
    queryKey: [...invitationsKey, "own", query],
    queryFn: ({ signal }) => api.invitations.list({ query }, { signal }),
  });

/** All invitations to a domain. */
export const domainInvitationsQuery = (domainId: string, query: DomainInvitationsQuery) =>
  queryOptions({
    queryKey: [...invitationsKey, "of-domain", domainId, query],
    queryFn: ({ signal }) => api.invitations.list_of_domain({ domainId, query }, { signal }),
  });

interface Answer {
  readonly domainId: string;
  readonly domainName: string;
  readonly answer: "accept" | "reject";
}

/** Accepts or rejects an invitation to a domain. */
export function useAnswerInvitation() {
  return useChange(
    ({ domainId, answer }: Answer) => api.invitations[answer]({ body: { domain_id: domainId } }),
    {
      done: ({ answer, domainName }) =>
        answer === "accept"
          ? `You are a member of “${isolated(domainName)}” now`
          : `The invitation to “${isolated(domainName)}” is rejected`,
      stale: [invitationsKey, domainsKey],
    },
  );
}

/** The first of those that wait for the person's answer. */
export const pendingInvitations = { direction: "received", state: "pending", limit: 5 } as const;
