import type { Principal } from "../../access/principal.ts";
import { refusalChainOf, type UnchainedRow } from "../../changes/audit-chain.ts";
import type { Deps } from "../../deps.ts";
import type { KnownHolder } from "../../http/refused-credential.ts";
import type { RefusedUse } from "../../http/token-uses.ts";
import type { Trx } from "../../store/database.ts";
import { findDomainsThatExist, isBegun } from "./chain-store.ts";
import { goodCaller, type RefusalGroup, RefusalGroups } from "./refusal-groups.ts";
import { systemEntry } from "./system-entry.ts";
import { refusalsBegunAction } from "./verify-chains.ts";
import { writeRecords } from "./write-records.ts";

/** Writes down what tokens and sessions were refused, apart from the requests that it happened to. */
export interface Refusals {
  /** A few numbers are all that it costs. */
  refused(principal: Principal, refused: RefusedUse, address: string): void;
  /** Likewise of a credential of a known token or session that let nobody in. */
  credentialRefused(holder: KnownHolder, refused: RefusedUse, address: string): void;
  /** Writes what has not been written; what could not be is said to be lost. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

export const droppedAction = "audit.refusals_dropped";

type RefusalDeps = Pick<Deps, "database" | "keys" | "clock" | "newId" | "log">;

export interface RefusalOptions {
  readonly everyMilliseconds: number;
  /** Targets of the outbox, by their names. */
  readonly forwardedTo: readonly string[];
}

/**
 * A refusal is written within `everyMilliseconds`, and its like once a minute from then on, so that a flood costs few
 * rows. What is beyond the bounds, or could not be written, is counted, and its number is written in its place.
 */
export function createRefusals(
  deps: RefusalDeps,
  { everyMilliseconds, forwardedTo }: RefusalOptions,
): Refusals {
  const { database, keys, clock, newId, log } = deps;
  const writing = { database, auditKeys: keys.audit, forwardedTo };
  const groups = new RefusalGroups();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isClosed = false;
  let flushing: Promise<void> = Promise.resolve();

  const wake = () => {
    if (isClosed) return;
    timer ??= setTimeout(() => {
      timer = undefined;
      flushing = flushing.then(() => flush(false));
    }, everyMilliseconds).unref();
  };

  const flush = async (isLast: boolean): Promise<void> => {
    const { taken, lost, settle } = groups.take(clock(), isLast);
    if (taken.length > 0 || lost > 0) settle(await write(taken, lost));
    if (!groups.isEmpty) wake();
  };

  const write = async (taken: readonly RefusalGroup[], lost: number): Promise<boolean> => {
    try {
      const rows = await toRows(taken, lost);
      await database.inTransaction(async (trx) =>
        writeRecords(trx, writing, [...(await announcing(trx, rows)), ...rows]),
      );
      return true;
    } catch (error) {
      log.error({ err: error }, "What was refused could not be written down");
      return false;
    }
  };

  /** A chain of refusals begins with an entry of the other chain there, so that it cannot go without a trace. */
  const announcing = async (trx: Trx, rows: readonly UnchainedRow[]) => {
    const entries: UnchainedRow[] = [];
    for (const [chain, domainId] of new Map(rows.map((row) => [row.chain, row.domain_id]))) {
      if (await isBegun(trx, chain)) continue;
      entries.push(systemEntry(deps, { action: refusalsBegunAction, domainId, details: {} }));
    }
    return entries;
  };

  /** A domain that is named and not there has no chain: anybody could make up any number. */
  const toRows = async (taken: readonly RefusalGroup[], lost: number) => {
    const asked = new Set(taken.map(({ domainId }) => domainId).filter((id) => id !== ""));
    const existing = await findDomainsThatExist(database, [...asked]);
    const rows = taken.map((group) => {
      const domainId = existing.has(group.domainId) ? group.domainId : null;
      return toRow(group, { id: newId(), domainId });
    });
    if (lost === 0) return rows;
    const details = { count: lost };
    const entry = systemEntry(deps, { action: droppedAction, domainId: null, details });
    const gap = { outcome: "failed", reason: "dropped", chain: refusalChainOf(null) } as const;
    return [...rows, { ...entry, ...gap }];
  };

  return {
    refused: (principal, refused, address) => {
      groups.add(goodCaller(principal), refused, address, clock());
      wake();
    },
    credentialRefused: ({ isProven, ...holder }, refused, address) => {
      const caller = { ...holder, standing: isProven ? "useless" : "unproven" } as const;
      groups.add(caller, refused, address, clock());
      wake();
    },
    flush: () => {
      flushing = flushing.then(() => flush(false));
      return flushing;
    },
    close: async () => {
      isClosed = true;
      clearTimeout(timer);
      await flushing;
      await flush(true);
    },
  };
}

function toRow(
  {
    caller: { kind, id: callerId, userId, standing },
    target,
    operation,
    because,
    address,
    domainId: asked,
    count,
    firstAt,
    lastAt,
  }: RefusalGroup,
  { id, domainId }: { readonly id: string; readonly domainId: string | null },
): UnchainedRow {
  const details = { count, first_at: firstAt, last_at: lastAt };
  const isUnknown = domainId === null && asked !== "";
  return {
    id,
    at: lastAt,
    // So that they who own it see it; whoever only knows a token's id is nobody known.
    actor_user_id: userId,
    actor_kind: standing === "unproven" ? "anonymous" : kind,
    token_id: kind === "token" ? callerId : null,
    session_id: kind === "session" ? callerId : null,
    action: operation,
    domain_id: domainId,
    entity_type: target.entityType,
    entity_id: target.entityId,
    address,
    request_id: "",
    details: JSON.stringify(isUnknown ? { ...details, domain_id: asked } : details),
    outcome: "refused",
    reason: because,
    chain: refusalChainOf(domainId),
  };
}
