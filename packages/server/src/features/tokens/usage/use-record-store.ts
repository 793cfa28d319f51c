import { sql } from "kysely";
import type { Database } from "../../../store/database.ts";
import { type ObjectKey, usesOf } from "./usage-read-store.ts";

/** How often an operation on an object was allowed. */
export interface AllowedUse extends ObjectKey {
  /** `<entity type>.<operation>` */
  readonly operation: string;
  readonly allowed: number;
  readonly lastAllowedAt: number;
}

/** What the token was allowed from that UTC day on, by operation and object. */
export async function readAllowedUses(
  database: Database,
  tokenId: string,
  firstDay: string,
): Promise<readonly AllowedUse[]> {
  return usesOf(database, tokenId, firstDay)
    .where("allowed", ">", 0)
    .groupBy(["operation", "domain_id", "entity_type", "entity_id"])
    .select([
      "operation",
      "domain_id as domainId",
      "entity_type as entityType",
      "entity_id as entityId",
      sql<number>`sum(allowed)`.as("allowed"),
      sql<number>`coalesce(max(last_allowed_at), 0)`.as("lastAllowedAt"),
    ])
    .execute();
}

export interface UsedDay {
  /** `YYYY-MM-DD` in UTC. */
  readonly day: string;
  /** Whether something is known of what was done; older servers counted no more than how often. */
  readonly isRecorded: boolean;
}

/** The days from that one on in which the token was allowed anything, in their order. */
export async function readUsedDays(
  database: Database,
  tokenId: string,
  firstDay: string,
): Promise<readonly UsedDay[]> {
  const rows = await database.lists
    .selectFrom("token_daily_use as d")
    .where("d.token_id", "=", tokenId)
    .where("d.day", ">=", firstDay)
    .where("d.uses", ">", 0)
    .select(["d.day"])
    .select(({ exists, selectFrom }) =>
      exists(
        selectFrom("token_use as u")
          .whereRef("u.token_id", "=", "d.token_id")
          .whereRef("u.day", "=", "d.day")
          .where("u.allowed", ">", 0)
          .select("u.day"),
      ).as("isRecorded"),
    )
    .orderBy("d.day")
    .execute();
  return rows.map(({ day, isRecorded }) => ({ day, isRecorded: Boolean(isRecorded) }));
}

/** When the token got its first secret; milliseconds since the epoch. */
export async function readBirth(database: Database, tokenId: string): Promise<number> {
  const { born } = await database.lists
    .selectFrom("tokens as t")
    .leftJoin("token_secrets as s", "s.token_id", "t.id")
    .where("t.id", "=", tokenId)
    .groupBy(["t.id", "t.issued_at"])
    .select(sql<number>`coalesce(min(s.created_at), t.issued_at)`.as("born"))
    .executeTakeFirstOrThrow();
  return born;
}
