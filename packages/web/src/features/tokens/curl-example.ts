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
    ...(endpoint?.body === undefined ? [] : ['-H "Content-Type: application/json"', "-d '{ … }'"]),
    `"${baseUrl}${path}"`,
  ].join(" \\\n  ");
}

/** All endpoints that the scope opens, as far as this app knows them. */
export function endpointsOfScope(scope: ScopeWire): readonly Endpoint[] {
  const row = builtInOperations.find(({ id }) => id === `${scope.entity_type}.${scope.operation}`);
  return row?.endpoints ?? [];
}

/** The path for the object of the scope; `someId`: where it is for all of them. */
export function pathOf({ endpoint, scope }: Example, someId: string): string {
  return endpoint.path
    .replace(":domainId", scope.domain_id)
    .replace(":id", scope.entity_id === allEntities ? someId : scope.entity_id);
}
