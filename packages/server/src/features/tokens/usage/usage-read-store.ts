import { type Expression, sql } from "kysely";
import type { Database } from "../../../store/database.ts";
import type { UsageGap } from "./recorder-store.ts";
import { ofTokens, type TokenChoice } from "./token-choice-store.ts";
import { otherObjects } from "./usage-counters.ts";

/** How often something was allowed and refused. */
export interface Tally {
  readonly allowed: number;
  readonly refused: number;
  /** Milliseconds since the epoch; `null`: never. */
  readonly lastAllowedAt: number | null;
  readonly lastRefusedAt: number | null;
}

export interface ObjectKey {
  readonly domainId: string;
  readonly entityType: string;
  readonly entityId: string;
}

/** The last thing that was refused of an operation. */
export interface OperationRefusal extends ObjectKey {
  readonly operation: string;
  readonly because: string;
}

export interface DayUse extends Pick<Tally, "allowed" | "refused"> {
  /** Whether all of it was counted by quarters of an hour too. */
  readonly isTimed: boolean;
}

/** Uses by UTC day from `firstDay` on. */
export async function readDailyUse(
  database: Database,
  userId: string,
  firstDay: string,
  of: TokenChoice,
): Promise<ReadonlyMap<string, DayUse>> {
  const rows = await database.lists
    .selectFrom("token_daily_use as u")
    .innerJoin("tokens as t", "t.id", "u.token_id")
    .where(ofTokens(userId, of))
    .where("u.day", ">=", firstDay)
    .groupBy("u.day")
    .select((eb) => [
      "u.day",
      sum(eb.ref("u.uses")).as("allowed"),
      sum(eb.ref("u.refused")).as("refused"),
      sum(eb.ref("u.timed")).as("timed"),
    ])
    .execute();
  return new Map(
    rows.map(({ day, timed, ...counts }) => [
      day,
      { ...counts, isTimed: timed >= counts.allowed + counts.refused },
    ]),
  );
}

/** By operation, from `firstDay` on. */
export async function readOperationUse(
  database: Database,
  tokenId: string,
  firstDay: string,
): Promise<readonly (Tally & { readonly operation: string })[]> {
  return usesOf(database, tokenId, firstDay)
    .select("operation")
    .select(tally)
    .groupBy("operation")
    .execute();
}

/** What was refused last of each operation that was refused at all. */
export async function readOperationRefusals(
  database: Database,
  tokenId: string,
  firstDay: string,
): Promise<readonly OperationRefusal[]> {
  const byTime = usesOf(database, tokenId, firstDay)
    .where("refused", ">", 0)
    .select(["operation", "domain_id", "entity_type", "entity_id", "refused_because"])
    .select(
      sql<number>`row_number() over (partition by operation order by last_refused_at desc)`.as(
        "place",
      ),
    );
  const rows = await database.lists
    .selectFrom(byTime.as("r"))
    .where("r.place", "=", 1)
    .selectAll()
    .execute();
  return rows.map((row) => ({
    operation: row.operation,
    domainId: row.domain_id,
    entityType: row.entity_type,
    entityId: row.entity_id,
    because: row.refused_because ?? "",
  }));
}

/** By object, the last used first; what concerns no single object is not there. */
export async function readObjectUse(
  database: Database,
  tokenId: string,
  { firstDay, limit }: { readonly firstDay: string; readonly limit: number },
): Promise<readonly (Tally & ObjectKey)[]> {
  return usesOf(database, tokenId, firstDay)
    .where("entity_id", "not in", ["", otherObjects])
    .select(["domain_id as domainId", "entity_type as entityType", "entity_id as entityId"])
    .select(tally)
    .groupBy(["domain_id", "entity_type", "entity_id"])
    .orderBy(sql`max(coalesce(last_allowed_at, last_refused_at))`, "desc")
    .orderBy("entity_id")
    .limit(limit)
    .execute();
}

/** Of all objects together, and of those beyond the number that is counted one by one. */
export async function readObjectTotals(database: Database, tokenId: string, firstDay: string) {
  return usesOf(database, tokenId, firstDay)
    .where("entity_id", "!=", "")
    .select((eb) => [sum(eb.ref("allowed")).as("allowed"), sum(eb.ref("refused")).as("refused")])
    .executeTakeFirstOrThrow();
}

/** From where the token was shown, the last first. */
export async function readAddresses(database: Database, tokenId: string) {
  return database.lists
    .selectFrom("token_addresses")
    .where("token_id", "=", tokenId)
    .select(["address", "first_at as firstAt", "last_at as lastAt", "uses as count"])
    .orderBy("last_at", "desc")
    .execute();
}

/** The times since then of which not all uses are known; the newest first. */
export async function readGaps(
  database: Database,
  since: number,
  limit: number,
): Promise<readonly UsageGap[]> {
  return database.lists
    .selectFrom("usage_gaps")
    .where("to_at", ">=", since)
    .select(["from_at as from", "to_at as to", "uses"])
    .orderBy("to_at", "desc")
    .limit(limit)
    .execute();
}

/** The rows of its use from that UTC day on. */
export function usesOf(database: Database, tokenId: string, firstDay: string) {
  return database.lists
    .selectFrom("token_use")
    .where("token_id", "=", tokenId)
    .where("day", ">=", firstDay)
    .where((eb) => database.inTime(eb.ref("operation")));
}

const sum = (uses: Expression<number>) => sql<number>`coalesce(sum(${uses}), 0)`;

const tally = [
  sql<number>`sum(allowed)`.as("allowed"),
  sql<number>`sum(refused)`.as("refused"),
  sql<number | null>`max(last_allowed_at)`.as("lastAllowedAt"),
  sql<number | null>`max(last_refused_at)`.as("lastRefusedAt"),
];
