export {
  type ActionsThatAllow,
  allEntities,
  type BuiltInEndpoint,
  builtInEndpoints,
  builtInEntityTypes,
  builtInOperations,
  type Catalogue,
  type CatalogueReply,
  catalogueOfReply,
  channels,
  clients,
  createCatalogue,
  domains,
  type Endpoint,
  type EntityType,
  type ErrorCode,
  type ErrorReply,
  groups,
  id,
  isScopeProblem,
  maximumCount,
  maximumLength,
  nearest,
  parseDuration,
  parseScopeText,
  platformSubjects,
  readWireTime,
  replyOfCatalogue,
  revealHidden,
  route,
  type Scope,
  type ScopeWire,
  scopeText,
  toWireScope,
} from "@tessera/contract";
export {
  type Client,
  type ClientTree,
  createClient,
  createClientOf,
  type ReplyTo,
  type RequestOf,
} from "./client.ts";
export { eachItem } from "./pages.ts";
export type { RetryOptions } from "./retries.ts";
export type { Credentials, SessionTokens } from "./session.ts";
export { type FailureCode, TesseraError } from "./tessera-error.ts";
export type { CallOptions, TransportOptions } from "./transport.ts";
