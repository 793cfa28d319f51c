import { type Kysely, type RawBuilder, sql } from "kysely";
import { type ChangeKey, textOfKey } from "../access/change-key.ts";
import type { Trx } from "./database.ts";
import { BusyError, classifyDriverError } from "./driver-errors.ts";
import type { Lanes } from "./lanes.ts";
import type { Schema } from "./schema.ts";

/**
 * Who goes first, of those who had a conflict: whoever takes rights of a user or of a domain away claims the way, and
 * all that relies on these waits. Advisory locks are had in the order in which they were asked for, unlike row locks in
 * share mode, of which ever new ones could keep whoever takes away waiting.
 *
 * A serializable transaction sees what was committed before its first statement, also where that statement has to wait
 * for a lock: so whoever waited inside would see too little, and have the next conflict. Therefore all waiting is done
 * before, in a small transaction on another connection, which also works where a pooler lends connections out by the
 * transaction, and ends with its connection where a process dies.
 */
export interface Ways {
  /** Runs the work while nobody else has claimed any of these; `busy` where they are not had in time. */
  whileClaimed<T>(ways: readonly string[], work: () => Promise<T>): Promise<T>;
  /** Waits until nobody has claimed any of these; after some seconds no longer. */
  whenFree(ways: readonly string[]): Promise<void>;
}

export interface WaysOptions {
  readonly db: Kysely<Schema>;
  /** Those who wait hold a connection: who claims never waits for one that only waits. */
  readonly lanes: Readonly<Record<"claiming" | "waiting", Lanes>>;
  /** First in each transaction. */
  readonly begin: (trx: Trx) => Promise<void>;
}

export function createWays({ db, lanes, begin }: WaysOptions): Ways {
  const inTransaction = <T>(work: (trx: Trx) => Promise<T>): Promise<T> =>
    db.transaction().execute(async (trx) => {
      await begin(trx);
      return work(trx);
    });
  return {
    whileClaimed: (ways, work) =>
      lanes.claiming.beside(async () => {
        let made: { readonly result: Awaited<ReturnType<typeof work>> } | undefined;
        try {
          await inTransaction(async (trx) => {
            await claim(trx, ways);
            made = { result: await work() };
          });
        } catch (error) {
          // What was done is done, whatever became of the connection that kept others away.
          if (made === undefined) throw error;
        }
        return (made as NonNullable<typeof made>).result;
      }),
    whenFree: async (ways) => {
      if (ways.length === 0) return;
      const wait = onWays(ways, (key) => sql`pg_advisory_xact_lock_shared(${key})`);
      await lanes.waiting.beside(() =>
        inTransaction((trx) => wait.execute(trx)).catch((error: unknown) => {
          if (!isWaitTooLong(error)) throw error;
        }),
      );
    },
  };
}

async function claim(trx: Trx, ways: readonly string[]): Promise<void> {
  try {
    await onWays(ways, (key) => sql`pg_advisory_xact_lock(${key})`).execute(trx);
  } catch (error) {
    throw isWaitTooLong(error) ? new BusyError("changes of this") : error;
  }
}

function isWaitTooLong(error: unknown): boolean {
  const { kind } = classifyDriverError(error);
  return kind === "too_slow" || kind === "busy";
}

/** SQL that is false where somebody else has claimed one of these, now. */
export function areWaysFree(ways: readonly string[]): RawBuilder<unknown> {
  if (ways.length === 0) return sql`true`;
  return onWays(
    ways,
    (key) => sql`bool_and(
      case when pg_try_advisory_lock_shared(${key}) then pg_advisory_unlock_shared(${key}) else false end
    )`,
  );
}

const onWays = (ways: readonly string[], lock: (key: RawBuilder<unknown>) => RawBuilder<unknown>) =>
  sql`select ${lock(sql`hashtextextended(way, 0)`)} from unnest(array[${sql.join(ways)}]::text[]) as way`;

/** Of what many changes at once rely on; in one order for all, so that no two wait for each other. */
export const waysOf = (keys: readonly ChangeKey[]): readonly string[] =>
  keys
    .filter(({ kind }) => kind === "user" || kind === "domain")
    .map(textOfKey)
    .sort();
