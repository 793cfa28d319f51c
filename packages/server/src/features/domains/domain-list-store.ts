import { domainAdminActions } from "@tessera/contract";
import type { ExpressionBuilder, Nullable } from "kysely";
import type { Database } from "../../store/database.ts";
import type { DomainStatus, Row, Schema } from "../../store/schema.ts";
import { type RoleActionsRow, roleActionsColumn } from "../entities/role-actions-store.ts";
import type { TagFilter } from "./tag-filter.ts";

/** Whose view of the domains is listed. */
export interface DomainViewer {
  readonly userId: string;
  /** Sees every domain; otherwise those in which a role of the viewer allows something. */
  readonly isAdmin: boolean;
  /** Only these domains, if given. */
  readonly within: readonly string[] | undefined;
}

export interface DomainFilter {
  readonly status: DomainStatus | "all";
  readonly name: string | undefined;
  readonly id: string | undefined;
  readonly tags: TagFilter | undefined;
  readonly metadata: unknown;
  readonly createdFrom: number | null;
  readonly createdTo: number | null;
  /** Of the viewer's own role. */
  readonly roleId: string | undefined;
  readonly roleName: string | undefined;
  readonly actions: readonly string[];
}

export interface DomainPage {
  readonly order: "name_key" | "created_at" | "touched_at";
  readonly dir: "asc" | "desc";
  readonly offset: number;
  readonly limit: number;
}

/** A domain with the viewer's role in it. */
export type ListedDomain = Row<"domains"> &
  RoleActionsRow & { readonly role_id: string | null; readonly role_name: string | null };

/** `limit` 0 asks for the total alone. */
export async function listDomains(
  database: Database,
  viewer: DomainViewer,
  filter: DomainFilter,
  page: DomainPage,
): Promise<{ total: number; domains: ListedDomain[] }> {
  if (viewer.within?.length === 0) return { total: 0, domains: [] };
  const matching = matchingDomains(database, viewer, filter);
  const { total } = await matching
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  if (page.limit === 0) return { total, domains: [] };
  const domains = await matching
    .selectAll("d")
    .select(["r.id as role_id", "r.name as role_name", "r.has_all_actions"])
    .select(roleActionsColumn("r.id"))
    .orderBy(`d.${page.order}`, page.dir)
    .orderBy("d.id", page.dir)
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return { total, domains };
}

function matchingDomains(database: Database, viewer: DomainViewer, filter: DomainFilter) {
  return database.read
    .selectFrom("domains as d")
    .leftJoin("role_members as m", (join) =>
      join
        .on("m.user_id", "=", viewer.userId)
        .onRef("m.domain_id", "=", "d.id")
        .on("m.entity_type", "=", "domains")
        .onRef("m.entity_id", "=", "d.id"),
    )
    .leftJoin("roles as r", "r.id", "m.role_id")
    .where((eb) =>
      eb.and([
        ...domainConditions(eb, database, filter),
        ...(viewer.isAdmin ? [] : [eb("r.id", "is not", null), isOpenToRole(eb)]),
        ...(viewer.within === undefined ? [] : [eb("d.id", "in", [...viewer.within])]),
        ...roleConditions(eb, filter),
      ]),
    );
}

type Tables = Pick<Schema, "role_actions" | "domain_tags"> & {
  d: Schema["domains"];
  m: Nullable<Schema["role_members"]>;
  r: Nullable<Schema["roles"]>;
};
type Builder = ExpressionBuilder<Schema & Tables, "d" | "m" | "r">;

function domainConditions(eb: Builder, database: Database, filter: DomainFilter) {
  const { status, name, id, tags, metadata, createdFrom, createdTo } = filter;
  return [
    status === "all" ? eb("d.status", "<>", "deleted") : eb("d.status", "=", status),
    ...(name === undefined ? [] : [database.containsText(eb.ref("d.name_key"), name)]),
    ...(id === undefined ? [] : [eb("d.id", "=", id)]),
    ...(tags === undefined
      ? []
      : [eb.or(tags.map((group) => eb("d.id", "in", domainsWithTags(eb, group))))]),
    ...(metadata === undefined ? [] : [database.jsonContains(eb.ref("d.metadata"), metadata)]),
    ...(createdFrom === null ? [] : [eb("d.created_at", ">=", createdFrom)]),
    ...(createdTo === null ? [] : [eb("d.created_at", "<=", createdTo)]),
  ];
}

function domainsWithTags(eb: Builder, tags: readonly string[]) {
  return eb
    .selectFrom("domain_tags as t")
    .select("t.domain_id")
    .where("t.tag", "in", [...tags])
    .groupBy("t.domain_id")
    .having((inner) => inner.fn.countAll<number>(), "=", tags.length);
}

function roleConditions(eb: Builder, { roleId, roleName, actions }: DomainFilter) {
  return [
    ...(roleId === undefined ? [] : [eb("r.id", "=", roleId)]),
    ...(roleName === undefined ? [] : [eb("r.name", "=", roleName)]),
    ...(actions.length === 0 ? [] : [hasActions(eb, actions)]),
  ];
}

/** The role allows something, and is enough for the state that the domain is in. */
function isOpenToRole(eb: Builder) {
  return eb.or([
    eb.and([eb("d.status", "=", "enabled"), eb.or([hasAll(eb), eb.exists(actionsOfRole(eb))])]),
    eb.and([eb("d.status", "=", "disabled"), hasActions(eb, domainAdminActions)]),
  ]);
}

function hasActions(eb: Builder, actions: readonly string[]) {
  const held = actionsOfRole(eb)
    .clearSelect()
    .select((inner) => inner.fn.countAll<number>().as("count"))
    .where("a.action", "in", [...actions]);
  return eb.or([hasAll(eb), eb(held, "=", actions.length)]);
}

function hasAll(eb: Builder) {
  return eb("r.has_all_actions", "=", 1);
}

function actionsOfRole(eb: Builder) {
  return eb.selectFrom("role_actions as a").select("a.action").whereRef("a.role_id", "=", "r.id");
}
