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
