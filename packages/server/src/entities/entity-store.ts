import { AppError, type EntityType, maximumCount } from "@tessera/contract";
import { type Kysely, type RawBuilder, sql } from "kysely";
import type { Database, PreparedRead, Trx } from "../store/database.ts";
import { insertRows } from "../store/insert-rows.ts";
import { forEachChunk } from "../store/row-chunks.ts";
import type { EntityStatus, NewRow, Row, RowChange, Schema } from "../store/schema.ts";
import { tagsInOrder } from "../store/tags-in-order.ts";
import type { Dependents, EntityExtension, EntityKey } from "./entity-extension-store.ts";

/** What is read of every entity; an extension adds its columns. */
export interface EntityRow {
  readonly id: string;
  readonly name: string;
  readonly status: EntityStatus;
  /** JSON. */
  readonly metadata: string;
  readonly parent_id: string | null;
  readonly created_by: string | null;
  readonly created_at: number;
  readonly updated_by: string | null;
  readonly updated_at: number | null;
  /** JSON array of texts. */
  readonly tags: string;
}

/** The whole key of an object. */
export interface FullKey extends EntityKey {
  readonly type: EntityType;
}

/** How the objects of one type are read. */
export interface EntityReader {
  /** One object by `[domainId, id]`. */
  readonly view: PreparedRead<EntityRow>;
  /** Objects by id, in no particular order, with what lists read. */
  readEntities(
    db: Kysely<Schema>,
    domainId: string,
    ids: readonly string[],
  ): Promise<readonly EntityRow[]>;
  /** The rows of a list: `page` selects them from `entities`; order and limit are its own. */
  listStatement(
    page: RawBuilder<unknown>,
    columns: readonly RawBuilder<unknown>[],
    order?: RawBuilder<unknown>,
  ): RawBuilder<EntityRow>;
}

export function createEntityReader(
  database: Database,
  type: EntityType,
  { columns = [], viewColumns = [], join = "" }: EntityExtension,
): EntityReader {
  const tags = `(
    select ${database.jsonArray("t.tag", "t.position, t.tag")} from entity_tags t
    where t.domain_id = e.domain_id and t.type = e.type and t.entity_id = e.id
  ) as tags`;
  const listed = [...sharedColumns, tags, ...columns].join(", ");
  const viewed = [listed, ...viewColumns].join(", ");
  return {
    view: database.preparedRead<EntityRow>(
      `select ${viewed} from entities e ${join}
      where e.domain_id = ? and e.type = '${type.name}' and e.id = ?`,
    ),
    readEntities: async (db, domainId, ids) => {
      const { rows } = await sql<EntityRow>`
        select ${sql.raw(listed)} from entities e ${sql.raw(join)}
        where e.domain_id = ${domainId} and e.type = ${type.name} and e.id in (${sql.join(ids)})
      `.execute(db);
      return rows;
    },
    listStatement: (page, more, order) =>
      sql<EntityRow>`select ${sql.join([sql.raw(listed), ...more])}
        from (${page}) e ${sql.raw(join)} ${order === undefined ? sql`` : sql`order by ${order}`}`,
  };
}

const sharedColumns = [
  "e.id",
  "e.name",
  "e.status",
  "e.metadata",
  "e.parent_id",
  "e.created_by",
  "e.created_at",
  "e.updated_by",
  "e.updated_at",
];

/** What checks of an object, and records of what changes it, go by. */
export type PresentEntity = Pick<Row<"entities">, "name" | "status" | "parent_id" | "metadata">;

/** Throws 404 for an object that is not there. */
export async function requireEntity(
  db: Kysely<Schema>,
  { domainId, type, id }: FullKey,
): Promise<PresentEntity> {
  const found = await db
    .selectFrom("entities")
    .select(["name", "status", "parent_id", "metadata"])
    .where("domain_id", "=", domainId)
    .where("type", "=", type.name)
    .where("id", "=", id)
    .executeTakeFirst();
  if (found === undefined) throw noSuchEntity(type, id);
  return found;
}

export function noSuchEntity(type: EntityType, id: string): AppError {
  return new AppError("not_found", `There is no ${type.singular} ${id} in this domain`);
}

/** Throws 404 for an object that is not there, 409 for a disabled one. */
export async function requireEnabledEntity(trx: Trx, key: FullKey): Promise<PresentEntity> {
  const present = await requireEntity(trx, key);
  if (present.status === "enabled") return present;
  throw new AppError("conflict", `The ${key.type.singular} is disabled; enable it first`);
}

export async function changeEntity(
  trx: Trx,
  { domainId, type, id }: FullKey,
  change: RowChange<"entities">,
): Promise<void> {
  await trx
    .updateTable("entities")
    .set(change)
    .where("domain_id", "=", domainId)
    .where("type", "=", type.name)
    .where("id", "=", id)
    .execute();
}

/** Throws 404 unless the domain exists. */
export async function requireDomain(trx: Trx, domainId: string): Promise<void> {
  const found = await trx
    .selectFrom("domains")
    .select("id")
    .where("id", "=", domainId)
    .where("status", "!=", "deleted")
    .executeTakeFirst();
  if (found === undefined) throw new AppError("not_found", "There is no such domain");
}

export async function isDomainKnown(db: Kysely<Schema>, domainId: string): Promise<boolean> {
  const { rows } = await sql`
    select 1 from domains where id = ${domainId} and status <> 'deleted'`.execute(db);
  return rows.length > 0;
}

export async function countEntities(trx: Trx, domainId: string, type: EntityType): Promise<number> {
  const { count } = await trx
    .selectFrom("entities")
    .where("domain_id", "=", domainId)
    .where("type", "=", type.name)
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .executeTakeFirstOrThrow();
  return count;
}

/** Of these ids the ones that objects of the type have already. */
export async function findTakenIds(
  trx: Trx,
  domainId: string,
  type: EntityType,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const taken = new Set<string>();
  await forEachChunk(ids, async (chunk) => {
    const rows = await trx
      .selectFrom("entities")
      .select("id")
      .where("domain_id", "=", domainId)
      .where("type", "=", type.name)
      .where("id", "in", chunk)
      .execute();
    for (const { id } of rows) taken.add(id);
  });
  return taken;
}

export async function insertEntities(trx: Trx, rows: readonly NewRow<"entities">[]): Promise<void> {
  await insertRows(trx, "entities", rows);
}

/** Tags of new objects; those of one object without repetition. */
export async function insertTags(
  trx: Trx,
  domainId: string,
  type: EntityType,
  tagged: readonly { readonly id: string; readonly tags: readonly string[] }[],
): Promise<void> {
  const rows = tagged.flatMap(({ id, tags }) =>
    [...new Set(tags)].map((tag, position) => ({
      domain_id: domainId,
      type: type.name,
      tag,
      entity_id: id,
      position,
    })),
  );
  await insertRows(trx, "entity_tags", rows);
}

/** Resolves to those that were there. */
export async function replaceTags(
  trx: Trx,
  { domainId, type, id }: FullKey,
  tags: readonly string[],
): Promise<readonly string[]> {
  const removed = await trx
    .deleteFrom("entity_tags")
    .where("domain_id", "=", domainId)
    .where("type", "=", type.name)
    .where("entity_id", "=", id)
    .returning(["tag", "position"])
    .execute();
  await insertTags(trx, domainId, type, [{ id, tags }]);
  return tagsInOrder(removed);
}

/**
 * How many rows change or go along when the object is deleted. Throws 400 where they are more than one statement is to
 * change: it would hold up all other changes.
 */
export async function requireFewDependents(
  trx: Trx,
  { domainId, type, id }: FullKey,
  dependents: Dependents | undefined,
): Promise<number> {
  const onIt = sql`x.domain_id = ${domainId} and x.entity_type = ${type.name} and x.entity_id = ${id}`;
  const all: readonly Dependents[] = [
    ...(dependents === undefined ? [] : [dependents]),
    {
      name: "members of its roles",
      remedy: "remove them in parts",
      rows: sql`from role_members x where ${onIt}`,
    },
    {
      name: "actions of its roles",
      remedy: "remove roles",
      rows: sql`from roles x join role_actions a on a.role_id = x.id where ${onIt}`,
    },
  ];
  let count = 0;
  for (const { name, remedy, how, rows: found } of all) {
    const { rows } = await sql<{ count: number }>`
      select count(*) as count from (
        select 1 ${found} limit ${maximumCount.dependents + 1}
      ) counted`.execute(trx);
    count += rows[0]?.count ?? 0;
    if (count <= maximumCount.dependents) continue;
    throw new AppError(
      "limit_reached",
      `id: the ${type.singular} has too many ${name} to be deleted at once, with all that hangs on it more than ${maximumCount.dependents}; ${remedy} first${how === undefined ? "" : ` (${how})`}`,
      { field: "id" },
    );
  }
  return count;
}

/** Ends so many of the scopes on the object at most; returns of each the token that had it. */
export async function takeScopes(
  trx: Trx,
  { domainId, type, id }: FullKey,
  most: number,
): Promise<readonly string[]> {
  const some = trx
    .selectFrom("token_scopes")
    .where("domain_id", "=", domainId)
    .where("entity_type", "=", type.name)
    .where("entity_id", "=", id)
    .select("id")
    .limit(most);
  const taken = await trx
    .deleteFrom("token_scopes")
    .where("id", "in", some)
    .returning("token_id")
    .execute();
  return taken.map(({ token_id }) => token_id);
}

/** Deletes the object, whose scopes are ended, with all else that hangs on it. */
export async function deleteEntity(trx: Trx, { domainId, type, id }: FullKey): Promise<void> {
  await trx
    .deleteFrom("roles")
    .where("domain_id", "=", domainId)
    .where("entity_type", "=", type.name)
    .where("entity_id", "=", id)
    .execute();
  await trx
    .deleteFrom("entities")
    .where("domain_id", "=", domainId)
    .where("type", "=", type.name)
    .where("id", "=", id)
    .execute();
}
