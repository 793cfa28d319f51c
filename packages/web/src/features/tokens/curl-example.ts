import { allEntities, builtInOperations, type Endpoint, type ScopeWire } from "@tessera/sdk";

/** A call that one of the scopes allows, reading ones first; without a fitting scope, a harmless one. */
export function curlExample(baseUrl: string, secret: string, scopes: readonly ScopeWire[]): string {
  const known = scopes
    .map((scope) => ({ scope, endpoint: endpointOf(scope) }))
    .flatMap(({ scope, endpoint }) => (endpoint === undefined ? [] : [{ scope, endpoint }]));
  const chosen = known.find(({ endpoint }) => endpoint.method === "GET") ?? known[0];
  const endpoint = chosen?.endpoint;
  const path = endpoint === undefined ? "/domains" : fillPath(endpoint.path, chosen?.scope);
  return [
    "curl",
    ...(endpoint === undefined || endpoint.method === "GET" ? [] : [`-X ${endpoint.method}`]),
    `-H "Authorization: Bearer ${secret}"`,
    ...(endpoint?.body === undefined ? [] : ['-H "Content-Type: application/json"', "-d '{ … }'"]),
    `"${baseUrl}${path}"`,
  ].join(" \\\n  ");
}

function endpointOf(scope: ScopeWire): Endpoint | undefined {
  const row = builtInOperations.find(({ id }) => id === `${scope.entity_type}.${scope.operation}`);
  return row?.endpoints[0];
}

function fillPath(path: string, scope: ScopeWire | undefined): string {
  const entityId = scope?.entity_id ?? allEntities;
  return path
    .replace(":domainId", scope?.domain_id ?? "")
    .replace(":id", entityId === allEntities ? "<id>" : entityId);
}
