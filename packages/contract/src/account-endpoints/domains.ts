import { endpoint } from "../operation.ts";

/** Closing a domain for everybody but the platform's administrators. */
export const freezeEndpoint = endpoint({
  id: "domains.freeze",
  method: "POST",
  path: "/domains/:domainId/freeze",
  summary: "Freeze a domain: only platform administrators can look at it and enable it again",
  access: { kind: "admin" },
  takesRightsAway: true,
  status: 200,
});

/** The end of one's own membership: nobody was asked before it began. */
export const leaveEndpoint = endpoint({
  id: "domains.leave",
  method: "POST",
  path: "/domains/:domainId/leave",
  summary: "Leave a domain: lose one's own roles on it and on everything in it",
  access: { kind: "domain_member" },
  takesRightsAway: true,
  status: 204,
});
