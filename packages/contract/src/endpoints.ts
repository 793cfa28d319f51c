import { accountLinkEndpoints } from "./account-endpoints/account-links.ts";
import {
  auditEndpoints,
  auditKeepingEndpoints,
  auditKeyEndpoint,
} from "./account-endpoints/audit.ts";
import { domainTokensEndpoint } from "./account-endpoints/domain-tokens.ts";
import { freezeEndpoint, leaveEndpoint } from "./account-endpoints/domains.ts";
import { invitationEndpoints } from "./account-endpoints/invitations.ts";
import { noticeEndpoints } from "./account-endpoints/notices.ts";
import { reachEndpoints } from "./account-endpoints/reach.ts";
import { roleEndpoints } from "./account-endpoints/roles.ts";
import { serviceEndpoints } from "./account-endpoints/service.ts";
import { tokenEndpoints } from "./account-endpoints/tokens.ts";
import { sessionEndpoints, userEndpoints } from "./account-endpoints/users.ts";
import { type EntityType, gatherOperations } from "./entity-type.ts";
import { builtInOperations, ownTypes } from "./entity-types/index.ts";
import type { Endpoint, EndpointsOf } from "./operation.ts";

type DomainPath = "/domains";
type EntityPath<Name extends string> = `/:domainId/${Name}`;

type RoleEndpointsOf<Type> = Type extends {
  readonly name: infer Name extends string;
  readonly kind: infer Kind;
}
  ? Kind extends "domain"
    ? ReturnType<typeof roleEndpoints<Name, `${DomainPath}/:domainId`, DomainPath>>[number]
    : ReturnType<typeof roleEndpoints<Name, `${EntityPath<Name>}/:id`, EntityPath<Name>>>[number]
  : never;

type ReachEndpointsOf<Type> = Type extends {
  readonly name: infer Name extends string;
  readonly kind: "entity" | "group";
}
  ? ReturnType<typeof reachEndpoints<Name, `${EntityPath<Name>}/:id`>>[number]
  : never;

const endpointsOfNoType = [
  ...userEndpoints,
  ...accountLinkEndpoints,
  ...sessionEndpoints,
  ...tokenEndpoints,
  ...noticeEndpoints,
  ...invitationEndpoints,
  freezeEndpoint,
  leaveEndpoint,
  domainTokensEndpoint,
  ...serviceEndpoints,
  auditKeyEndpoint,
  ...auditEndpoints,
  ...auditKeepingEndpoints,
] as const;

/** Every endpoint that no scope opens: accounts, tokens, people, and what the server tells of itself. */
export const accountEndpoints = [
  ...endpointsOfNoType,
  ...roleEndpointsOf(ownTypes),
  ...reachEndpointsOf(ownTypes),
] as const;

/** Any endpoint of this server as it comes, with its literal types: handlers and SDK derive from it. */
export type BuiltInEndpoint =
  | EndpointsOf<typeof builtInOperations>
  | (typeof accountEndpoints)[number];

/** Every endpoint of this server as it comes; no path twice. */
export const builtInEndpoints: readonly BuiltInEndpoint[] = [
  ...builtInOperations.flatMap((row): readonly BuiltInEndpoint[] => row.endpoints),
  ...accountEndpoints,
];

/** Every endpoint of a server that keeps these types, in place of the built-in ones or besides. */
export function endpointsOf(types: readonly EntityType[]): readonly Endpoint[] {
  return [
    ...gatherOperations(types).flatMap((type) => type.operations.flatMap((row) => row.endpoints)),
    ...endpointsOfNoType,
    ...roleEndpointsOf(types),
    ...reachEndpointsOf(types),
  ];
}

/** The endpoints about roles on objects of those types that are kept here. */
function roleEndpointsOf<const Types extends readonly EntityType[]>(
  types: Types,
): readonly RoleEndpointsOf<Types[number]>[] {
  const endpoints = types
    .filter(({ kind }) => kind !== "external")
    .flatMap(({ name, kind }): readonly Endpoint[] =>
      kind === "domain"
        ? roleEndpoints(name, `/${name}/:domainId`, `/${name}`)
        : roleEndpoints(name, `/:domainId/${name}/:id`, `/:domainId/${name}`),
    );
  return endpoints as readonly unknown[] as readonly RoleEndpointsOf<Types[number]>[];
}

/** The endpoints about who reaches an object of those types that have objects in domains. */
function reachEndpointsOf<const Types extends readonly EntityType[]>(
  types: Types,
): readonly ReachEndpointsOf<Types[number]>[] {
  const endpoints = types
    .filter(({ kind }) => kind === "entity" || kind === "group")
    .flatMap(({ name }): readonly Endpoint[] => reachEndpoints(name, `/:domainId/${name}/:id`));
  return endpoints as readonly unknown[] as readonly ReachEndpointsOf<Types[number]>[];
}
