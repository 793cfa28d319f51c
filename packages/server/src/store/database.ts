import type {
  AliasableExpression,
  Expression,
  Kysely,
  RawBuilder,
  SqlBool,
  Transaction,
} from "kysely";
import type { ChangeKey } from "../access/change-key.ts";
import { openPostgres } from "./postgres-database.ts";
import type { Schema } from "./schema.ts";
import { openSqlite } from "./sqlite-database.ts";
import { watchStorage } from "./storage-watch.ts";
import type { WorkContext } from "./work-context.ts";

export interface Database {
  readonly dialect: "sqlite" | "postgres";
  /** Whether a transaction may be asked for the next thing before it has answered the last, which spares a wait. */
  readonly isAskedAhead: boolean;
  /**
   * For reads by key outside transactions: never sees uncommitted work, never waits for a writer. On SQLite they run
   * in the thread that answers, and hold it up.
   */
  readonly read: Kysely<Schema>;
  /**
   * Like `read`, for lists, searches, counts and trees: a statement that takes longer than the list timeout fails
   * as `too_slow`, and one that finds too many others before it as `busy`. On PostgreSQL on connections of its own, on
   * SQLite in threads of its own, so that these keep nobody else from being answered.
   */
  readonly lists: Kysely<Schema>;
  /**
   * Says for whom `work` uses the database: lists and changes of different callers take turns, and the caller hears
   * what time its lists took, not counting how long they waited. What is for the server itself, as jobs are, waits in a
   * line of its own, which no request can enter and which is never refused for its length.
   */
  readonly runFor: WorkContext["runFor"];
  /**
   * Runs `work` serializably and commits what it did, or nothing if it throws. Inside, use only the handle given.
   * PostgreSQL runs `work` again after a serialization failure: it must have no effect outside the database.
   * A failed statement ends the transaction: do not catch its error to go on. `keysBefore` says before each further
   * attempt for what it has to wait: where it took rights of a user or of a domain away, nothing else that relies on
   * these commits from then on until it is made.
   */
  inTransaction<T>(work: (trx: Trx) => Promise<T>, keysBefore?: () => KeysBefore): Promise<T>;
  /** A read by key, prepared once, with `?` for parameters: the fastest way to one row outside transactions. */
  preparedRead<Row>(statement: string): PreparedRead<Row>;
  /** Whether the JSON in `column` contains `wanted`, by PostgreSQL's rules for jsonb `@>`. */
  jsonContains(column: Expression<string>, wanted: unknown): AliasableExpression<SqlBool>;
  /** Whether `keyColumn`, which holds a `searchKey()`, contains that of `text`: regardless of case, as far as keys go. */
  containsText(keyColumn: Expression<string>, text: string): AliasableExpression<SqlBool>;
  /**
   * True of every row that `key`, a column of it that cannot be null, names; a list that takes too long fails here.
   * Each loop of a list that a caller can make long has it on SQLite, which limits no statement by itself.
   */
  inTime(key: Expression<string>): AliasableExpression<SqlBool>;
  /** SQL for the JSON array, as text, of the texts in `column`, ordered by `order`; `[]` without rows. */
  jsonArray(column: string, order: string): string;
  /** Ends a query of rows that this transaction takes for itself: those that another one has taken are not there. */
  readonly skippingLocked: RawBuilder<unknown>;
  /**
   * As a transaction's first statement: waits until all that has added rows to the table has ended, so that none with a
   * smaller sequence number than those that it sees then is still to come. Fails where that takes longer than a second.
   */
  waitForWriters(trx: Trx, table: "outbox"): Promise<void>;
  /** What other server processes on the same database are told; a process tells itself without it. */
  readonly changes: ChangeChannel;
  readonly rights: RightsLocks;
  readonly chains: ChainLocks;
  /** On SQLite: brings what is in the journal into the database's own file, as far as nobody reads it just now. */
  foldJournal(): Promise<void>;
  isReachable(): Promise<boolean>;
  /** Why nothing can be changed, where the last change failed of it and one would now. */
  findWriteTrouble(): Promise<WriteTrouble | undefined>;
  close(): Promise<void>;
}

/** What a dialect opens. */
export type OpenedDatabase = Omit<Database, "findWriteTrouble">;

/** `full`: there is no room; `unwritable`: the disk or the server is read-only, or fails. */
export type WriteTrouble = "full" | "unwritable";

/** A piece of SQL, to be put into a query. */
export type Sql = RawBuilder<unknown>;

/** A piece of SQL that is true or false. */
export type SqlCondition = RawBuilder<SqlBool>;

/** The one handle of a transaction. */
export type Trx = Transaction<Schema>;

export type SqlValue = string | number | bigint | null;

export type PreparedRead<Row> = (
  parameters: readonly SqlValue[],
) => Promise<Row | undefined> | Row | undefined;

/**
 * Keeps a transaction from committing after another one has taken away the rights that it went by.
 * On SQLite, where one transaction runs at a time, there is nothing to do.
 */
export interface RightsLocks {
  /** Says that rights which came of these are perhaps gone. */
  take(trx: Trx, keys: readonly ChangeKey[]): Promise<void>;
  /**
   * Fails, so that the transaction is run again, where somebody took since it began; later takers wait for its commit.
   * `before` is that of `again`.
   */
  hold(trx: Trx, keys: readonly ChangeKey[], before: KeysBefore): Promise<void>;
  /**
   * Runs the work of a transaction that is done again after a conflict, with the handle for all its statements. What it
   * `relied` on before it holds from its beginning, so that nobody brings about the next conflict; but not for long, as
   * whoever wants to take a right away waits: it then fails with a `GaveWayError`.
   */
  again<T>(trx: Trx, before: KeysBefore, work: (trx: Trx) => Promise<T>): Promise<T>;
}

/** Lets one transaction at a time add to a chain of records. */
export interface ChainLocks {
  /**
   * The last entry of each of these chains, whatever was committed since `trx` began; chains without one are missing.
   * Nobody else comes to know it before `trx` ends: so it is asked last, and once in a transaction.
   */
  lock(trx: Trx, chains: readonly string[]): Promise<ReadonlyMap<string, ChainHead>>;
  /** Says in the same transaction what is last in these chains if it commits. */
  added(heads: ReadonlyMap<string, ChainHead>): void;
}

/** The last entry of a chain. */
export interface ChainHead {
  readonly seq: number;
  readonly hash: string;
}

/** What earlier attempts at a transaction did; nothing: it is the first. */
export interface KeysBefore {
  /** By the last. */
  readonly relied: readonly ChangeKey[];
  /** By any: never less than before. */
  readonly taken: readonly ChangeKey[];
  /** What is too long to be done while others wait for it is not tried so twice. */
  readonly hasGivenWay: boolean;
}

/** On SQLite, which one server has to itself, nothing is delivered: when the operator's commands write, all is lost at once. */
export interface ChangeChannel {
  /** Whether other servers change the same database: of what they commit one hears a moment later. */
  readonly isShared: boolean;
  /** Sent when `trx` commits; at most 7,999 bytes. Returns the sender that will stand with it. */
  publish(trx: Trx, message: string): Promise<MessageSender>;
  /** Resolves once messages arrive; those sent between `onLost` and `onRestored` never will. */
  subscribe(handlers: ChangeHandlers): Promise<ChangeSubscription>;
}

export interface ChangeSubscription {
  /** Whether every message of a change committed more than a second ago has arrived, as far as is proven now. */
  isCurrent(): boolean;
}

/** The connection of PostgreSQL that a message came by, while it is open; `undefined`: nothing is delivered. */
export type MessageSender = number | undefined;

export interface ChangeHandlers {
  /** Also called for the process's own messages. */
  onMessage(message: string, sender: MessageSender): void;
  onLost(): void;
  onRestored(): void;
}

/** The part of a pino logger that the store uses. */
export interface StoreLog {
  warn(details: object, message: string): void;
}

export interface DatabaseOptions {
  /** `postgres://…`; without it the database is a file in `dataDir`. */
  databaseUrl?: string | undefined;
  /** Another way to the same PostgreSQL, by which its notifications come; `databaseUrl` when not said. */
  databaseListenUrl?: string | undefined;
  /** `false`: a pooler stands before PostgreSQL, and lends its connections out by the transaction. */
  hasSessions?: boolean | undefined;
  dataDir: string;
  /** Whether SQLite's file may be opened for a single work while a server has it, without migrating it. */
  isBesideServer?: boolean | undefined;
  /** Of each statement of `lists`; 2,000 when not said. */
  listTimeoutMilliseconds?: number | undefined;
  log?: StoreLog | undefined;
}

/** Opens the database and brings it to this program's schema; throws if a newer program has changed it. */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { databaseUrl, databaseListenUrl: listenUrl, dataDir, isBesideServer, log } = options;
  const { hasSessions = true, listTimeoutMilliseconds = 2_000 } = options;
  const opened =
    databaseUrl === undefined
      ? await openSqlite({ dataDir, listTimeoutMilliseconds, isBesideServer, log })
      : await openPostgres({ databaseUrl, listenUrl, hasSessions, listTimeoutMilliseconds, log });
  return watchStorage(opened, log);
}
