import { allEntities, builtInOperations, type Endpoint, type ScopeWire } from "@tessera/sdk";

/** What an example can be made of. */
export interface Example {
  readonly scope: ScopeWire;
  readonly endpoint: Endpoint;
}

/** Of the scopes that allow a call here one that reads, if there is one. */
export function chooseExample(scopes: readonly ScopeWire[]): Example | undefined {
  const known = scopes
    .map((scope) => ({ scope, endpoint: endpointsOfScope(scope)[0] }))
    .flatMap(({ scope, endpoint }) => (endpoint === undefined ? [] : [{ scope, endpoint }]));
  return known.find(({ endpoint }) => endpoint.method === "GET") ?? known[0];
}

/** Beside one that reads one that changes something, and what it sends; an update before all others. */
export function chooseChange(scopes: readonly ScopeWire[]): Example | undefined {
  if (chooseExample(scopes)?.endpoint.method !== "GET") return undefined;
  const changes = scopes.flatMap((scope) => {
    const endpoint = endpointsOfScope(scope)[0];
    return endpoint?.body === undefined || bodies[scope.operation] === undefined
      ? []
      : [{ scope, endpoint }];
  });
  return changes.find(({ endpoint }) => endpoint.method === "PATCH") ?? changes[0];
}

/** The call; without an example a harmless one. `entityId`: some object, where the scope is for all of them. */
export function curlExample(
  baseUrl: string,
  secret: string,
  example: Example | undefined,
  entityId = "<id>",
): string {
  const endpoint = example?.endpoint;
  const path = example === undefined ? "/domains" : pathOf(example, entityId);
  return [
    "curl",
    ...(endpoint === undefined || endpoint.method === "GET" ? [] : [`-X ${endpoint.method}`]),
    `-H "Authorization: Bearer ${secret}"`,
    ...(endpoint?.body === undefined
      ? []
      : [
          '-H "Content-Type: application/json"',
          `-d '${bodies[example?.scope.operation ?? ""] ?? "{ … }"}'`,
        ]),
    `"${baseUrl}${path}"`,
  ].join(" \\\n  ");
}

/** What a call sends, by its operation: accepted as it is shown, once each `<…>` is an id or a secret. */
const bodies: Readonly<Record<string, string>> = {
  update: '{"name": "New name"}',
  update_tags: '{"tags": ["new-tag"]}',
  update_secret: '{"secret": "<new secret>"}',
  set_parent_group: '{"parent_group_id": "<group id>"}',
  add_parent_group: '{"parent_id": "<group id>"}',
  add_children_groups: '{"children_ids": ["<group id>"]}',
  remove_children_groups: '{"children_ids": ["<group id>"]}',
  connect_client: '{"client_ids": ["<client id>"], "types": ["publish", "subscribe"]}',
  disconnect_client: '{"client_ids": ["<client id>"], "types": ["publish", "subscribe"]}',
  create: '{"name": "New domain", "route": "new-domain"}',
  create_clients: '{"name": "New client"}',
  create_channels: '{"name": "New channel"}',
  create_groups: '{"name": "New group"}',
  send_invitation: '{"invitee_user_id": "<user id>", "role_id": "<role id>"}',
  delete_invitation: '{"user_id": "<user id>"}',
};

/** All endpoints that the scope opens, as far as this app knows them. */
export function endpointsOfScope(scope: ScopeWire): readonly Endpoint[] {
  const row = builtInOperations.find(({ id }) => id === `${scope.entity_type}.${scope.operation}`);
  return row?.endpoints ?? [];
}

/** The path for the object of the scope; `someId`: where it is for all of them. */
export function pathOf({ endpoint, scope }: Example, someId: string): string {
  return endpoint.path
    .replace(":domainId", () => segmentOf(scope.domain_id))
    .replace(":id", () => (scope.entity_id === allEntities ? someId : segmentOf(scope.entity_id)));
}

/** A part of a path that stays one in a shell's quotes, too: a link or a paste may have brought it. */
function segmentOf(id: string): string {
  return encodeURIComponent(id).replaceAll(
    /[!'()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16)}`,
  );
}
