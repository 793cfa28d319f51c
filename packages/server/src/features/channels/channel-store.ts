import type { Trx } from "../../store/database.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import type { NewRow } from "../../store/schema.ts";

export async function insertChannels(
  trx: Trx,
  rows: readonly NewRow<"channel_details">[],
): Promise<void> {
  await forEachChunk(rows, (chunk) => trx.insertInto("channel_details").values(chunk).execute());
}

/** Of these routes the ones that channels of the domain have already. */
export async function findTakenRoutes(
  trx: Trx,
  domainId: string,
  routes: readonly string[],
): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  await forEachChunk(routes, async (chunk) => {
    const rows = await trx
      .selectFrom("channel_details")
      .select("route")
      .where("domain_id", "=", domainId)
      .where("route", "in", chunk)
      .execute();
    for (const { route } of rows) if (route !== null) taken.add(route);
  });
  return taken;
}
