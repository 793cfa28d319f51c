import {
  type AddressCount,
  type Counters,
  type DeedCount,
  entriesOf,
  isOfOwnDomains,
  type TokenCounts,
} from "./usage-counters.ts";
import {
  type LastRefusal,
  later,
  type ObjectUses,
  type ScopesTogether,
  type ScopeUses,
  together,
  type UsageSlice,
} from "./usage-store.ts";

/**
 * So few that a change on SQLite waits no more than some twenty milliseconds for one slice, and so many that the commit,
 * with the disk's sync, is the smaller part of it.
 */
const tokensPerSlice = 250;
const deedsPerSlice = 1250;

/** A slice on its way to the database. */
export interface OpenSlice {
  readonly slice: UsageSlice;
  /** What it holds of the memory, as `Counters.entries` counts. */
  readonly entries: number;
}

/** Takes tokens out of the counters; `undefined`: there are none left. */
export function takeTokens(counters: Counters, number: number): OpenSlice | undefined {
  const taken: TokenCounts[] = [];
  let deeds = 0;
  let entries = 0;
  for (const [tokenId, counts] of counters.tokens) {
    if (taken.length >= tokensPerSlice || deeds >= deedsPerSlice) break;
    counters.tokens.delete(tokenId);
    taken.push(counts);
    deeds += counts.deeds.length + counts.scopesAtOnce;
    entries += entriesOf(counts);
  }
  if (taken.length === 0) return undefined;
  counters.entries -= entries;
  const slice = {
    number,
    day: counters.day,
    quarterAt: counters.startsAt,
    tokens: taken.map((counts) => ({
      tokenId: counts.tokenId,
      uses: counts.uses,
      refused: counts.refused,
      lastAt: counts.lastAt === 0 ? null : counts.lastAt,
      lastAddress: lastAddressOf(counts.addresses),
      lastRefusal: lastRefusalOf(counts.deeds),
    })),
    objects: taken.flatMap(objectsOf),
    scopes: taken.flatMap(scopesOf),
    scopesTogether: taken.flatMap(scopesTogetherOf),
    secrets: taken.flatMap(({ tokenId, secrets }) =>
      secrets.map((secret) => ({ tokenId, ...secret })),
    ),
    tries: taken.flatMap(({ tokenId, tries = [] }) => tries.map((each) => ({ tokenId, ...each }))),
    addresses: taken.flatMap(({ tokenId, addresses }) =>
      addresses.map(({ address, firstAt, lastAt, count: uses }) => ({
        tokenId,
        address,
        firstAt,
        lastAt,
        uses,
      })),
    ),
  };
  return { slice, entries };
}

export function lastAddressOf(addresses: readonly AddressCount[]): string {
  return addresses.reduce((last, each) => (each.lastAt >= last.lastAt ? each : last), {
    address: "",
    lastAt: 0,
  }).address;
}

export function lastRefusalOf(deeds: readonly DeedCount[]): LastRefusal | undefined {
  let last: DeedCount | undefined;
  for (const deed of deeds) {
    if (deed.because !== "" && deed.lastAt >= (last?.lastAt ?? 0)) last = deed;
  }
  if (last === undefined) return undefined;
  const { operation, target, because, lastAt: at } = last;
  return { at, operation, domainId: target.domainId, entityId: target.entityId, because };
}

/** By operation and object, whichever scope opened it and why ever it was refused. */
export function objectsOf({ tokenId, deeds }: TokenCounts): readonly ObjectUses[] {
  const objects = new Map<string, ObjectUses>();
  for (const { operation, target, because, count, lastAt } of deeds) {
    const isRefused = because !== "";
    const one = {
      tokenId,
      operation,
      domainId: target.domainId,
      entityType: target.entityType,
      entityId: target.entityId,
      allowed: isRefused ? 0 : count,
      refused: isRefused ? count : 0,
      lastAllowedAt: isRefused ? null : lastAt,
      lastRefusedAt: isRefused ? lastAt : null,
      because: isRefused ? because : null,
    };
    const key = `${operation} ${target.domainId} ${target.entityId}`;
    const earlier = objects.get(key);
    objects.set(key, earlier === undefined ? one : together(earlier, one));
  }
  return [...objects.values()];
}

export function scopesOf({ tokenId, deeds }: TokenCounts): readonly ScopeUses[] {
  const scopes = new Map<string, ScopeUses>();
  for (const { scopeId, count, lastAt } of deeds) {
    if (scopeId === "") continue;
    const earlier = scopes.get(scopeId);
    scopes.set(scopeId, {
      tokenId,
      scopeId,
      uses: (earlier?.uses ?? 0) + count,
      lastAt: later(earlier?.lastAt ?? null, lastAt) ?? lastAt,
    });
  }
  return [...scopes.values()];
}

export function scopesTogetherOf({ tokenId, deeds }: TokenCounts): readonly ScopesTogether[] {
  return deeds.filter(isOfOwnDomains).map(({ operation, count: uses, firstAt, lastAt }) => {
    return { tokenId, operation, uses, firstAt, lastAt };
  });
}
