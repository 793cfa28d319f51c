/** What a failed statement means, the same on both databases. */
export type DriverError =
  | { kind: "unique"; constraint: string }
  | { kind: "foreign_key" }
  | { kind: "unavailable" }
  | { kind: "other" };

/** The unique indexes by name, with the columns by which SQLite names them; primary keys are `<table>_pkey`. */
export const uniqueIndexes = {
  user_username: "users.username_key",
  user_email: "users.email_key",
  session_refresh_digest: "sessions.refresh_digest",
  token_scope:
    "token_scopes.token_id, token_scopes.domain_id, token_scopes.entity_type, token_scopes.operation, token_scopes.entity_id",
  domain_route: "domains.route",
  client_secret: "client_details.domain_id, client_details.secret_digest",
  channel_route: "channel_details.domain_id, channel_details.route",
  role_name: "roles.domain_id, roles.entity_type, roles.entity_id, roles.name",
  one_role_per_entity:
    "role_members.user_id, role_members.domain_id, role_members.entity_type, role_members.entity_id",
} as const;

export type UniqueIndex = keyof typeof uniqueIndexes;

/** Reads a driver's error, or the one that caused it; `other` also for what no driver threw. */
export function classifyDriverError(error: unknown): DriverError {
  for (const cause of causes(error)) {
    const kind = readSqliteError(cause) ?? readPostgresError(cause);
    if (kind !== undefined) return kind;
  }
  return { kind: "other" };
}

/** Whether the error says that this very unique index, or primary key, already has the value. */
export function isDuplicate(error: unknown, constraint: UniqueIndex | `${string}_pkey`): boolean {
  const found = classifyDriverError(error);
  return found.kind === "unique" && found.constraint === constraint;
}

/** Whether PostgreSQL gave the transaction up for the sake of another: running it again may succeed. */
export function isRetryable(error: unknown): boolean {
  return causes(error).some(({ code }) => code === "40001" || code === "40P01");
}

interface DriverFields {
  code?: unknown;
  errcode?: unknown;
  constraint?: unknown;
  message?: unknown;
  cause?: unknown;
}

function causes(error: unknown): DriverFields[] {
  const found: DriverFields[] = [];
  for (let next = error; isObject(next) && found.length < 5; next = next.cause) found.push(next);
  return found;
}

function isObject(value: unknown): value is DriverFields {
  return typeof value === "object" && value !== null;
}

// https://sqlite.org/rescode.html: the low byte of an extended code is the primary code.
const SQLITE_UNIQUE = 2067;
const SQLITE_PRIMARY_KEY = 1555;
const SQLITE_FOREIGN_KEY = 787;
const SQLITE_UNAVAILABLE = new Set([5, 6, 8, 10, 11, 13, 14, 26]);

function readSqliteError({ code, errcode, message }: DriverFields): DriverError | undefined {
  if (code !== "ERR_SQLITE_ERROR" || typeof errcode !== "number") return undefined;
  if (errcode === SQLITE_UNIQUE || errcode === SQLITE_PRIMARY_KEY) {
    return { kind: "unique", constraint: nameSqliteConstraint(String(message)) };
  }
  if (errcode === SQLITE_FOREIGN_KEY) return { kind: "foreign_key" };
  return { kind: SQLITE_UNAVAILABLE.has(errcode & 0xff) ? "unavailable" : "other" };
}

function nameSqliteConstraint(message: string): string {
  const columns = message.slice(message.indexOf(": ") + 2);
  const index = Object.entries(uniqueIndexes).find(([, indexed]) => indexed === columns);
  return index?.[0] ?? `${columns.slice(0, columns.indexOf("."))}_pkey`;
}

const CONNECTION_FAILURES = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EPIPE",
  "ETIMEDOUT",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "ENOENT",
]);

function readPostgresError({ code, constraint, message }: DriverFields): DriverError | undefined {
  if (typeof code !== "string") {
    // pg throws these without a code.
    const isLost = /^(Connection terminated|timeout e|Query read timeout)/.test(String(message));
    return isLost ? { kind: "unavailable" } : undefined;
  }
  if (code === "23505") return { kind: "unique", constraint: String(constraint) };
  if (code === "23503") return { kind: "foreign_key" };
  // Connection, resources, operator intervention and what is left of a conflict after the last attempt.
  if (/^(08|53|57P|40)/.test(code) || CONNECTION_FAILURES.has(code)) return { kind: "unavailable" };
  return undefined;
}
