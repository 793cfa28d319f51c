import { type ReplyOf, type ScopeWire, type tokenEndpoints, wireTime } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import type { UsageGap } from "./recorder-store.ts";
import { createSecretReading } from "./secret-reading.ts";
import { addressesPerToken, otherObjects } from "./usage-counters.ts";
import { createDayReading, firstUtcDay, lastDays } from "./usage-days.ts";
import {
  type OperationRefusal,
  readAddresses,
  readGaps,
  readObjectTotals,
  readObjectUse,
  readOperationRefusals,
  readOperationUse,
  type Tally,
} from "./usage-read-store.ts";
import type { UsageRecorder } from "./usage-recorder.ts";
import {
  lastAddressOf,
  lastRefusalOf,
  objectsOf,
  scopesOf,
  scopesTogetherOf,
} from "./usage-slices.ts";
import { type LastRefusal, later, type ObjectUses, type ScopesTogether } from "./usage-store.ts";
import { createRecordReading } from "./use-record.ts";

type ReadingDeps = Pick<Deps, "database" | "clock">;

type TokenUsage = ReplyOf<
  Extract<(typeof tokenEndpoints)[number], { readonly id: "tokens.usage" }>
>;

export type UsageBy = "day" | "operation" | "object" | "address";

interface UsageQuestion {
  readonly userId: string;
  /** How many days up to today. */
  readonly days: number;
  /** Whose days; of UTC where left out. */
  readonly timezone?: string | undefined;
}

const shownObjects = 100;
const shownGaps = 100;

/** So often it is read again what was written meanwhile; then a use that is on its way is told a moment later. */
const attempts = 4;

/**
 * Reads what tokens did: what is written, and what this process has counted since. What another server has counted is
 * there after at most one flush; nothing is told twice.
 */
export function createUsageReading(
  { database, clock }: ReadingDeps,
  recorder: Pick<UsageRecorder, "pendingOf" | "writingOf" | "slicesBegun">,
) {
  /** Reads what is written of a token at a moment when nothing of it is on its way. */
  const steadily = async <T>(tokenId: string, read: () => Promise<T>): Promise<T> => {
    for (let attempt = 1; ; attempt += 1) {
      // Nothing may come between the last look and what is counted then.
      for (
        let on = recorder.writingOf(tokenId);
        on !== undefined;
        on = recorder.writingOf(tokenId)
      ) {
        await on;
      }
      const before = recorder.pendingOf(tokenId);
      const found = await read();
      const after = new Set(recorder.pendingOf(tokenId).map(({ counts }) => counts));
      if (attempt === attempts || before.every(({ counts }) => after.has(counts))) return found;
    }
  };

  const readDays = createDayReading({ database, clock });

  return {
    ...createSecretReading(recorder),
    ...createRecordReading({ database, clock }, recorder),
    steadily,

    /** Likewise of tokens that are not known before. */
    allSteadily: async <T>(read: () => Promise<T>): Promise<T> => {
      for (let attempt = 1; ; attempt += 1) {
        for (let on = recorder.writingOf(); on !== undefined; on = recorder.writingOf()) await on;
        const begun = recorder.slicesBegun();
        const found = await read();
        if (attempt === attempts || recorder.slicesBegun() === begun) return found;
      }
    },

    /** The columns of a token's row, with what is counted since they were written. */
    withPending: <T extends TokenColumns>(stored: T): T => {
      let token = stored;
      for (const { counts } of recorder.pendingOf(stored.id)) {
        token = { ...token, ...addCounts(token, counts) };
      }
      return token;
    },

    /** Likewise of a scope's row. */
    scopeWithPending: <S extends ScopeColumns>(stored: S): S => {
      const added = recorder.pendingOf(stored.token_id).flatMap(({ counts }) => [
        ...scopesOf(counts).filter(({ scopeId }) => scopeId === stored.id),
        ...scopesTogetherOf(counts)
          .filter((use) => isOpenedBy(stored, use))
          .map((use) => (stored.created_at <= use.firstAt ? use : { ...use, uses: 1 })),
      ]);
      return {
        ...stored,
        use_count: added.reduce((sum, { uses }) => sum + uses, stored.use_count),
        last_used_at: added.reduce<number | null>(
          (last, { lastAt }) => later(last, lastAt),
          stored.last_used_at,
        ),
      };
    },

    /** Of all tokens of the user. */
    readAll: async ({ userId, days, timezone, domainId }: AllTokensQuestion) =>
      readDays(userId, lastDays(clock(), days, timezone), { domainId }, () => []),

    /** Of one token of the user. */
    readOne: async (question: OneTokenQuestion): Promise<TokenUsage> =>
      steadily(question.tokenId, () => readOne(question)),
  };

  async function readOne(question: OneTokenQuestion): Promise<TokenUsage> {
    const { userId, tokenId } = question;
    const window = lastDays(clock(), question.days, question.timezone);
    const firstDay = firstUtcDay(window);
    const told = await readBy(question.by, tokenId, firstDay);
    const gaps = await readGaps(database, Date.parse(firstDay), shownGaps);
    return {
      ...(await readDays(userId, window, { tokenId }, () => recorder.pendingOf(tokenId))),
      ...told,
      gaps: gaps.map(toGapReply),
    };
  }

  async function readBy(by: UsageBy, tokenId: string, firstDay: string) {
    switch (by) {
      case "day":
        return {};
      case "operation":
        return { operations: await readOperations(tokenId, firstDay) };
      case "object":
        return readObjects(tokenId, firstDay);
      case "address":
        return { addresses: await readTokenAddresses(tokenId) };
    }
  }

  async function readOperations(tokenId: string, firstDay: string) {
    const stored = await readOperationUse(database, tokenId, firstDay);
    const refusals = await readOperationRefusals(database, tokenId, firstDay);
    const pending = pendingObjects(tokenId, firstDay);
    const lastOf = new Map(refusals.map((refusal) => [refusal.operation, refusal]));
    for (const one of pending) {
      if (one.because !== null) lastOf.set(one.operation, { ...one, because: one.because });
    }
    return addUp([...stored, ...pending], ({ operation }) => operation).map((one) => ({
      operation: one.operation,
      ...toTallyReply(one),
      ...toRefusalReply(lastOf.get(one.operation)),
    }));
  }

  async function readObjects(tokenId: string, firstDay: string) {
    const stored = await readObjectUse(database, tokenId, { firstDay, limit: shownObjects });
    const totals = await readObjectTotals(database, tokenId, firstDay);
    const pending = pendingObjects(tokenId, firstDay).filter(({ entityId }) => entityId !== "");
    const named = pending.filter(({ entityId }) => entityId !== otherObjects);
    const objects = addUp(
      [...stored, ...named],
      ({ domainId, entityType, entityId }) => `${domainId} ${entityType} ${entityId}`,
    ).slice(0, shownObjects);
    const restOf = (count: "allowed" | "refused") =>
      totals[count] + sumOf(pending, count) - sumOf(objects, count);
    return {
      objects: objects.map((one) => ({
        domain_id: one.domainId,
        entity_type: one.entityType,
        entity_id: one.entityId,
        ...toTallyReply(one),
      })),
      other_objects: { uses: restOf("allowed"), refused: restOf("refused") },
    };
  }

  async function readTokenAddresses(tokenId: string) {
    const addresses = new Map<string, { firstAt: number; lastAt: number; count: number }>();
    const pending = recorder.pendingOf(tokenId).flatMap(({ counts }) => counts.addresses);
    for (const { address, firstAt, lastAt, count } of [
      ...(await readAddresses(database, tokenId)),
      ...pending,
    ]) {
      const earlier = addresses.get(address) ?? { firstAt, lastAt, count: 0 };
      addresses.set(address, {
        firstAt: Math.min(firstAt, earlier.firstAt),
        lastAt: Math.max(lastAt, earlier.lastAt),
        count: count + earlier.count,
      });
    }
    return [...addresses]
      .sort(([, one], [, other]) => other.lastAt - one.lastAt)
      .slice(0, addressesPerToken)
      .map(([address, { firstAt, lastAt, count }]) => ({
        address,
        uses: count,
        first_used_at: wireTime(firstAt),
        last_used_at: wireTime(lastAt),
      }));
  }

  function pendingObjects(tokenId: string, firstDay: string): readonly ObjectUses[] {
    return recorder
      .pendingOf(tokenId)
      .filter(({ day }) => day >= firstDay)
      .flatMap(({ counts }) => objectsOf(counts));
  }
}

export type UsageReading = ReturnType<typeof createUsageReading>;

interface AllTokensQuestion extends UsageQuestion {
  /** Only tokens with a scope in this domain. */
  readonly domainId: string | undefined;
}

interface OneTokenQuestion extends UsageQuestion {
  readonly tokenId: string;
  readonly by: UsageBy;
}

/** What of a token's row the recorder writes. */
interface TokenColumns {
  readonly id: string;
  readonly use_count: number;
  readonly refused_count: number;
  readonly last_used_at: number | null;
  readonly last_used_address: string | null;
  readonly last_refused_at: number | null;
  readonly last_refused_operation: string | null;
  readonly last_refused_domain_id: string | null;
  readonly last_refused_entity_id: string | null;
  readonly last_refused_because: string | null;
}

interface ScopeColumns {
  readonly id: string;
  readonly token_id: string;
  readonly entity_type: string;
  readonly operation: string;
  readonly created_at: number;
  readonly use_count: number;
  readonly last_used_at: number | null;
}

/** As it is when it is written. */
function isOpenedBy(scope: ScopeColumns, { operation, lastAt }: ScopesTogether): boolean {
  return `${scope.entity_type}.${scope.operation}` === operation && scope.created_at <= lastAt;
}

type Counts = ReturnType<UsageRecorder["pendingOf"]>[number]["counts"];

function addCounts(token: TokenColumns, counts: Counts): Partial<TokenColumns> {
  const isLater = counts.lastAt > 0 && counts.lastAt >= (token.last_used_at ?? 0);
  const refusal = lastRefusalOf(counts.deeds);
  const isLaterRefusal = refusal !== undefined && refusal.at >= (token.last_refused_at ?? 0);
  return {
    use_count: token.use_count + counts.uses,
    refused_count: token.refused_count + counts.refused,
    ...(isLater
      ? { last_used_at: counts.lastAt, last_used_address: lastAddressOf(counts.addresses) }
      : {}),
    ...(isLaterRefusal ? columnsOf(refusal) : {}),
  };
}

function columnsOf({ at, operation, domainId, entityId, because }: LastRefusal) {
  return {
    last_refused_at: at,
    last_refused_operation: operation,
    last_refused_domain_id: domainId,
    last_refused_entity_id: entityId,
    last_refused_because: because,
  };
}

/** What a token's reply says of the last refusal. */
export function lastRefusalReply(token: TokenColumns) {
  const { last_refused_at: at, last_refused_operation: operation } = token;
  if (at === null || operation === null) return undefined;
  const refusal = {
    operation,
    domainId: token.last_refused_domain_id ?? "",
    entityType: operation.split(".", 1)[0] ?? "",
    entityId: token.last_refused_entity_id ?? "",
    because: token.last_refused_because ?? "",
  };
  return { at: wireTime(at), operation, because: refusal.because, ...toRefusalReply(refusal) };
}

function toRefusalReply(refusal: OperationRefusal | undefined): {
  readonly because?: string;
  readonly missing_scope?: ScopeWire;
} {
  if (refusal === undefined) return {};
  const { because, domainId, entityType, entityId } = refusal;
  const isKnown = domainId !== "" && entityId !== "";
  if (because !== "scope_missing" || !isKnown) return { because };
  const operation = refusal.operation.slice(entityType.length + 1);
  const missing = { domain_id: domainId, entity_type: entityType, entity_id: entityId, operation };
  return { because, missing_scope: missing };
}

function toTallyReply({ allowed, refused, lastAllowedAt, lastRefusedAt }: Tally) {
  return {
    uses: allowed,
    refused,
    last_used_at: wireTime(lastAllowedAt),
    last_refused_at: wireTime(lastRefusedAt),
  };
}

/** What the wire tells of a gap. */
export function toGapReply({ from, to, uses }: UsageGap) {
  return { from: wireTime(from), to: wireTime(to), ...(uses === null ? {} : { uses }) };
}

/** One for each key, with all that was counted of it; the last used first. */
function addUp<T extends Tally>(counted: readonly T[], keyOf: (one: T) => string): readonly T[] {
  const byKey = new Map<string, T>();
  for (const one of counted) {
    const earlier = byKey.get(keyOf(one));
    byKey.set(
      keyOf(one),
      earlier === undefined ? one : { ...earlier, ...sumTallies(earlier, one) },
    );
  }
  return [...byKey.values()].sort((one, other) => lastTimeOf(other) - lastTimeOf(one));
}

function sumTallies(one: Tally, other: Tally): Tally {
  return {
    allowed: one.allowed + other.allowed,
    refused: one.refused + other.refused,
    lastAllowedAt: later(one.lastAllowedAt, other.lastAllowedAt),
    lastRefusedAt: later(one.lastRefusedAt, other.lastRefusedAt),
  };
}

function lastTimeOf({ lastAllowedAt, lastRefusedAt }: Tally): number {
  return later(lastAllowedAt, lastRefusedAt) ?? 0;
}

function sumOf(tallies: readonly Tally[], count: "allowed" | "refused"): number {
  return tallies.reduce((sum, one) => sum + one[count], 0);
}
