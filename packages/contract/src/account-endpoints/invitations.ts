import { z } from "zod";
import { invitationReply } from "../entity-types/domains.ts";
import { endpoint } from "../operation.ts";
import { id } from "../wire.ts";

const session = { kind: "session" } as const;
const ofDomain = z.object({ domain_id: id });

/** What the invited person does; no token can. */
export const invitationEndpoints = [
  endpoint({
    id: "invitations.accept",
    method: "POST",
    path: "/invitations/accept",
    summary: "Accept an invitation to a domain",
    access: session,
    body: ofDomain,
    status: 204,
  }),
  endpoint({
    id: "invitations.reject",
    method: "POST",
    path: "/invitations/reject",
    summary: "Reject an invitation to a domain",
    access: session,
    body: ofDomain,
    takesRightsAway: true,
    status: 204,
  }),
  endpoint({
    id: "invitations.view",
    method: "GET",
    path: "/domains/:domainId/invitations/:userId",
    summary: "View one invitation; for the invitee and whoever may list the domain's",
    access: session,
    reply: invitationReply,
    status: 200,
  }),
] as const;
