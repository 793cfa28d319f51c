import { AppError } from "@tessera/contract";
import type { Trx } from "../store/database.ts";
import { forEachChunk } from "../store/row-chunks.ts";

/** Groups that are to hold something, and how an error names the member that asked for each. */
export type WantedGroups = ReadonlyMap<string, string>;

/** Throws 404 for a group that is not in the domain, 409 for a disabled one. */
export async function requireEnabledGroups(
  trx: Trx,
  domainId: string,
  wanted: WantedGroups,
): Promise<void> {
  const statuses = new Map<string, string>();
  await forEachChunk([...wanted.keys()], async (ids) => {
    const groups = await trx
      .selectFrom("entities")
      .select(["id", "status"])
      .where("domain_id", "=", domainId)
      .where("type", "=", "groups")
      .where("id", "in", ids)
      .execute();
    for (const { id, status } of groups) statuses.set(id, status);
  });
  for (const [id, field] of wanted) {
    const status = statuses.get(id);
    if (status === undefined) {
      throw new AppError("not_found", `${field}: there is no group ${id} in this domain`, {
        field,
      });
    }
    if (status === "disabled") {
      throw new AppError("conflict", `${field}: the group ${id} is disabled; enable it first`, {
        field,
      });
    }
  }
}
