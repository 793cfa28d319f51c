import { sql } from "kysely";
import type { Database, Trx } from "../../store/database.ts";
import type { NewRow, Row } from "../../store/schema.ts";
import type { Place } from "./chain-store.ts";
import { recordBytes, type WeighedRecord } from "./record-pieces-store.ts";

const removedAtOnce = 1_000;

/** Of an entry, what decides whether it goes; not proved. */
export interface OldEntry
  extends WeighedRecord,
    Pick<Row<"audit_events">, "seq" | "hash" | "at" | "domain_id" | "action"> {}

/** The oldest entries of a chain, few enough to be removed at once; its last one is never among them. */
export async function listOldest(
  { lists }: Pick<Database, "lists">,
  chain: string,
): Promise<readonly OldEntry[]> {
  const rows = await lists
    .selectFrom("audit_events")
    .select(["id", "seq", "hash", "at", "domain_id", "action", recordBytes])
    .where("chain", "=", chain)
    .orderBy("seq")
    .limit(removedAtOnce + 1)
    .execute();
  return rows.slice(0, -1);
}

export async function removeUntil(trx: Trx, cut: NewRow<"audit_cuts">): Promise<number> {
  await putCut(trx, cut);
  const { numDeletedRows } = await trx
    .deleteFrom("audit_events")
    .where("chain", "=", cut.chain)
    .where("seq", "<=", cut.seq)
    .executeTakeFirst();
  return Number(numDeletedRows);
}

export async function putCut(trx: Trx, cut: NewRow<"audit_cuts">): Promise<void> {
  await trx
    .insertInto("audit_cuts")
    .values(cut)
    .onConflict((on) => on.column("chain").doUpdateSet(cut))
    .execute();
}

/** Removes what is in no chain of that domain, or of none, behind that place. */
export async function removeOlderBehind(
  trx: Trx,
  domainId: string | null,
  place: Place | undefined,
): Promise<void> {
  let query = trx
    .deleteFrom("audit_events")
    .where("domain_id", domainId === null ? "is" : "=", domainId)
    .where("seq", "is", null);
  if (place !== undefined) query = query.where(sql<boolean>`(at, id) > (${place.at}, ${place.id})`);
  await query.execute();
}
