import type { Principal } from "../../access/principal.ts";
import { refusalChainOf, type UnchainedRow } from "../../changes/audit-chain.ts";
import { appendToChains } from "../../changes/audit-store.ts";
import { insertOutboxItems } from "../../changes/outbox-store.ts";
import type { RecordedEvent } from "../../changes/recorded-event.ts";
import type { Deps } from "../../deps.ts";
import type { RefusedUse } from "../../http/token-uses.ts";
import { findDomainsThatExist } from "./chain-store.ts";
import { systemEntry } from "./system-entry.ts";

/** Writes down what tokens and sessions were refused, apart from the requests that it happened to. */
export interface Refusals {
  /** A few numbers are all that it costs. */
  refused(principal: Principal, refused: RefusedUse, address: string): void;
  /** Writes what has not been written; what could not be is said to be lost. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** What of one caller, for one reason, from one address, was refused again and again. */
interface Group {
  readonly principal: Principal;
  readonly address: string;
  readonly domainId: string;
  readonly operation: string;
  readonly because: string;
  /** What was asked for last. */
  target: RefusedUse["target"];
  count: number;
  firstAt: number;
  lastAt: number;
  /** Until when it waits for more to be written together. */
  restsUntil: number;
}

/** Of all callers. */
const maximumGroups = 2_000;
/** Of one: whoever asks for very much takes no place of others. */
const groupsOfCaller = 20;
/** What was refused again within this time of being written is written together. */
const restMilliseconds = 60_000;

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
  const groups = new Map<string, Group>();
  const groupsOf = new Map<string, number>();
  let dropped = 0;
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

  const remove = (key: string, { principal }: Group) => {
    groups.delete(key);
    const caller = callerOf(principal);
    const left = (groupsOf.get(caller) ?? 1) - 1;
    if (left === 0) groupsOf.delete(caller);
    else groupsOf.set(caller, left);
  };

  const flush = async (isLast: boolean): Promise<void> => {
    const now = clock();
    const due: (readonly [Group, number])[] = [];
    for (const [key, group] of groups) {
      const isResting = group.restsUntil > now && !isLast;
      if (isResting) continue;
      if (group.count === 0) remove(key, group);
      else due.push([group, group.count]);
    }
    const lost = dropped;
    if (due.length > 0 || lost > 0) {
      const rows = await toRows(due, lost).catch(giveUp);
      const isWritten = rows !== undefined && (await write(rows));
      dropped -= isWritten ? lost : 0;
      for (const [group, count] of due) {
        if (!isWritten) dropped += count;
        group.count -= count;
        group.firstAt = group.lastAt;
        group.restsUntil = now + restMilliseconds;
      }
    }
    if (groups.size > 0 || dropped > 0) wake();
  };

  const write = async (rows: readonly UnchainedRow[]): Promise<boolean> => {
    try {
      await database.inTransaction(async (trx) => {
        await appendToChains(trx, { database, auditKeys: keys.audit }, rows);
        const events = rows.map(toEvent);
        await insertOutboxItems(
          trx,
          events.flatMap((event) => forwardedTo.map((target) => ({ target, event }))),
        );
      });
      return true;
    } catch (error) {
      giveUp(error);
      return false;
    }
  };

  const giveUp = (error: unknown): undefined => {
    log.error({ err: error }, "What was refused could not be written down");
  };

  /** A domain that is named and not there has no chain: anybody could make up any number. */
  const toRows = async (due: readonly (readonly [Group, number])[], lost: number) => {
    const asked = new Set(due.map(([{ domainId }]) => domainId).filter((id) => id !== ""));
    const existing = await findDomainsThatExist(database, [...asked]);
    const rows = due.map(([group, count]) => {
      const domainId = existing.has(group.domainId) ? group.domainId : null;
      return toRow(group, count, { id: newId(), domainId });
    });
    if (lost === 0) return rows;
    const details = { count: lost };
    const entry = systemEntry(deps, { action: droppedAction, domainId: null, details });
    const gap = { outcome: "failed", reason: "dropped", chain: refusalChainOf(null) } as const;
    return [...rows, { ...entry, ...gap }];
  };

  return {
    refused: (principal, { operation, target, because }, address) => {
      const { domainId } = target;
      const caller = callerOf(principal);
      const key = `${caller}\n${domainId}\n${operation}\n${because}\n${address}`;
      const now = clock();
      const known = groups.get(key);
      wake();
      if (known !== undefined) {
        if (known.count === 0) known.firstAt = now;
        known.count += 1;
        known.lastAt = now;
        known.target = target;
        return;
      }
      const ofCaller = groupsOf.get(caller) ?? 0;
      if (groups.size >= maximumGroups || ofCaller >= groupsOfCaller) {
        dropped += 1;
        return;
      }
      groupsOf.set(caller, ofCaller + 1);
      const times = { firstAt: now, lastAt: now, restsUntil: 0 };
      groups.set(key, {
        ...{ principal, address, domainId, operation, because, target, count: 1 },
        ...times,
      });
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

/** Those who hear of it read the rest from the record. */
function toEvent(row: UnchainedRow): RecordedEvent {
  return {
    id: row.id,
    at: row.at,
    name: row.action,
    subject: row.entity_type ?? "",
    entityId: row.entity_id ?? "",
    domainId: row.domain_id,
    details: {},
    actor: {
      kind: row.actor_kind,
      userId: row.actor_user_id,
      tokenId: row.token_id,
      sessionId: row.session_id,
    },
  };
}

function callerOf(principal: Principal): string {
  return principal.kind === "token" ? principal.tokenId : principal.sessionId;
}

function toRow(
  { principal, target, operation, because, address, domainId: asked, firstAt, lastAt }: Group,
  count: number,
  { id, domainId }: { readonly id: string; readonly domainId: string | null },
): UnchainedRow {
  const details = { count, first_at: firstAt, last_at: lastAt };
  const isUnknown = domainId === null && asked !== "";
  return {
    id,
    at: lastAt,
    actor_user_id: principal.userId,
    actor_kind: principal.kind,
    token_id: principal.kind === "token" ? principal.tokenId : null,
    session_id: principal.kind === "session" ? principal.sessionId : null,
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
