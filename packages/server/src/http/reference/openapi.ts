import {
  bodyLimitBytes,
  type Catalogue,
  decisionAnswer,
  type Endpoint,
  type EntityType,
  errorReply,
  errorTable,
  isOpen,
  operationAliases,
  roleEntry,
  scopeWire,
} from "@tessera/contract";
import { csrfHeader, personHeader } from "../authenticate.ts";
import { sessionCookieNames } from "../session-cookie-names.ts";
import { accessSentences, bracedPath, requestText, scopeName } from "./access-text.ts";
import { type ApiParameter, collectParameters, type Reference } from "./api-parameters.ts";
import { describeTags, tagOf } from "./api-tags.ts";
import { createSchemaPool, type JsonSchema, pascalCase, type SchemaPool } from "./schema-pool.ts";

/** What the description of a server's API is made from. */
export interface ApiSource {
  readonly catalogue: Catalogue;
  /** Every route that a row describes. */
  readonly endpoints: readonly Endpoint[];
  readonly version: string;
  /** As clients reach the server; `undefined`: wherever they got the document from. */
  readonly publicUrl: string | undefined;
  /** Requests to services that are kept elsewhere, by the operation that gateways ask for. */
  readonly gatewayRoutes: readonly GatewayRoute[];
}

interface GatewayRoute {
  readonly method: string;
  readonly path: string;
  readonly operation: string;
}

type Content = Readonly<Record<string, { readonly schema: JsonSchema }>>;

export interface ApiResponse {
  readonly description: string;
  readonly headers?: Readonly<Record<string, object>>;
  readonly content?: Content;
}

/** A scope that an operation demands, and where the object comes from on which it is demanded. */
export interface NeededScope {
  readonly entity_type: string;
  readonly operation: string;
  readonly on: string;
  readonly member?: string;
}

export interface ApiOperation {
  readonly operationId: string;
  readonly tags: readonly [string];
  readonly summary: string;
  readonly description: string;
  readonly security: readonly Readonly<Record<string, readonly string[]>>[];
  readonly parameters?: readonly (ApiParameter | Reference)[];
  readonly requestBody?: {
    readonly description: string;
    readonly required: true;
    readonly content: Content;
  };
  readonly responses: Readonly<Record<string, ApiResponse | Reference>>;
  /** The kind of access, as the rows have it. */
  readonly "x-tessera-access": string;
  readonly "x-tessera-scopes": readonly NeededScope[];
}

/** An operation of the catalogue, whether it has routes here or in another service. */
export interface ApiCatalogueOperation {
  readonly scope: string;
  readonly summary: string;
  readonly role_action: string | null;
  readonly aliases: readonly string[];
  readonly requests: readonly string[];
}

export interface ApiEntityType {
  readonly entity_type: string;
  readonly title: string;
  readonly kind: EntityType["kind"];
  readonly operations: readonly ApiCatalogueOperation[];
}

export interface ApiDocument {
  readonly openapi: "3.1.1";
  readonly info: {
    readonly title: string;
    readonly version: string;
    readonly summary: string;
    readonly description: string;
    readonly license: { readonly name: string; readonly identifier: string };
  };
  readonly servers: readonly { readonly url: string }[];
  readonly tags: readonly { readonly name: string; readonly description: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, ApiOperation>>>>;
  readonly components: {
    readonly schemas: Readonly<Record<string, JsonSchema>>;
    readonly parameters: Readonly<Record<string, ApiParameter>>;
    readonly responses: Readonly<Record<string, ApiResponse>>;
    readonly securitySchemes: Readonly<Record<string, object>>;
  };
  readonly "x-tessera-catalogue": readonly ApiEntityType[];
}

/** The whole API as an OpenAPI 3.1 document, derived from the rows. */
export function describeApi(source: ApiSource): ApiDocument {
  const { catalogue, endpoints } = source;
  const pool = createSchemaPool();
  const schemas = collectSchemas(endpoints, pool);
  const parameters = collectParameters(endpoints, pool);
  const problems = problemResponses(pool.refer(schemas.problem));
  const paths: Record<string, Record<string, ApiOperation>> = {};
  for (const endpoint of endpoints) {
    const path = bracedPath(endpoint.path);
    paths[path] = {
      ...paths[path],
      [endpoint.method.toLowerCase()]: {
        operationId: endpoint.id,
        tags: [tagOf(endpoint, catalogue)],
        summary: endpoint.summary,
        description: accessSentences(
          endpoint.access,
          catalogue,
          optionalMembers(schemas.of(endpoint).body),
        ),
        security: securityOf(endpoint),
        ...parameters.of(endpoint),
        ...bodyOf(endpoint, schemas, pool),
        responses: responsesOf(endpoint, schemas, pool),
        "x-tessera-access": endpoint.access.kind,
        "x-tessera-scopes": neededScopes(endpoint),
      },
    };
  }
  return {
    openapi: "3.1.1",
    info: {
      title: "Tessera",
      version: source.version,
      summary: "Personal access tokens that open exactly what they should",
      description: generalDescription,
      license: { name: "Apache-2.0", identifier: "Apache-2.0" },
    },
    servers: [{ url: source.publicUrl?.replace(/\/+$/, "") ?? "/" }],
    tags: describeTags(endpoints, catalogue),
    paths,
    components: {
      schemas: pool.components(),
      parameters: parameters.components,
      responses: problems,
      securitySchemes: describeCredentials(source.publicUrl, source.endpoints),
    },
    "x-tessera-catalogue": catalogue.entityTypes.map((type) => ({
      entity_type: type.name,
      title: type.title,
      kind: type.kind,
      operations: type.operations.map((row) => ({
        scope: scopeName(row.id),
        summary: row.summary,
        role_action: row.action,
        aliases: operationAliases(row).map(scopeName),
        requests: requestsOf(row.id, source),
      })),
    })),
  };
}

const generalDescription = [
  "Every request is JSON and carries `Authorization: Bearer <token>`: a session's access token, or a personal access token.",
  "**A personal access token may do what one of its scopes names and what its owner may do at this moment.** A scope is a domain, an entity type, an object (or `*` for all of the type) and an operation, written `clients:view:*`. Each operation below says which scopes it needs; `x-tessera-scopes` says so for programs.",
  "Every error has a `code`, and names the `field` that is wrong or the `missing_scope` that would help.",
].join("\n\n");

function describeCredentials(publicUrl: string | undefined, endpoints: readonly Endpoint[]) {
  const hasServices = endpoints.some(({ access }) => access.kind === "service");
  const isSecure = publicUrl?.startsWith("https:") === true;
  return {
    session: {
      type: "http",
      scheme: "bearer",
      bearerFormat: "JWT",
      description: "The access token of a session, from `sessions.issue`.",
    },
    personalAccessToken: {
      type: "http",
      scheme: "bearer",
      description: "A personal access token, from `tokens.create`.",
    },
    browserSession: {
      type: "apiKey",
      in: "cookie",
      name: sessionCookieNames(isSecure).access,
      description: `The cookie of \`web_session.sign_in\`, over https with \`__Host-\` before its name; every change also needs the header \`${csrfHeader}: 1\`. With \`${personHeader}\`, the id of a user, requests with the cookie of anybody else are refused (\`other_person\`).`,
    },
    ...(hasServices
      ? {
          service: {
            type: "http",
            scheme: "bearer",
            description: "The secret that the operator has given to the service.",
          },
        }
      : {}),
  };
}

function securityOf({ access }: Endpoint): ApiOperation["security"] {
  if (isOpen(access)) return [];
  if (access.kind === "service") return [{ service: [] }];
  if (access.kind === "token_self") return [{ personalAccessToken: [] }];
  const sessions = [{ session: [] }, { browserSession: [] }];
  const isForTokens = access.kind === "operation" || access.kind === "bearer";
  return isForTokens ? [{ personalAccessToken: [] }, ...sessions] : sessions;
}

function neededScopes({ access }: Endpoint): readonly NeededScope[] {
  if (access.kind !== "operation") return [];
  return access.needs.map(({ operation, on }) => {
    const [entityType = "", name = ""] = operation.split(".");
    return {
      entity_type: entityType,
      operation: name,
      on: on.from,
      ...(on.from === "body" ? { member: on.member } : {}),
    };
  });
}

function requestsOf(operationId: string, { endpoints, gatewayRoutes }: ApiSource): string[] {
  return [
    ...endpoints
      .filter(
        ({ access }) =>
          access.kind === "operation" &&
          access.needs.some((need) => need.operation === operationId),
      )
      .map(requestText),
    ...gatewayRoutes
      .filter(({ operation }) => operation === operationId)
      .map(({ method, path }) => `${method} ${path}`),
  ];
}

/** Members that a body, or each object of an array, need not have. */
function optionalMembers(body: JsonSchema = {}): ReadonlySet<string> {
  const { properties = {}, required = [] } = (body.items ?? body) as {
    properties?: object;
    required?: readonly string[];
  };
  return new Set(Object.keys(properties).filter((name) => !required.includes(name)));
}

interface EndpointSchemas {
  readonly body?: JsonSchema;
  readonly reply?: JsonSchema;
}

interface CollectedSchemas {
  of(endpoint: Endpoint): EndpointSchemas;
  readonly problem: JsonSchema;
}

/** All bodies and replies; what an object looks like when viewed and when created gives names. */
function collectSchemas(endpoints: readonly Endpoint[], pool: SchemaPool): CollectedSchemas {
  pool.name("Scope", scopeWire);
  pool.name("Access", roleEntry);
  pool.name("Decision", decisionAnswer);
  for (const [ending, prefix] of [
    [".view", ""],
    [".create", "Created"],
  ] as const) {
    for (const { id, reply } of endpoints) {
      if (id.endsWith(ending) && reply !== undefined) pool.name(prefix + objectName(id), reply);
    }
  }
  const collected = new Map(
    endpoints.map((endpoint) => [endpoint.id, schemasOf(endpoint, pool)] as const),
  );
  const problem = pool.add("Problem", errorReply, "reply");
  pool.add("Problem", errorReply, "reply");
  return { of: ({ id }) => collected.get(id) ?? {}, problem };
}

function schemasOf({ id, body, reply }: Endpoint, pool: SchemaPool): EndpointSchemas {
  const name = pascalCase(sharedId(id));
  return {
    ...(body === undefined ? {} : { body: pool.add(`${name}Body`, body, "body") }),
    ...(reply === undefined ? {} : { reply: pool.add(replyName(id), reply, "reply") }),
  };
}

/** `clients.view` → `Client`, `clients.roles.view` → `Role` */
function objectName(endpointId: string): string {
  return pascalCase(endpointId.split(".").at(-2) ?? "").replace(/s$/, "");
}

function replyName(endpointId: string): string {
  const [action = "", type = ""] = endpointId.split(".").toReversed();
  return action === "list" ? `${pascalCase(type)}Page` : `${pascalCase(sharedId(endpointId))}Reply`;
}

/** `clients.roles.add` → `roles.add`: the same for every type. */
function sharedId(endpointId: string): string {
  return endpointId.split(".").slice(-2).join(".");
}

function bodyOf(
  endpoint: Endpoint,
  schemas: CollectedSchemas,
  pool: SchemaPool,
): Pick<ApiOperation, "requestBody"> {
  const { body } = schemas.of(endpoint);
  if (body === undefined) return {};
  const description = `At most ${bodyLimitBytes(endpoint) / 1024} KiB.`;
  return { requestBody: { description, required: true, content: jsonContent(pool.refer(body)) } };
}

function jsonContent(schema: JsonSchema): Content {
  return { "application/json": { schema } };
}

function responsesOf(
  endpoint: Endpoint,
  schemas: CollectedSchemas,
  pool: SchemaPool,
): ApiOperation["responses"] {
  const { reply } = schemas.of(endpoint);
  const streams = Object.fromEntries(
    (endpoint.streamTypes ?? []).map((type) => [type, { schema: { type: "string" } }]),
  );
  const success: ApiResponse =
    reply === undefined
      ? { description: "Done; the reply has no body" }
      : { description: "Done", content: { ...jsonContent(pool.refer(reply)), ...streams } };
  return Object.fromEntries<ApiResponse | Reference>([
    [String(endpoint.status), success],
    ...problemStatusesOf(endpoint).map(
      (status) =>
        [String(status), { $ref: `#/components/responses/${problemName(status)}` }] as const,
    ),
  ]);
}

/** Which statuses of the error table a request to the endpoint can meet. */
function problemStatusesOf({ method, path, access, body }: Endpoint): readonly number[] {
  const isChange = method !== "GET";
  const isForAnyone = isOpen(access);
  const isSignIn = isForAnyone && isChange;
  return [...problemStatuses].filter((status) => {
    switch (status) {
      case 401:
      case 403:
        return !isForAnyone || isChange;
      case 404:
        return path.includes(":") || body !== undefined;
      // The first is answered before the endpoint is known, the second where there is none.
      case 431:
      case 405:
        return false;
      case 408:
        return body !== undefined;
      case 409:
        return isChange && !(access.kind === "bearer");
      // Where no body is read, a header that is no content type is refused all the same.
      case 413:
      case 415:
        return isChange;
      // Guesses, shares of users and rates of tokens end in it; only what strangers may just look at is not counted.
      case 429:
        return !isForAnyone || isSignIn || access.kind === "anonymous_limited";
      default:
        return true;
    }
  });
}

const problemStatuses: ReadonlySet<number> = new Set(
  Object.values(errorTable).map(({ status }) => status),
);

const problemName = (status: number) => `Problem${status}`;

function problemResponses(problem: JsonSchema): Readonly<Record<string, ApiResponse>> {
  return Object.fromEntries(
    [...problemStatuses]
      .filter((status) => status !== 405 && status !== 431)
      .map((status) => [problemName(status), problemResponse(status, problem)]),
  );
}

function problemResponse(status: number, problem: JsonSchema): ApiResponse {
  const rows = Object.entries(errorTable).filter(([, row]) => row.status === status);
  const codes = rows.map(([code]) => code);
  return {
    description: rows.map(([code, { title }]) => `\`${code}\`: ${title}.`).join("\n"),
    ...(status in problemHeaders ? { headers: problemHeaders[status] ?? {} } : {}),
    content: jsonContent({
      allOf: [problem, { type: "object", properties: { code: { enum: codes } } }],
    }),
  };
}

const problemHeaders: Readonly<Record<number, ApiResponse["headers"]>> = {
  401: {
    "WWW-Authenticate": {
      description: '`Bearer`, with `error="invalid_token"` where one was sent',
      schema: { type: "string" },
    },
  },
  429: {
    "Retry-After": { description: "Seconds", schema: { type: "string", pattern: "^\\d+$" } },
  },
};
