import { sql } from "kysely";
import type { InTurns } from "../../../http/in-turns.ts";
import type { Database } from "../../../store/database.ts";
import { type ObjectKey, usesOf } from "./usage-read-store.ts";

/** How often an operation on an object was allowed. */
export interface AllowedUse extends ObjectKey {
  /** `<entity type>.<operation>` */
  readonly operation: string;
  readonly allowed: number;
  readonly lastAllowedAt: number;
}

/** Rows come from another thread, or from the network, as one message: reading so many in one go takes no time. */
const usesOfPart = 500;

/** What the token was allowed from that UTC day on: each operation on each object of a domain once. */
export async function readAllowedUses(
  database: Database,
  tokenId: string,
  firstDay: string,
  inTurns: InTurns,
): Promise<readonly AllowedUse[]> {
  const summed = usesOf(database, tokenId, firstDay)
    .where("allowed", ">", 0)
    .groupBy(["operation", "domain_id", "entity_id"])
    .select(["operation", "domain_id", "entity_id"])
    .select([
      sql<string>`max(entity_type)`.as("entity_type"),
      sql<number>`sum(allowed)`.as("allowed"),
      sql<number>`coalesce(max(last_allowed_at), 0)`.as("last_at"),
    ]);
  const lines = database.lists.selectFrom(summed.as("u")).select([
    // The id is last: other services choose theirs, with any letters.
    sql<string>`u.operation || ' ' || u.domain_id || ' ' || u.entity_type || ' ' || u.allowed || ' ' || u.last_at
      || ' ' || u.entity_id`.as("line"),
    sql<number>`row_number() over (order by u.operation) / ${sql.lit(usesOfPart)}`.as("part"),
  ]);
  const parts = await database.lists
    .selectFrom(lines.as("l"))
    .groupBy("l.part")
    .select(sql<string>`${sql.raw(database.jsonArray("l.line", "l.line"))}`.as("lines"))
    .execute();
  const uses: AllowedUse[] = [];
  await inTurns(parts, (part) => {
    for (const line of JSON.parse(part.lines)) uses.push(readLine(line));
  });
  return uses;
}

function readLine(line: string): AllowedUse {
  const [operation = "", domainId = "", entityType = "", allowed, lastAllowedAt, ...id] =
    line.split(" ");
  const entityId = id.join(" ");
  const [count, lastAt] = [Number(allowed), Number(lastAllowedAt)];
  return { operation, domainId, entityType, entityId, allowed: count, lastAllowedAt: lastAt };
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
