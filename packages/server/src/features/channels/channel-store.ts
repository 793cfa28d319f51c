import { type Kysely, sql } from "kysely";
import type { Trx } from "../../store/database.ts";
import { insertRows } from "../../store/insert-rows.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import type { NewRow, Schema } from "../../store/schema.ts";

export async function insertChannels(
  trx: Trx,
  rows: readonly NewRow<"channel_details">[],
): Promise<void> {
  await insertRows(trx, "channel_details", rows);
}

/** Of these routes the ones that channels of the domain have already, in letters of any case; in lower case. */
export async function findTakenRoutes(
  db: Kysely<Schema>,
  domainId: string,
  routes: readonly string[],
): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  const lowerRoutes = routes.map((route) => route.toLowerCase());
  await forEachChunk(lowerRoutes, async (chunk) => {
    // As the index has it; routes are ASCII, which both databases lower alike.
    const lowerRoute = sql<string>`lower(route)`;
    const rows = await db
      .selectFrom("channel_details")
      .select(lowerRoute.as("route"))
      .where("domain_id", "=", domainId)
      .where(lowerRoute, "in", chunk)
      .execute();
    for (const { route } of rows) taken.add(route);
  });
  return taken;
}
