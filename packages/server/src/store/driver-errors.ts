/** What a failed statement means, the same on both databases. */
export type DriverError =
  | { kind: "unique"; constraint: string }
  | { kind: "foreign_key" }
  | { kind: "unavailable" }
  /** The disk, or what a database may take of it, is full. */
  | { kind: "storage_full" }
  /** The statement took longer than it may. */
  | { kind: "too_slow" }
  /** It was not begun: too many others waited before it. */
  | { kind: "busy"; message: string }
  /** What the database cannot hold: no JSON, too deep JSON; on PostgreSQL also NUL, and half a character in JSON. */
  | { kind: "unstorable" }
  | { kind: "other" };

/** The unique indexes by name, with the columns by which SQLite names them; primary keys are `<table>_pkey`. */
export const uniqueIndexes = {
  audit_chain: "audit_events.chain, audit_events.seq",
  user_username: "users.username_key",
  user_email: "users.email_key",
  session_refresh_digest: "sessions.refresh_digest",
  token_scope:
    "token_scopes.token_id, token_scopes.domain_id, token_scopes.entity_type, token_scopes.operation, token_scopes.entity_id",
  token_secret_slot: "token_secrets.token_id, token_secrets.slot",
  notices_by_cause: "notices.user_id, notices.kind, notices.cause",
  calendar_feeds_by_id: "calendar_feeds.id",
  domain_route: "domains.route",
  client_secret: "client_details.domain_id, client_details.secret_digest",
  channel_route: "channel_details.domain_id, channel_details.route",
  role_name: "roles.domain_id, roles.entity_type, roles.entity_id, roles.name",
  one_role_per_entity:
    "role_members.user_id, role_members.domain_id, role_members.entity_type, role_members.entity_id",
} as const;

export type UniqueIndex = keyof typeof uniqueIndexes;

/** A statement was given up because its time was over. */
export class TooSlowError extends Error {
  constructor() {
    super("The statement took longer than it may");
    this.name = "TooSlowError";
  }
}

/** More is asked than can be done: what fails with it was not begun. */
export class BusyError extends Error {
  constructor(what: string) {
    super(`There are too many ${what} at a time`);
    this.name = "BusyError";
  }
}

/** A transaction ended itself for the sake of others, who wait for a right that it held: it may be run again. */
export class GaveWayError extends Error {
  /** As PostgreSQL's: it could not be serialized. */
  readonly code = "40001";
  constructor(cause?: unknown) {
    super("The transaction has given way to others", { cause });
    this.name = "GaveWayError";
  }
}

/** Another process has added to a chain of records meanwhile: the transaction may be run again. */
export class ChainTakenError extends Error {
  /** As PostgreSQL's: it could not be serialized. */
  readonly code = "40001";
  constructor(cause: unknown) {
    super("Another process has added to the chain", { cause });
    this.name = "ChainTakenError";
  }
}

/** The connection ended by itself: what it was asked last is perhaps done. */
export class ConnectionEndedError extends Error {
  constructor(cause: unknown) {
    super("The connection to the database has ended", { cause });
    this.name = "ConnectionEndedError";
  }
}

/** The database has not answered for so long that nobody waits for it any more. */
export class SilentDatabaseError extends Error {
  constructor(milliseconds: number) {
    super(`The database has not answered for ${milliseconds / 1000} s`);
    this.name = "SilentDatabaseError";
  }
}

/** Another connection to the database file could not be made. */
export class ThreadNotStartedError extends Error {
  constructor(cause: unknown) {
    const { message } = cause as Error;
    const isOutOfFiles = /EMFILE|ENFILE|too many open files/.test(message);
    const advice = isOutOfFiles
      ? ": the process may open too few files: raise its limit (ulimit -n, LimitNOFILE)"
      : "";
    super(`A thread for the database could not be started: ${message}${advice}`, { cause });
    this.name = "ThreadNotStartedError";
  }
}

/** The database file is not where it was opened: what is written to it is in no place. */
export class DatabaseFileGoneError extends Error {
  constructor(path: string) {
    super(`${path} was moved away or exchanged while it is open`);
    this.name = "DatabaseFileGoneError";
  }
}

/** Reads a driver's error, or the one that caused it; `other` also for what no driver threw. */
export function classifyDriverError(error: unknown): DriverError {
  for (const cause of causes(error)) {
    if (cause instanceof TooSlowError) return { kind: "too_slow" };
    if (cause instanceof BusyError) return { kind: "busy", message: cause.message };
    if (cause instanceof ConnectionEndedError) return { kind: "unavailable" };
    if (cause instanceof SilentDatabaseError) return { kind: "unavailable" };
    if (cause instanceof DatabaseFileGoneError) return { kind: "unavailable" };
    if (cause instanceof ThreadNotStartedError) return { kind: "unavailable" };
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

/**
 * Whether PostgreSQL had no room for the transaction's locks. What serializable transactions have read stays locked
 * until the oldest that ran beside them ends, in any database of the cluster: soon there is room again.
 */
export function isOutOfLocks(error: unknown): boolean {
  return causes(error).some(({ code }) => code === "53200");
}

/** Whether SQLite says that its file is no whole database. */
export function isDamage(error: unknown): boolean {
  return sqliteCodes(error).some((code) => code === SQLITE_CORRUPT || code === SQLITE_NOTADB);
}

/** Whether the database lacks a table or a column, which its migrations made. */
export function lacksSchema(error: unknown): boolean {
  return causes(error).some(
    ({ code, message }) =>
      code === "42P01" || code === "42703" || /^no such (?:table|column): /.test(String(message)),
  );
}

/** Whether the database can be read, and not be written: a read-only disk or server, a disk that fails, a file that is gone. */
export function isUnwritable(error: unknown): boolean {
  return (
    causes(error).some((cause) => cause instanceof DatabaseFileGoneError) ||
    causes(error).some(({ code }) => code === READ_ONLY_TRANSACTION) ||
    sqliteCodes(error).some((code) => SQLITE_UNWRITABLE.has(code))
  );
}

/** The primary codes of the error and its causes, without what the extended ones add. */
function sqliteCodes(error: unknown): readonly number[] {
  return causes(error).flatMap(({ code, errcode }) =>
    code === "ERR_SQLITE_ERROR" && typeof errcode === "number" ? [errcode & 0xff] : [],
  );
}

interface DriverFields {
  code?: unknown;
  errcode?: unknown;
  constraint?: unknown;
  message?: unknown;
  syscall?: unknown;
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
const SQLITE_CHECK = 275;
const SQLITE_FULL = 13;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;
/** READONLY, IOERR, CANTOPEN. */
const SQLITE_UNWRITABLE = new Set([8, 10, 14]);
const SQLITE_UNAVAILABLE = new Set([5, 6, 8, 10, 11, 14, 26]);

function readSqliteError({ code, errcode, message }: DriverFields): DriverError | undefined {
  if (code !== "ERR_SQLITE_ERROR" || typeof errcode !== "number") return undefined;
  if (errcode === SQLITE_UNIQUE || errcode === SQLITE_PRIMARY_KEY) {
    return { kind: "unique", constraint: nameSqliteConstraint(String(message)) };
  }
  if (errcode === SQLITE_FOREIGN_KEY) return { kind: "foreign_key" };
  if (errcode === SQLITE_CHECK && String(message).includes("json_valid")) {
    return { kind: "unstorable" };
  }
  if ((errcode & 0xff) === SQLITE_FULL) return { kind: "storage_full" };
  return { kind: SQLITE_UNAVAILABLE.has(errcode & 0xff) ? "unavailable" : "other" };
}

function nameSqliteConstraint(message: string): string {
  const columns = message.slice(message.indexOf(": ") + 2);
  const index = Object.entries(uniqueIndexes).find(([, indexed]) => indexed === columns);
  return index?.[0] ?? `${columns.slice(0, columns.indexOf("."))}_pkey`;
}

// What pg throws without a code.
const CONNECTION_LOST =
  /^(Connection terminated|timeout exceeded|Query read timeout|Client (was closed|has encountered)|Cannot use a pool)/;
// Connection, resources, operator intervention, a conflict left after the last attempt, a standby; and a prepared
// statement that a pooler has left on another connection.
const TIMED_OUT = "57014";
const LOCKED_TOO_LONG = "55P03";
const READ_ONLY_TRANSACTION = "25006";
const DISK_FULL = "53100";
const UNAVAILABLE = /^(08|53|57|40|25P0[34]|25006|26000|42P05)/;
const SOCKET_ERROR = /^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH)/;
const SOCKET_CALLS = new Set<unknown>(["connect", "getaddrinfo"]);
const UNSTORABLE = new Set(["22021", "22P02", "22P05", "54001"]);

function readPostgresError(fields: DriverFields): DriverError | undefined {
  const { code, constraint, message, syscall } = fields;
  if (typeof code !== "string") {
    return CONNECTION_LOST.test(String(message)) ? { kind: "unavailable" } : undefined;
  }
  if (code === "23505") return { kind: "unique", constraint: String(constraint) };
  if (code === "23503") return { kind: "foreign_key" };
  if (code === DISK_FULL || code === "ENOSPC" || code === "EDQUOT") return { kind: "storage_full" };
  if (code === TIMED_OUT) return { kind: "too_slow" };
  if (code === LOCKED_TOO_LONG) {
    return { kind: "busy", message: "Another change of the same things takes too long" };
  }
  if (UNSTORABLE.has(code)) return { kind: "unstorable" };
  const isSocketError = SOCKET_CALLS.has(syscall) || SOCKET_ERROR.test(code);
  return UNAVAILABLE.test(code) || isSocketError ? { kind: "unavailable" } : undefined;
}
