import type { Target } from "@tessera/contract";
import { ownCopy } from "../../../own-copy.ts";

/** One thing that a token did or was refused, as far as requests tell it. */
export interface Deed {
  /** `<entity type>.<operation>` */
  readonly operation: string;
  readonly target: Target;
  /** The scope that covered it, or "". */
  readonly scopeId: string;
  /** The code of the refusal, or "". */
  readonly because: string;
  /** Where it names no domain: by which scopes together it was opened, in a text for each set of them. */
  readonly openedBy: string;
}

/** How often one thing was done. */
export interface DeedCount extends Deed {
  count: number;
  firstAt: number;
  lastAt: number;
}

export interface AddressCount {
  readonly address: string;
  readonly firstAt: number;
  lastAt: number;
  count: number;
}

/** When one of the token's secrets was shown, and from where last. */
export interface SecretCount {
  readonly secretId: string;
  readonly firstAt: number;
  lastAt: number;
  address: string;
}

/** How often a secret that works no more was tried from one address. */
interface TryCount extends AddressCount {
  readonly secretId: string;
}

/** What was counted of one token. */
export interface TokenCounts {
  readonly tokenId: string;
  /** 0: it was not shown, but for secrets that work no more. */
  lastAt: number;
  /** Requests and questions that were let through. */
  uses: number;
  refused: number;
  readonly deeds: DeedCount[];
  /** How many scopes one of its requests that name no domain was opened by, at most: so many rows it takes to write that. */
  scopesAtOnce: number;
  /** By {@link keyOf}, once there are more deeds than are quickly looked through. */
  deedsByKey: Map<string, DeedCount> | undefined;
  /** The last ones, in no order. */
  readonly addresses: AddressCount[];
  /** Those that work: hardly ever more than one. */
  readonly secrets: SecretCount[];
  /** The last ones, in no order. */
  tries: TryCount[] | undefined;
}

/** What was counted in one quarter of an hour; times are milliseconds since the epoch. */
export interface Counters {
  /** Its UTC day, `YYYY-MM-DD`. */
  readonly day: string;
  readonly endsAt: number;
  readonly startsAt: number;
  readonly tokens: Map<string, TokenCounts>;
  /** Tokens, deeds and addresses in it: what its memory goes by. */
  entries: number;
  /** What found no room. */
  missed: { count: number; readonly since: number } | undefined;
}

/** Of one token in one day, each of its operations counted by itself; further ones are counted together. */
export const objectsPerTokenAndDay = 200;
/** The id of what is counted together. */
export const otherObjects = "others";
export const addressesPerToken = 10;
/** Of all secrets of a token that work no more. */
const triesPerToken = 50;
/** No address is longer in text: an IPv6 address with a zone has 45 letters and the zone. */
const longestAddress = 64;

/** The days of every time zone begin with a quarter of an hour of UTC. */
const quarterMilliseconds = 15 * 60_000;
/** So many are looked through faster than their key is made. */
const deedsInARow = 8;

export function createCounters(now: number): Counters {
  const startsAt = Math.floor(now / quarterMilliseconds) * quarterMilliseconds;
  return {
    day: new Date(startsAt).toISOString().slice(0, 10),
    startsAt,
    endsAt: startsAt + quarterMilliseconds,
    tokens: new Map(),
    entries: 0,
    missed: undefined,
  };
}

/** Begins to count for a token that is not counted yet. */
export function addToken(counters: Counters, tokenId: string): TokenCounts {
  const counts: TokenCounts = {
    tokenId,
    lastAt: 0,
    uses: 0,
    refused: 0,
    deeds: [],
    scopesAtOnce: 0,
    deedsByKey: undefined,
    addresses: [],
    secrets: [],
    tries: undefined,
  };
  counters.tokens.set(tokenId, counts);
  counters.entries += 1;
  return counts;
}

/** Counts what was not counted for want of room. */
export function countMissed(counters: Counters, now: number): void {
  if (counters.missed === undefined) counters.missed = { count: 1, since: now };
  else counters.missed.count += 1;
}

export function countDeed(deed: DeedCount, now: number): void {
  if (deed.count === 0) deed.firstAt = now;
  deed.count += 1;
  if (now > deed.lastAt) deed.lastAt = now;
}

/** Notes from where the token was shown, and returns how that is kept; `count`: how many uses that was. */
export function countAddress(
  counters: Counters,
  counts: TokenCounts,
  address: string,
  count: number,
  now: number,
): string {
  if (now > counts.lastAt) counts.lastAt = now;
  const { addresses } = counts;
  const shown = shortened(address);
  for (const known of addresses) {
    if (known.address !== shown) continue;
    known.count += count;
    if (now > known.lastAt) known.lastAt = now;
    return known.address;
  }
  const added = { address: ownCopy(shown), firstAt: now, lastAt: now, count };
  if (addresses.length < addressesPerToken) {
    addresses.push(added);
    counters.entries += 1;
  } else addresses[indexOfOldest(addresses)] = added;
  return added.address;
}

/** A proxy may hand on whatever stands in a header. */
function shortened(address: string): string {
  return address.length > longestAddress ? address.slice(0, longestAddress) : address;
}

/** Notes which of the token's secrets was shown; `address`: as it is kept. */
export function countSecret(
  { secrets }: TokenCounts,
  secretId: string,
  address: string,
  now: number,
): void {
  for (const known of secrets) {
    if (known.secretId !== secretId) continue;
    if (now >= known.lastAt) {
      known.lastAt = now;
      known.address = address;
    }
    return;
  }
  secrets.push({ secretId, firstAt: now, lastAt: now, address });
}

/** Counts that a secret was shown which works no more. */
export function countTry(
  counters: Counters,
  counts: TokenCounts,
  secretId: string,
  address: string,
  now: number,
): void {
  const shown = shortened(address);
  counts.tries ??= [];
  const known = counts.tries.find((each) => each.secretId === secretId && each.address === shown);
  if (known !== undefined) {
    known.count += 1;
    if (now > known.lastAt) known.lastAt = now;
    return;
  }
  const added = { secretId, address: ownCopy(shown), firstAt: now, lastAt: now, count: 1 };
  if (counts.tries.length < triesPerToken) {
    counts.tries.push(added);
    counters.entries += 1;
  } else counts.tries[indexOfOldest(counts.tries)] = added;
}

function indexOfOldest(addresses: readonly AddressCount[]): number {
  let oldest = 0;
  for (const [index, { lastAt }] of addresses.entries()) {
    if (lastAt < (addresses[oldest]?.lastAt ?? 0)) oldest = index;
  }
  return oldest;
}

export function findDeed({ deeds, deedsByKey }: TokenCounts, wanted: Deed): DeedCount | undefined {
  if (deedsByKey !== undefined) return deedsByKey.get(keyOf(wanted));
  const { operation, target, scopeId, because, openedBy } = wanted;
  for (const deed of deeds) {
    if (
      deed.operation === operation &&
      deed.target.entityId === target.entityId &&
      deed.target.domainId === target.domainId &&
      deed.scopeId === scopeId &&
      deed.because === because &&
      deed.openedBy === openedBy
    ) {
      return deed;
    }
  }
  return undefined;
}

/** Begins to count a deed that is not counted yet: by itself, or with those of other objects. */
export function addDeed(counters: Counters, counts: TokenCounts, deed: Deed): DeedCount {
  const { deeds } = counts;
  if (deeds.length >= objectsPerTokenAndDay && !isOfOthers(deed) && !isOfOwnDomains(deed)) {
    const other = withoutObject(deed);
    return findDeed(counts, other) ?? addDeed(counters, counts, other);
  }
  const { domainId, entityType, entityId } = deed.target;
  const target = { domainId: ownCopy(domainId), entityType, entityId: ownCopy(entityId) };
  const added = { ...deed, target, count: 0, firstAt: 0, lastAt: 0 };
  deeds.push(added);
  counters.entries += 1;
  if (deeds.length > deedsInARow) {
    counts.deedsByKey ??= new Map(deeds.map((each) => [keyOf(each), each]));
    counts.deedsByKey.set(keyOf(added), added);
  }
  return added;
}

/** The same done to whatever is not counted by itself. */
function withoutObject(deed: Deed): Deed {
  const { entityType } = deed.target;
  return { ...deed, target: { domainId: "", entityType, entityId: otherObjects } };
}

function isOfOthers({ target }: Deed): boolean {
  return target.domainId === "" && target.entityId === otherObjects;
}

/** Whether the token's scopes for it opened it together, each a part of the answer: it was asked of no domain. */
export function isOfOwnDomains({ target, scopeId, because }: Deed): boolean {
  return (
    target.domainId === "" &&
    target.entityId === "" &&
    target.entityType !== "" &&
    scopeId + because === ""
  );
}

function keyOf({ operation, target, scopeId, because, openedBy }: Deed): string {
  return `${operation} ${target.domainId} ${target.entityId} ${scopeId} ${because} ${openedBy}`;
}

/** What the counts of one token hold of the memory, as {@link Counters.entries} counts. */
export function entriesOf({ deeds, addresses, tries }: TokenCounts): number {
  return 1 + deeds.length + addresses.length + (tries?.length ?? 0);
}
