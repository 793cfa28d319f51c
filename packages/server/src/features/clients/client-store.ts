import type { EntityKey } from "../../entities/entity-extension-store.ts";
import type { Trx } from "../../store/database.ts";
import { insertRows } from "../../store/insert-rows.ts";
import { forEachChunk } from "../../store/row-chunks.ts";
import type { NewRow, RowChange } from "../../store/schema.ts";

export async function insertClients(
  trx: Trx,
  rows: readonly NewRow<"client_details">[],
): Promise<void> {
  await insertRows(trx, "client_details", rows);
}

export async function changeClient(
  trx: Trx,
  { domainId, id }: EntityKey,
  change: RowChange<"client_details">,
): Promise<void> {
  await trx
    .updateTable("client_details")
    .set(change)
    .where("domain_id", "=", domainId)
    .where("id", "=", id)
    .execute();
}

/** Of these digests the ones that clients of the domain have already; `except` one of them. */
export async function findTakenDigests(
  trx: Trx,
  domainId: string,
  digests: readonly string[],
  except?: string,
): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  await forEachChunk(digests, async (chunk) => {
    const rows = await trx
      .selectFrom("client_details")
      .select(["id", "secret_digest"])
      .where("domain_id", "=", domainId)
      .where("secret_digest", "in", chunk)
      .execute();
    for (const { id, secret_digest } of rows) if (id !== except) taken.add(secret_digest);
  });
  return taken;
}
