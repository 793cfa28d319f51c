import { sql } from "kysely";
import type { Database, Trx } from "../../../store/database.ts";
import { jsonRows } from "../../../store/json-rows.ts";
import { isLaterIn, laterOf } from "./later-times-store.ts";
import { addToQuarters } from "./quarter-use-store.ts";
import { type Recorder, takeSlice } from "./recorder-store.ts";
import { addToSecrets, addTries } from "./secret-use-store.ts";
import { addressesPerToken, objectsPerTokenAndDay, otherObjects } from "./usage-counters.ts";

/** What was counted of some tokens in a quarter of an hour, as plain data. Each token is in it once. */
export interface UsageSlice {
  /** Ascending by one from each slice of a recorder to its next. */
  readonly number: number;
  /** `YYYY-MM-DD` in UTC. */
  readonly day: string;
  /** Where the quarter of an hour begins; milliseconds since the epoch. */
  readonly quarterAt: number;
  readonly tokens: readonly TokenUses[];
  readonly objects: readonly ObjectUses[];
  readonly scopes: readonly ScopeUses[];
  readonly scopesTogether: readonly ScopesTogether[];
  readonly addresses: readonly AddressUses[];
  readonly secrets: readonly SecretUse[];
  readonly tries: readonly SecretTries[];
}

export interface TokenUses {
  readonly tokenId: string;
  readonly uses: number;
  readonly refused: number;
  /** `null`: only secrets that work no more were shown. */
  readonly lastAt: number | null;
  readonly lastAddress: string;
  readonly lastRefusal: LastRefusal | undefined;
}

export interface LastRefusal {
  readonly at: number;
  readonly operation: string;
  readonly domainId: string;
  readonly entityId: string;
  readonly because: string;
}

/** Of one operation on one object by one token. */
export interface ObjectUses {
  readonly tokenId: string;
  readonly operation: string;
  readonly domainId: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly allowed: number;
  readonly refused: number;
  readonly lastAllowedAt: number | null;
  readonly lastRefusedAt: number | null;
  readonly because: string | null;
}

export interface ScopeUses {
  readonly tokenId: string;
  readonly scopeId: string;
  readonly uses: number;
  readonly lastAt: number;
}

/** Uses that all scopes of the token for that operation opened together. */
export interface ScopesTogether {
  readonly tokenId: string;
  /** `<entity type>.<operation>` */
  readonly operation: string;
  readonly uses: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

export interface AddressUses {
  readonly tokenId: string;
  readonly address: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly uses: number;
}

/** Of one secret that works. */
export interface SecretUse {
  readonly tokenId: string;
  readonly secretId: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly address: string;
}

/** Of one secret that works no more, from one address. */
export interface SecretTries {
  readonly tokenId: string;
  readonly secretId: string;
  readonly address: string;
  readonly firstAt: number;
  readonly lastAt: number;
  readonly count: number;
}

/**
 * Adds a slice to what is written, once: a slice whose number is written already is passed over. Times only go forward;
 * tokens that are gone by now are passed over.
 */
export async function writeSlice(
  database: Database,
  recorder: Recorder,
  slice: UsageSlice,
): Promise<void> {
  await database.inTransaction(async (trx) => {
    if (!(await takeSlice(trx, recorder, slice.number))) return;
    const { objects, added } = await withinLimit(trx, database, slice);
    await addToTokens(trx, database, slice);
    await addToDays(trx, database, slice, added);
    await addToQuarters(trx, database, slice);
    await addToObjects(trx, database, slice.day, objects);
    await addToScopes(trx, database, slice);
    await addToScopesTogether(trx, database, slice);
    await addToAddresses(trx, database, slice);
    await addToSecrets(trx, database, slice.secrets);
    await addTries(trx, database, slice.tries);
  });
}

/** The slice's objects, with more than a token may have in a day counted together; `added`: new ones of each token. */
async function withinLimit(trx: Trx, database: Database, { day, objects }: UsageSlice) {
  const added = new Map<string, number>();
  if (objects.length === 0) return { objects, added };
  const keys = jsonRows(
    database,
    {
      position: "bigint",
      token_id: "text",
      operation: "text",
      domain_id: "text",
      entity_id: "text",
    },
    objects.map((each, position) => [
      position,
      each.tokenId,
      each.operation,
      each.domainId,
      each.entityId,
    ]),
  );
  // Asked for each by itself: with a join PostgreSQL reads what all tokens did that day.
  const { rows } = await sql<{ position: number; present: number }>`
    select v.position, coalesce((
      select d.objects from token_daily_use as d where d.token_id = v.token_id and d.day = ${day}
    ), 0) as present
    from ${keys} as v
    where not exists (
      select 1 from token_use as u
      where u.token_id = v.token_id and u.day = ${day} and u.operation = v.operation
        and u.domain_id = v.domain_id and u.entity_id = v.entity_id
    )
  `.execute(trx);
  const presentByPosition = new Map(
    rows.map(({ position, present }) => [Number(position), present]),
  );
  const kept = new Map<string, ObjectUses>();
  for (const [position, one] of objects.entries()) {
    const count = added.get(one.tokenId) ?? 0;
    const isOfOthers = one.entityId === otherObjects;
    /** Of other objects, where this one is new. */
    const present = isOfOthers ? undefined : presentByPosition.get(position);
    const isTooMany = present !== undefined && present + count >= objectsPerTokenAndDay;
    if (present !== undefined && !isTooMany) added.set(one.tokenId, count + 1);
    const counted = isTooMany ? { ...one, domainId: "", entityId: otherObjects } : one;
    const key = `${counted.tokenId} ${counted.operation} ${counted.domainId} ${counted.entityId}`;
    const earlier = kept.get(key);
    kept.set(key, earlier === undefined ? counted : together(earlier, counted));
  }
  return { objects: [...kept.values()], added };
}

/** What two counts of one thing are as one. */
export function together(one: ObjectUses, other: ObjectUses): ObjectUses {
  const isOtherLater = (other.lastRefusedAt ?? 0) >= (one.lastRefusedAt ?? 0);
  return {
    ...one,
    allowed: one.allowed + other.allowed,
    refused: one.refused + other.refused,
    lastAllowedAt: later(one.lastAllowedAt, other.lastAllowedAt),
    lastRefusedAt: later(one.lastRefusedAt, other.lastRefusedAt),
    because: isOtherLater ? (other.because ?? one.because) : one.because,
  };
}

/** The later of two times, of which either may be none. */
export function later(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

async function addToTokens(trx: Trx, database: Database, { tokens }: UsageSlice): Promise<void> {
  const given = jsonRows(
    database,
    {
      token_id: "text",
      uses: "bigint",
      refused: "bigint",
      at: "bigint",
      address: "text",
      refused_at: "bigint",
      operation: "text",
      domain_id: "text",
      entity_id: "text",
      because: "text",
    },
    tokens.map(({ tokenId, uses, refused, lastAt, lastAddress, lastRefusal: last }) => [
      ...[tokenId, uses, refused, lastAt, lastAddress, last?.at ?? null, last?.operation ?? null],
      ...[last?.domainId ?? null, last?.entityId ?? null, last?.because ?? null],
    ]),
  );
  const isLater = isLaterIn("tokens.last_used_at", "v.at");
  const isLaterRefusal = isLaterIn("tokens.last_refused_at", "v.refused_at");
  const ofRefusal = (column: string, value: string) =>
    sql`${sql.ref(column)} = case when ${isLaterRefusal} then ${sql.ref(`v.${value}`)}
      else ${sql.ref(`tokens.${column}`)} end`;
  // Materialized, because each mention of a column would otherwise read the row's JSON once more.
  await sql`
    with v as materialized (select * from ${given} as given)
    update tokens set
      use_count = tokens.use_count + v.uses,
      refused_count = tokens.refused_count + v.refused,
      last_used_at = case when ${isLater} then v.at else tokens.last_used_at end,
      last_used_address = case when ${isLater} then v.address else tokens.last_used_address end,
      ${ofRefusal("last_refused_at", "refused_at")},
      ${ofRefusal("last_refused_operation", "operation")},
      ${ofRefusal("last_refused_domain_id", "domain_id")},
      ${ofRefusal("last_refused_entity_id", "entity_id")},
      ${ofRefusal("last_refused_because", "because")}
    from v where tokens.id = v.token_id
  `.execute(trx);
}

async function addToDays(
  trx: Trx,
  database: Database,
  { day, tokens }: UsageSlice,
  added: ReadonlyMap<string, number>,
): Promise<void> {
  const given = jsonRows(
    database,
    { token_id: "text", uses: "bigint", refused: "bigint", objects: "bigint" },
    tokens.map(({ tokenId, uses, refused }) => [tokenId, uses, refused, added.get(tokenId) ?? 0]),
  );
  await sql`
    insert into token_daily_use (token_id, day, uses, refused, objects, timed)
    select t.id, cast(${day} as text), v.uses, v.refused, v.objects, v.uses + v.refused
    from ${given} as v join tokens as t on t.id = v.token_id where true
    on conflict (token_id, day) do update set
      uses = token_daily_use.uses + excluded.uses,
      refused = token_daily_use.refused + excluded.refused,
      objects = token_daily_use.objects + excluded.objects,
      timed = token_daily_use.timed + excluded.timed
  `.execute(trx);
}

async function addToObjects(
  trx: Trx,
  database: Database,
  day: string,
  objects: readonly ObjectUses[],
): Promise<void> {
  if (objects.length === 0) return;
  const given = jsonRows(
    database,
    {
      token_id: "text",
      operation: "text",
      domain_id: "text",
      entity_id: "text",
      entity_type: "text",
      allowed: "bigint",
      refused: "bigint",
      allowed_at: "bigint",
      refused_at: "bigint",
      because: "text",
    },
    objects.map((each) => [
      ...[each.tokenId, each.operation, each.domainId, each.entityId, each.entityType],
      ...[each.allowed, each.refused, each.lastAllowedAt, each.lastRefusedAt, each.because],
    ]),
  );
  await sql`
    insert into token_use (token_id, day, operation, domain_id, entity_id, entity_type,
      allowed, refused, last_allowed_at, last_refused_at, refused_because)
    select t.id, cast(${day} as text), v.operation, v.domain_id, v.entity_id, v.entity_type,
      v.allowed, v.refused, v.allowed_at, v.refused_at, v.because
    from ${given} as v join tokens as t on t.id = v.token_id where true
    on conflict (token_id, day, operation, domain_id, entity_id) do update set
      allowed = token_use.allowed + excluded.allowed,
      refused = token_use.refused + excluded.refused,
      last_allowed_at = ${laterOf("token_use.last_allowed_at", "excluded.last_allowed_at")},
      refused_because = case when ${isLaterIn("token_use.last_refused_at", "excluded.last_refused_at")}
        then excluded.refused_because else token_use.refused_because end,
      last_refused_at = ${laterOf("token_use.last_refused_at", "excluded.last_refused_at")}
  `.execute(trx);
}

async function addToScopes(trx: Trx, database: Database, { scopes }: UsageSlice): Promise<void> {
  if (scopes.length === 0) return;
  const given = jsonRows(
    database,
    { scope_id: "text", token_id: "text", uses: "bigint", at: "bigint" },
    scopes.map(({ scopeId, tokenId, uses, lastAt }) => [scopeId, tokenId, uses, lastAt]),
  );
  await sql`
    update token_scopes set
      use_count = token_scopes.use_count + v.uses,
      last_used_at = ${laterOf("token_scopes.last_used_at", "v.at")}
    from ${given} as v where token_scopes.id = v.scope_id and token_scopes.token_id = v.token_id
  `.execute(trx);
}

/** Each row is of uses that the same scopes opened: one that was added in its middle, by another server's clock, opened its last. */
async function addToScopesTogether(
  trx: Trx,
  database: Database,
  { scopesTogether }: UsageSlice,
): Promise<void> {
  if (scopesTogether.length === 0) return;
  const given = jsonRows(
    database,
    {
      ...{ token_id: "text", entity_type: "text", operation: "text" },
      ...{ uses: "bigint", first_at: "bigint", at: "bigint" },
    },
    scopesTogether.map(({ tokenId, operation, uses, firstAt, lastAt }) => {
      const dot = operation.lastIndexOf(".");
      return [tokenId, operation.slice(0, dot), operation.slice(dot + 1), uses, firstAt, lastAt];
    }),
  );
  await sql`
    update token_scopes set
      use_count = token_scopes.use_count + opened.uses,
      last_used_at = ${laterOf("token_scopes.last_used_at", "opened.at")}
    from (
      select s.id, max(v.at) as at,
        cast(sum(case when s.created_at <= v.first_at then v.uses else 1 end) as bigint) as uses
      from ${given} as v join token_scopes as s
        on s.token_id = v.token_id and s.entity_type = v.entity_type
          and s.operation = v.operation and s.created_at <= v.at
      group by s.id
    ) as opened where token_scopes.id = opened.id
  `.execute(trx);
}

async function addToAddresses(
  trx: Trx,
  database: Database,
  { addresses }: UsageSlice,
): Promise<void> {
  if (addresses.length === 0) return;
  const given = jsonRows(
    database,
    { token_id: "text", address: "text", first_at: "bigint", last_at: "bigint", uses: "bigint" },
    addresses.map((each) => [each.tokenId, each.address, each.firstAt, each.lastAt, each.uses]),
  );
  await sql`
    insert into token_addresses (token_id, address, first_at, last_at, uses)
    select t.id, v.address, v.first_at, v.last_at, v.uses
    from ${given} as v join tokens as t on t.id = v.token_id where true
    on conflict (token_id, address) do update set
      last_at = ${laterOf("token_addresses.last_at", "excluded.last_at")},
      uses = token_addresses.uses + excluded.uses
  `.execute(trx);
  await sql`
    delete from token_addresses as old where token_id in (select v.token_id from ${given} as v) and (
      select count(*) from token_addresses as other
      where other.token_id = old.token_id and (other.last_at > old.last_at
        or (other.last_at = old.last_at and other.address < old.address))
    ) >= ${sql.lit(addressesPerToken)}
  `.execute(trx);
}
