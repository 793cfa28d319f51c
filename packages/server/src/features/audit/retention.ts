import { chainOf, cutText, refusalChainOf } from "../../changes/audit-chain.ts";
import type { Deps } from "../../deps.ts";
import type { Job } from "../../jobs/schedule.ts";
import type { NewRow, Row } from "../../store/schema.ts";
import { listHeads } from "./chain-store.ts";
import { forwardNames } from "./forward-targets.ts";
import { dayMilliseconds } from "./keeping.ts";
import { listKeepDays } from "./keeping-store.ts";
import { listOldest, putCut, removeSomeOlder, removeUntil } from "./retention-store.ts";
import { systemEntry } from "./system-entry.ts";
import { refusalsBegunAction } from "./verify-chains.ts";
import { writeRecords } from "./write-records.ts";

type RetentionDeps = Pick<Deps, "config" | "database" | "keys" | "clock" | "newId">;

/**
 * Removes records that were kept long enough (a domain may ask for longer), whole days (UTC) at a time and from the beginning of their chain on. Where a
 * chain begins then is written down under the audit key, and an entry of it says so. The last entry of a chain stays.
 */
export function retentionJob(deps: RetentionDeps): Job {
  const { config, database, keys, clock } = deps;
  const writing = { database, auditKeys: keys.audit, forwardedTo: forwardNames(deps) };
  return {
    name: "audit_retention",
    everyMilliseconds: dayMilliseconds,
    run: async (signal) => {
      const chosen = await listKeepDays(database);
      const keptOf = new Map(
        [...chosen].flatMap(([domainId, days]) =>
          [chainOf(domainId), refusalChainOf(domainId)].map((chain) => [chain, days] as const),
        ),
      );
      let removed = 0;
      for (const { chain } of await listHeads(database)) {
        const longer = (keptOf.get(chain) ?? 0) * dayMilliseconds;
        const kept = clock() - Math.max(longer, config.audit_keep);
        const before = kept - (kept % dayMilliseconds);
        for (let some = 1; some > 0 && !signal.aborted; removed += some) {
          some = await cutSome(chain, before);
        }
      }
      return `${removed} removed`;
    },
  };

  async function cutSome(chain: string, before: number): Promise<number> {
    const oldest = await listOldest(database.read, chain);
    const firstKept = oldest.findIndex(({ at }) => at >= before);
    const last = oldest.at(firstKept === -1 ? -1 : firstKept - 1);
    const [first] = oldest;
    if (first === undefined || last === undefined || firstKept === 0) return 0;
    const domainId = first.domain_id;
    if (first.seq === 1) await removeOlder(chain, domainId);
    const removed = oldest.slice(0, firstKept === -1 ? undefined : firstKept);
    return database.inTransaction(async (trx) => {
      const count = await removeUntil(trx, cutOf(chain, last));
      const details = { removed: count, until: last.seq };
      const entry = systemEntry(deps, { action: "audit.cut", domainId, details });
      // What says that there is a chain of refusals is said again before it goes.
      const isSaid = removed.some(({ action }) => action === refusalsBegunAction);
      const again = isSaid
        ? [systemEntry(deps, { action: refusalsBegunAction, domainId, details: { again: true } })]
        : [];
      await writeRecords(trx, writing, [{ ...entry, chain }, ...again]);
      return count;
    });
  }

  /** All of what the first entry tells of goes with it; meanwhile it is said that less is there. */
  async function removeOlder(chain: string, domainId: string | null): Promise<void> {
    await database.inTransaction((trx) => putCut(trx, cutOf(chain, { seq: 0, hash: "" })));
    while ((await database.inTransaction((trx) => removeSomeOlder(trx, domainId))) > 0);
  }

  function cutOf(
    chain: string,
    { seq, hash }: Pick<Row<"audit_events">, "seq" | "hash">,
  ): NewRow<"audit_cuts"> {
    const cut = {
      ...{ chain, seq: seq ?? 0, hash: hash ?? "" },
      ...{ at: clock(), key_version: keys.audit.version },
    };
    return { ...cut, mac: keys.audit.hash(cutText(cut)) ?? "" };
  }
}
