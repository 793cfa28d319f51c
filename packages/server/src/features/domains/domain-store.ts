import { type Kysely, sql } from "kysely";
import { type RoleActionsRow, roleActionsColumn } from "../../rights/role-actions-store.ts";
import type { Trx } from "../../store/database.ts";
import type { NewRow, Row, RowChange, Schema } from "../../store/schema.ts";
import { tagsInOrder } from "../../store/tags-in-order.ts";

type Handle = Kysely<Schema>;

/** A domain that is not deleted. */
export async function findDomain(
  db: Handle,
  domainId: string,
): Promise<Row<"domains"> | undefined> {
  return db
    .selectFrom("domains")
    .selectAll()
    .where("id", "=", domainId)
    .where("status", "<>", "deleted")
    .executeTakeFirst();
}

/** How many domains that are not deleted the user has created. */
export async function countCreatedDomains(db: Handle, userId: string): Promise<number> {
  const { count } = await db
    .selectFrom("domains")
    .where("created_by", "=", userId)
    .where("status", "<>", "deleted")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** The tags of each of the domains, in the order in which they were sent. */
export async function findDomainTags(
  db: Handle,
  domainIds: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const tags = new Map(domainIds.map((id) => [id, [] as string[]]));
  if (domainIds.length === 0) return tags;
  const rows = await db
    .selectFrom("domain_tags")
    .selectAll()
    .where("domain_id", "in", [...domainIds])
    .orderBy("domain_id")
    .orderBy("position")
    .orderBy("tag")
    .execute();
  for (const { domain_id, tag } of rows) tags.get(domain_id)?.push(tag);
  return tags;
}

/** Whether a domain, also a deleted one, has this route in letters of any case. */
export async function hasDomainWithRoute(db: Handle, route: string): Promise<boolean> {
  const found = await db
    .selectFrom("domains")
    .select("id")
    // As the index has it; routes are ASCII, which both databases lower alike.
    .where(sql<boolean>`lower(route) = ${route.toLowerCase()}`)
    .limit(1)
    .executeTakeFirst();
  return found !== undefined;
}

export async function insertDomain(
  trx: Trx,
  domain: NewRow<"domains">,
  tags: readonly string[],
): Promise<void> {
  await trx.insertInto("domains").values(domain).execute();
  await insertTags(trx, domain.id, tags);
}

export async function updateDomain(
  trx: Trx,
  domainId: string,
  change: RowChange<"domains">,
): Promise<void> {
  await trx.updateTable("domains").set(change).where("id", "=", domainId).execute();
}

/** Resolves to those that were there. */
export async function replaceDomainTags(
  trx: Trx,
  domainId: string,
  tags: readonly string[],
): Promise<readonly string[]> {
  const removed = await trx
    .deleteFrom("domain_tags")
    .where("domain_id", "=", domainId)
    .returning(["tag", "position"])
    .execute();
  await insertTags(trx, domainId, tags);
  return tagsInOrder(removed);
}

async function insertTags(trx: Trx, domainId: string, tags: readonly string[]): Promise<void> {
  const rows = [...new Set(tags)].map((tag, position) => ({ domain_id: domainId, tag, position }));
  if (rows.length > 0) await trx.insertInto("domain_tags").values(rows).execute();
}

export type OwnRole = RoleActionsRow & { readonly id: string; readonly name: string };

/** The person's role on the domain itself. */
export async function findOwnRole(
  db: Handle,
  domainId: string,
  userId: string,
): Promise<OwnRole | undefined> {
  return db
    .selectFrom("role_members as m")
    .innerJoin("roles as r", "r.id", "m.role_id")
    .where("m.user_id", "=", userId)
    .where("m.domain_id", "=", domainId)
    .where("m.entity_type", "=", "domains")
    .where("m.entity_id", "=", domainId)
    .select(["r.id", "r.name", "r.has_all_actions", roleActionsColumn("r.id")])
    .executeTakeFirst();
}
