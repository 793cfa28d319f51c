import { z } from "zod";

/** Every failure a client can meet: its code, HTTP status and title. */
export const errorTable = {
  invalid_body: { status: 400, title: "The body is not valid" },
  invalid_query: { status: 400, title: "The query is not valid" },
  invalid_path: { status: 400, title: "The path is not valid" },
  invalid_header: { status: 400, title: "A header is not valid" },
  malformed_request: { status: 400, title: "The request is not valid HTTP" },
  unknown_operation: { status: 400, title: "There is no such operation" },
  limit_reached: { status: 400, title: "A limit of this server is reached" },
  invalid_state: { status: 400, title: "The object is not in a state that allows this" },
  weak_password: { status: 400, title: "The password does not meet the rules" },
  unauthenticated: { status: 401, title: "Missing or invalid bearer token" },
  token_expired: { status: 401, title: "The token has expired" },
  token_revoked: { status: 401, title: "The token has been revoked" },
  secret_rotated: { status: 401, title: "This secret was replaced; use the token's new one" },
  owner_disabled: { status: 401, title: "The token's owner is disabled" },
  token_exhausted: { status: 401, title: "The token has been used as often as it may be" },
  wrong_credentials: { status: 401, title: "Wrong username or password" },
  not_yet_valid: { status: 403, title: "The token is not valid yet" },
  condition_time: { status: 403, title: "The token does not work at this time" },
  condition_address: { status: 403, title: "The token does not work from this address" },
  scope_missing: { status: 403, title: "The token has no scope for this" },
  owner_lacks_permission: { status: 403, title: "You are not allowed to do this" },
  session_required: {
    status: 403,
    title: "Personal access tokens cannot do this; sign in instead",
  },
  token_required: { status: 403, title: "Only a personal access token can do this" },
  domain_disabled: { status: 403, title: "The domain is disabled" },
  password_confirmation_required: { status: 403, title: "Confirm this with your password first" },
  email_unverified: { status: 403, title: "Verify your email address first" },
  csrf_refused: { status: 403, title: "The request did not come from this site's own pages" },
  other_person: { status: 403, title: "The session is not of the person whose page this is" },
  self_registration_off: { status: 403, title: "Only administrators can register users here" },
  protected_role: { status: 403, title: "The built-in role is protected" },
  not_local: { status: 403, title: "Only the machine that the server runs on may read this" },
  no_rule: { status: 403, title: "No rule of the gateway says which operation this is" },
  ambiguous_request: { status: 403, title: "The request can be read in more than one way" },
  not_found: { status: 404, title: "Not found" },
  unknown_route: { status: 404, title: "There is no such route" },
  method_not_allowed: { status: 405, title: "The route does not know this method" },
  request_timeout: { status: 408, title: "The request took too long to arrive" },
  already_exists: { status: 409, title: "It exists already" },
  conflict: { status: 409, title: "The change conflicts with the present state" },
  proposal_changed: { status: 409, title: "The proposal is not what it was; read it again" },
  scopes_changed: { status: 409, title: "The scopes were changed since they were narrowed" },
  undo_expired: { status: 409, title: "This was narrowed too long ago to be undone" },
  mail_off: { status: 409, title: "This server sends no mail" },
  payload_too_large: { status: 413, title: "The body is too large" },
  unsupported_media_type: { status: 415, title: "The content type must be application/json" },
  headers_too_large: { status: 431, title: "The headers are too large" },
  rate_limited: { status: 429, title: "Too many attempts; try again later" },
  internal: { status: 500, title: "The server failed; the log knows why" },
  search_too_slow: { status: 503, title: "The search took too long; ask for less" },
  busy: { status: 503, title: "The server has too much to do; try again" },
  unavailable: { status: 503, title: "The server cannot answer now" },
  storage_full: {
    status: 503,
    title: "The server has no room for changes; its operator must make some",
  },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof errorTable;

/** The body of every error. `message` is the one member other implementations also send. */
export const errorReply = z.object({
  message: z.string(),
  code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]),
  /** The member of the body, the query or the path that is wrong, e.g. `scopes.0.operation`. */
  field: z.string().optional(),
  /** The smallest scope that would help; ready to be sent to scope/add. */
  missing_scope: z
    .object({
      domain_id: z.string(),
      entity_type: z.string(),
      entity_id: z.string(),
      operation: z.string(),
    })
    .optional(),
  request_id: z.string().optional(),
});

export type ErrorReply = z.output<typeof errorReply>;

/** A failure with a row in the error table; anything else that is thrown becomes `internal`. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly details: Partial<Omit<ErrorReply, "message" | "code">> & { retryAfterSeconds?: number };

  constructor(code: ErrorCode, message?: string, details: AppError["details"] = {}) {
    super(message ?? errorTable[code].title);
    this.name = "AppError";
    this.code = code;
    this.details = details;
  }
}
