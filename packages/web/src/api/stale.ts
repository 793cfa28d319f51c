import { domainKey } from "./domains.ts";
import { entitiesKey } from "./entities.ts";
import { exceedingKey } from "./exceeding-rights.ts";
import { rightsKey } from "./rights.ts";
import { membersKey, rolesKey } from "./roles.ts";

/** After a change of entities: what is shown of those of the domain, and who may do what with them. */
export const staleEntities = (domainId: string) => [
  entitiesKey(domainId),
  rightsKey(domainId),
  exceedingKey,
];

/** After a change of roles or members: who has which role in the domain, and who may do what there. */
export const staleRoles = (domainId: string) => [
  rolesKey(domainId),
  membersKey(domainId),
  domainKey(domainId),
  ...staleEntities(domainId),
];

/** After what opens or closes much: nothing read before may go on being shown. */
export const staleEverything = [[]] as const;
