import { AppError, maximumCount } from "@tessera/contract";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Dependents, EntityKey } from "../../entities/entity-extension-store.ts";
import type { Trx } from "../../store/database.ts";
import { insertRows } from "../../store/insert-rows.ts";
import type { RowChange } from "../../store/schema.ts";

/** Hears what a change costs, in items, before it is made. */
type Weigh = (items: number) => void;

/** A group that has just been made, with the ids from the root down to its parent. */
export interface NewGroup {
  readonly id: string;
  readonly description: string | null;
  readonly parentPath: readonly string[];
}

export async function insertGroups(
  trx: Trx,
  domainId: string,
  groups: readonly NewGroup[],
): Promise<void> {
  const details = groups.map(({ id, description }) => ({ domain_id: domainId, id, description }));
  await insertRows(trx, "group_details", details);
  const ancestry = groups.flatMap(({ id, parentPath }) =>
    [...parentPath, id].map((ancestorId, index, path) => ({
      domain_id: domainId,
      descendant_id: id,
      ancestor_id: ancestorId,
      depth: path.length - 1 - index,
    })),
  );
  await insertRows(trx, "group_ancestry", ancestry);
}

export async function changeDescription(
  trx: Trx,
  { domainId, id }: EntityKey,
  description: string | null,
): Promise<void> {
  await trx
    .updateTable("group_details")
    .set({ description })
    .where("domain_id", "=", domainId)
    .where("id", "=", id)
    .execute();
}

/** The parents of these groups; of those that exist. */
export async function findParents(
  trx: Trx,
  domainId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await trx
    .selectFrom("entities")
    .select(["id", "parent_id"])
    .where("domain_id", "=", domainId)
    .where("type", "=", "groups")
    .where("id", "in", ids)
    .execute();
  return new Map(rows.map(({ id, parent_id }) => [id, parent_id]));
}

/** For each of these groups how many levels of groups are below it. */
export async function findHeights(
  trx: Trx,
  domainId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const rows = await trx
    .selectFrom("group_ancestry")
    .select(({ fn }) => ["ancestor_id", fn.max("depth").as("height")])
    .where("domain_id", "=", domainId)
    .where("ancestor_id", "in", ids)
    .groupBy("ancestor_id")
    .execute();
  return new Map(rows.map(({ ancestor_id, height }) => [ancestor_id, height]));
}

/** A change of the tree: what is asked for, and how an error names it. */
export interface TreeMove {
  readonly domainId: string;
  readonly parentId: string;
  readonly ids: readonly string[];
  readonly field: string;
}

/** Moves root groups, each with all that is below it, under the parent. */
export async function attachGroups(
  trx: Trx,
  { domainId, parentId, ids }: TreeMove,
  change: RowChange<"entities">,
): Promise<void> {
  await sql`
    insert into group_ancestry (domain_id, descendant_id, ancestor_id, depth)
    select below.domain_id, below.descendant_id, above.ancestor_id, below.depth + above.depth + 1
    from group_ancestry below
    join group_ancestry above
      on above.domain_id = below.domain_id and above.descendant_id = ${parentId}
    where below.domain_id = ${domainId} and below.ancestor_id in (${sql.join(ids)})`.execute(trx);
  await changeGroups(trx, domainId, ids, { parent_id: parentId, ...change });
}

/** Makes children of one parent roots, each with all that is below it; see {@link requireSmallMove}. */
export async function detachGroups(
  trx: Trx,
  move: TreeMove,
  change: RowChange<"entities">,
  weigh: Weigh,
): Promise<void> {
  const { domainId, parentId, ids } = move;
  await requireSmallMove(trx, move, weigh);
  await cutAncestry(trx, domainId, parentId, belowThese(ids));
  await changeGroups(trx, domainId, ids, { parent_id: null, ...change });
}

/** Makes every child of the group a root; see {@link requireSmallMove}. */
export async function detachAllGroups(
  trx: Trx,
  { domainId, id }: EntityKey,
  change: RowChange<"entities">,
  weigh: Weigh,
): Promise<void> {
  weigh(await requireFewBelow(trx, { domainId, id }));
  await cutAncestry(trx, domainId, id, belowThis(id));
  await trx
    .updateTable("entities")
    .set({ parent_id: null, ...change })
    .where("domain_id", "=", domainId)
    .where("parent_id", "=", id)
    .where("type", "=", "groups")
    .execute();
}

/** Throws 400 where more is below the group than one statement is to let go of; returns what that costs. */
export async function requireFewBelow(trx: Trx, { domainId, id }: EntityKey): Promise<number> {
  const pairs = await countPairs(trx, domainId, id, belowThis(id));
  requireFewPairs(pairs, "id");
  return pairs;
}

/** What is in the group itself: groups, clients and channels. */
export function contentsOf({ domainId, id }: EntityKey): Dependents {
  return {
    name: "objects in it",
    remedy: "take them out or delete them in parts",
    how: `groups, ${maximumCount.objects} at a time, with DELETE /{domain}/groups/{id}/children, each client and channel with DELETE /{domain}/clients/{id}/parent`,
    rows: sql`from entities x where x.domain_id = ${domainId} and x.parent_id = ${id}`,
  };
}

/** Takes everything out of a group: groups, clients and channels. */
export async function emptyGroup(
  trx: Trx,
  { domainId, id }: EntityKey,
  weigh: Weigh,
): Promise<void> {
  await detachAllGroups(trx, { domainId, id }, {}, weigh);
  await trx
    .updateTable("entities")
    .set({ parent_id: null })
    .where("domain_id", "=", domainId)
    .where("parent_id", "=", id)
    .execute();
}

/**
 * Throws 400 where the move makes or ends too many pairs of a group that is moved along with one above it; these are
 * its cost.
 */
export async function requireSmallMove(
  trx: Trx,
  { domainId, parentId, ids, field }: TreeMove,
  weigh: Weigh,
): Promise<void> {
  const pairs = await countPairs(trx, domainId, parentId, belowThese(ids));
  requireFewPairs(pairs, field);
  weigh(pairs);
}

function requireFewPairs(pairs: number, field: string): void {
  if (pairs <= maximumCount.movedPairs) return;
  throw new AppError(
    "limit_reached",
    `${field}: too many groups are below: times the groups above they are more than ${maximumCount.movedPairs}; move them in parts`,
    { field },
  );
}

const belowThis = (id: string) => sql`below.ancestor_id = ${id} and below.depth > 0`;

const belowThese = (ids: readonly string[]) => sql`below.ancestor_id in (${sql.join(ids)})`;

/** Looks at no more of what is below than shows that it is too much. */
async function countPairs(
  trx: Trx,
  domainId: string,
  parentId: string,
  below: RawBuilder<unknown>,
): Promise<number> {
  const { rows } = await sql<{ readonly below: number; readonly above: number }>`
    select (
      select count(*) from (
        select 1 from group_ancestry below
        where below.domain_id = ${domainId} and ${below} limit ${maximumCount.movedPairs + 1}
      ) counted
    ) as below, (
      select count(*) from group_ancestry above
      where above.domain_id = ${domainId} and above.descendant_id = ${parentId}
    ) as above`.execute(trx);
  return rows.reduce((sum, row) => sum + Number(row.below) * Number(row.above), 0);
}

/** The groups that `below` finds no longer have the parent, nor what is above it, for ancestors. */
async function cutAncestry(
  trx: Trx,
  domainId: string,
  parentId: string,
  below: RawBuilder<unknown>,
): Promise<void> {
  await sql`
    delete from group_ancestry
    where domain_id = ${domainId}
      and descendant_id in (
        select below.descendant_id from group_ancestry below
        where below.domain_id = ${domainId} and ${below}
      )
      and ancestor_id in (
        select above.ancestor_id from group_ancestry above
        where above.domain_id = ${domainId} and above.descendant_id = ${parentId}
      )`.execute(trx);
}

async function changeGroups(
  trx: Trx,
  domainId: string,
  ids: readonly string[],
  change: RowChange<"entities">,
): Promise<void> {
  await trx
    .updateTable("entities")
    .set(change)
    .where("domain_id", "=", domainId)
    .where("type", "=", "groups")
    .where("id", "in", ids)
    .execute();
}

/** SQL of the column `path`: the ids from the root down to the group `e`, joined by dots. */
export const pathColumn = `(
  select string_agg(a.ancestor_id, '.' order by a.depth desc) from group_ancestry a
  where a.domain_id = e.domain_id and a.descendant_id = e.id
) as path`;

/** Only groups so many levels below the group; level 0 is the group itself. */
export function belowFilter(
  { domainId, id }: EntityKey,
  minimumLevel: number,
  maximumLevel: number,
): RawBuilder<SqlBool> {
  return sql<SqlBool>`e.id in (
    select g.descendant_id from group_ancestry g
    where g.domain_id = ${domainId} and g.ancestor_id = ${id}
      and g.depth between ${minimumLevel} and ${maximumLevel}
  )`;
}

/** Likewise above the group. */
export function aboveFilter(
  { domainId, id }: EntityKey,
  maximumLevel: number,
): RawBuilder<SqlBool> {
  return sql<SqlBool>`e.id in (
    select g.ancestor_id from group_ancestry g
    where g.domain_id = ${domainId} and g.descendant_id = ${id} and g.depth <= ${maximumLevel}
  )`;
}

export function withoutParent(): RawBuilder<SqlBool> {
  return sql<SqlBool>`e.parent_id is null`;
}

/** Only groups that are below none of these. */
export function belowNone(domainId: string, ids: RawBuilder<unknown>): RawBuilder<SqlBool> {
  return sql<SqlBool>`e.id not in (
    select g.descendant_id from group_ancestry g
    where g.domain_id = ${domainId} and g.depth > 0 and g.ancestor_id in (${ids})
  )`;
}
