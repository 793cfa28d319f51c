import { type Kysely, sql } from "kysely";
import type { Principal } from "../access/principal.ts";
import type { Schema } from "../store/schema.ts";

/** Of these domains those that there are, and of which the principal, if no platform administrator, is a member. */
export async function findOwnDomains(
  db: Kysely<Schema>,
  { userId, isAdmin }: Principal,
  domainIds: readonly string[],
): Promise<readonly string[]> {
  const isMember = sql<boolean>`exists (
    select 1 from role_members m
    where m.user_id = ${userId} and m.domain_id = d.id and m.entity_type = 'domains'
  )`;
  const { rows } = await sql<{ readonly id: string }>`
    select d.id from domains d
    where d.id in (${sql.join(domainIds)}) and d.status <> 'deleted'
      and ${isAdmin ? sql`true` : isMember}
    order by d.id`.execute(db);
  return rows.map(({ id }) => id);
}
