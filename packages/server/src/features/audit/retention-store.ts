import type { Trx } from "../../store/database.ts";
import type { NewRow, Row } from "../../store/schema.ts";

const removedAtOnce = 1_000;

/** The oldest entries of a chain, few enough to be removed at once; its last one is never among them. */
export async function listOldest(
  db: Pick<Trx, "selectFrom">,
  chain: string,
): Promise<readonly Pick<Row<"audit_events">, "seq" | "hash" | "at" | "domain_id" | "action">[]> {
  const rows = await db
    .selectFrom("audit_events")
    .select(["seq", "hash", "at", "domain_id", "action"])
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

/** Removes some of what is in no chain of that domain, or of none; returns how many, 0 at the end. */
export async function removeSomeOlder(trx: Trx, domainId: string | null): Promise<number> {
  const some = trx
    .selectFrom("audit_events")
    .select("id")
    .where("domain_id", domainId === null ? "is" : "=", domainId)
    .where("seq", "is", null)
    .limit(removedAtOnce);
  const { numDeletedRows } = await trx
    .deleteFrom("audit_events")
    .where("id", "in", some)
    .executeTakeFirst();
  return Number(numDeletedRows);
}
