import { chainOf, cutText, refusalChainOf } from "../../changes/audit-chain.ts";
import type { Deps } from "../../deps.ts";
import { mapInTurns } from "../../http/in-turns.ts";
import type { Job } from "../../jobs/schedule.ts";
import type { Trx } from "../../store/database.ts";
import type { Row } from "../../store/schema.ts";
import { findCut, listHeads, type Place, readOlder } from "./chain-store.ts";
import { forwardNames } from "./forward-targets.ts";
import { dayMilliseconds } from "./keeping.ts";
import { listKeepDays } from "./keeping-store.ts";
import { readPieces } from "./record-pieces-store.ts";
import {
  listOldest,
  type OldEntry,
  putCut,
  removeOlderBehind,
  removeUntil,
} from "./retention-store.ts";
import { systemEntry } from "./system-entry.ts";
import {
  type Cut,
  createOlderDigest,
  createVerifier,
  type Fault,
  openedAction,
  refusalsBegunAction,
} from "./verify-chains.ts";
import { writeRecords } from "./write-records.ts";

type RetentionDeps = Pick<Deps, "config" | "database" | "keys" | "clock" | "newId" | "log">;

/** Older records behind that place, and the SHA-256 of those before it. */
interface OlderPart {
  readonly behind: Place | undefined;
  readonly left: string;
}

/**
 * Removes records that were kept long enough (a domain may ask for longer), whole days (UTC) at a time and from the
 * beginning of their chain on. Where a chain begins then is written down under the audit key, and an entry of it says so.
 * The last entry of a chain stays, and so does all of a chain whose old entries are not as they were written: signing
 * where it begins would hide that.
 */
export function retentionJob(deps: RetentionDeps): Job {
  const { config, database, keys, clock, log } = deps;
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
      let broken = 0;
      for (const { chain } of await listHeads(database)) {
        const longer = (keptOf.get(chain) ?? 0) * dayMilliseconds;
        const kept = clock() - Math.max(longer, config.audit_keep);
        const before = kept - (kept % dayMilliseconds);
        for (let some = 1; some > 0 && !signal.aborted; removed += some) {
          const done = await cutSome(chain, before, signal);
          some = typeof done === "number" ? done : 0;
          if (typeof done === "number") continue;
          broken += 1;
          log.error(
            done,
            "Records of the audit trail are not as they were written: of their chain none is removed, however old. `tessera audit verify` tells more",
          );
        }
      }
      return `${removed} removed${broken === 0 ? "" : `; broken chains, which keep all: ${broken}`}`;
    },
  };

  async function cutSome(
    chain: string,
    before: number,
    signal: AbortSignal,
  ): Promise<number | Fault> {
    const oldest = await listOldest(database, chain);
    const firstKept = oldest.findIndex(({ at }) => at >= before);
    const going = oldest.slice(0, firstKept === -1 ? undefined : firstKept);
    const [first, last] = [going[0], going.at(-1)];
    if (first === undefined || last === undefined) return 0;
    const domainId = first.domain_id;
    const cut = await findCut(database.read, chain);
    const { fault, older } = await prove(chain, cut, going);
    if (fault !== undefined) return fault;
    const begins = await removeOlder(chain, domainId, { cut, older, signal });
    if (begins === "elsewhere" || signal.aborted) return 0;
    return database.inTransaction(async (trx) => {
      if (!(await isCutThere(trx, chain, begins))) return 0;
      const count = await removeUntil(trx, cutOf(chain, last));
      const details = { removed: count, until: last.seq };
      const entry = systemEntry(deps, { action: "audit.cut", domainId, details });
      // What says that there is a chain of refusals is said again before it goes.
      const isSaid = going.some(({ action }) => action === refusalsBegunAction);
      const again = isSaid
        ? [systemEntry(deps, { action: refusalsBegunAction, domainId, details: { again: true } })]
        : [];
      await writeRecords(trx, writing, [{ ...entry, chain }, ...again]);
      return count;
    });
  }

  /** As verifying does: what the database says of the time of an entry is not believed. */
  async function prove(
    chain: string,
    cut: Cut | undefined,
    going: readonly OldEntry[],
  ): Promise<{ readonly fault: Fault | undefined; readonly older: readonly OlderPart[] }> {
    const verifier = createVerifier({ keys: keys.audit, checkpoints: [], isWhole: true });
    const older: OlderPart[] = [];
    if (cut !== undefined) verifier.addCut(cut);
    const [first] = going;
    if (first?.action === openedAction) {
      const digest = createOlderDigest();
      let behind: Place | undefined;
      for await (const rows of readOlder(database, first.domain_id)) {
        older.push({ behind, left: digest.soFar().sha256 });
        await mapInTurns(rows, (row) => {
          verifier.add(row);
          digest.add(row);
        });
        behind = rows.at(-1);
      }
    }
    for await (const rows of readPieces(database, going)) await mapInTurns(rows, verifier.add);
    const { faults } = verifier.end([]);
    return { fault: faults.find((each) => each.chain === chain), older };
  }

  /**
   * What the first entry tells of goes before it, from its end on; meanwhile it is said what is left. Returns the cut that
   * there is then; `elsewhere`: another server has made one.
   */
  async function removeOlder(
    chain: string,
    domainId: string | null,
    { cut, older, signal }: RemoveOlder,
  ): Promise<Cut | undefined | "elsewhere"> {
    let present = cut;
    for (const { behind, left } of older.toReversed()) {
      if (signal.aborted) return present;
      const next = cutOf(chain, { seq: 0, hash: left });
      const isDone = await database.inTransaction(async (trx) => {
        if (!(await isCutThere(trx, chain, present))) return false;
        await putCut(trx, next);
        await removeOlderBehind(trx, domainId, behind);
        return true;
      });
      if (!isDone) return "elsewhere";
      present = next;
    }
    return present;
  }

  function cutOf(chain: string, { seq, hash }: Pick<Row<"audit_events">, "seq" | "hash">): Cut {
    const cut = {
      ...{ chain, seq: seq ?? 0, hash: hash ?? "" },
      ...{ at: clock(), key_version: keys.audit.version },
    };
    return { ...cut, mac: keys.audit.hash(cutText(cut)) ?? "" };
  }
}

interface RemoveOlder {
  readonly cut: Cut | undefined;
  readonly older: readonly OlderPart[];
  readonly signal: AbortSignal;
}

/** Whether the chain still begins where it did when it was proved. */
async function isCutThere(trx: Trx, chain: string, cut: Cut | undefined): Promise<boolean> {
  return (await findCut(trx, chain))?.mac === cut?.mac;
}
