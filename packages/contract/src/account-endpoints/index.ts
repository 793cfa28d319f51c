import { freezeEndpoint, invitationEndpoints } from "./invitations.ts";
import {
  channelRoleEndpoints,
  clientRoleEndpoints,
  domainRoleEndpoints,
  groupRoleEndpoints,
} from "./roles.ts";
import { serviceEndpoints } from "./service.ts";
import { tokenEndpoints } from "./tokens.ts";
import { sessionEndpoints, userEndpoints } from "./users.ts";

/** Every endpoint that no scope opens: accounts, tokens, people, and what the server tells of itself. */
export const accountEndpoints = [
  ...userEndpoints,
  ...sessionEndpoints,
  ...tokenEndpoints,
  ...domainRoleEndpoints,
  ...groupRoleEndpoints,
  ...clientRoleEndpoints,
  ...channelRoleEndpoints,
  ...invitationEndpoints,
  freezeEndpoint,
  ...serviceEndpoints,
] as const;
