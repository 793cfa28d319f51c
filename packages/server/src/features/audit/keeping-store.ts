import type { Database, Trx } from "../../store/database.ts";

/** `undefined`: there is no such domain; `null`: nothing was chosen. */
export async function findKeepDays(
  db: Trx | Database["read"],
  domainId: string,
): Promise<number | null | undefined> {
  const row = await db
    .selectFrom("domains")
    .select("audit_keep_days")
    .where("id", "=", domainId)
    .executeTakeFirst();
  return row?.audit_keep_days;
}

export async function putKeepDays(trx: Trx, domainId: string, days: number | null): Promise<void> {
  await trx
    .updateTable("domains")
    .set({ audit_keep_days: days })
    .where("id", "=", domainId)
    .execute();
}

/** For how many days the records of domains are to be kept, where something was chosen. */
export async function listKeepDays({
  lists,
}: Pick<Database, "lists">): Promise<ReadonlyMap<string, number>> {
  const rows = await lists
    .selectFrom("domains")
    .select(["id", "audit_keep_days"])
    .where("audit_keep_days", "is not", null)
    .execute();
  return new Map(rows.map(({ id, audit_keep_days }) => [id, audit_keep_days ?? 0]));
}
