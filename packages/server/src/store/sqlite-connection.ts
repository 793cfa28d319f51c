import { DatabaseSync } from "node:sqlite";
import { LRUCache } from "lru-cache";
import { TooSlowError } from "./driver-errors.ts";
import { containmentOf } from "./json-containment.ts";

const BUSY_TIMEOUT_MILLISECONDS = 5_000;
/** Of each connection, for pages of the file; SQLite's own 2 MB hold no index of a large domain. */
const PAGE_CACHE_KIB = 64 * 1024;

export interface SqliteConnection {
  readonly connection: DatabaseSync;
  readonly deadline: Deadline;
}

/** How long the present statement may take: what it calls for each row looks at this, and throws. */
export interface Deadline {
  /** Throws `TooSlowError` in `work` once the time is over. */
  within<T>(milliseconds: number, work: () => T): T;
}

/** A connection with the functions that the queries of this program call: `json_contains` and `in_time`. */
export function openSqliteConnection(
  path: string,
  { readOnly }: { readonly readOnly: boolean },
): SqliteConnection {
  const connection = new DatabaseSync(path, { readOnly, timeout: BUSY_TIMEOUT_MILLISECONDS });
  connection.exec(`pragma cache_size = -${PAGE_CACHE_KIB}`);
  let endsAt = Number.POSITIVE_INFINITY;
  const requireTime = () => {
    if (performance.now() > endsAt) throw new TooSlowError();
  };
  const readWanted = readRepeatedJson();
  connection.function("json_contains", { deterministic: true }, (stored, wanted) => {
    requireTime();
    return Number(readWanted(String(wanted))(JSON.parse(String(stored))));
  });
  connection.function("in_time", { varargs: true }, () => {
    requireTime();
    return 1;
  });
  return {
    connection,
    deadline: {
      within: (milliseconds, work) => {
        endsAt = performance.now() + milliseconds;
        try {
          return work();
        } finally {
          endsAt = Number.POSITIVE_INFINITY;
        }
      },
    },
  };
}

/** Every row of a query is asked for the same value. */
function readRepeatedJson(): (text: string) => ReturnType<typeof containmentOf> {
  let last = { text: "null", contains: containmentOf(null) };
  return (text) => {
    if (text !== last.text) last = { text, contains: containmentOf(JSON.parse(text)) };
    return last.contains;
  };
}

const CACHED_STATEMENTS = 500;

/** Statements by their text, made when they are first asked for. */
export function keepStatements<Statement extends object>(
  prepare: (text: string) => Statement,
): (text: string) => Statement {
  const kept = new LRUCache<string, Statement>({
    max: CACHED_STATEMENTS,
    memoMethod: (text) => prepare(text),
  });
  return (text) => kept.memo(text);
}
