import { domainAdminActions, type TagFilter } from "@tessera/contract";
import { type ExpressionBuilder, sql } from "kysely";
import { type RoleActionsRow, roleActionsColumn } from "../../rights/role-actions-store.ts";
import type { Database } from "../../store/database.ts";
import { requireLightPage } from "../../store/page-weight.ts";
import type { DomainStatus, Flag, Row, Schema } from "../../store/schema.ts";

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
  readonly tags: TagFilter;
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
  const seesAll = viewer.isAdmin && !hasRoleDemands(filter);
  const matching = seesAll
    ? allDomains(database, viewer, filter)
    : ownDomains(database, viewer, filter);
  const listed = database.lists.with("listed", () => matching).selectFrom("listed");
  const { total } = await listed
    .select((eb) => eb.fn.countAll<number>().as("total"))
    .executeTakeFirstOrThrow();
  if (page.limit === 0) return { total, domains: [] };
  const domains = await listed
    .selectAll()
    .select(roleActionsColumn("listed.role_id"))
    .orderBy(`listed.${page.order}`, page.dir)
    .orderBy("listed.id", page.dir)
    .limit(page.limit)
    .offset(page.offset)
    .execute();
  return { total, domains: requireLightPage(domains) };
}

function allDomains(database: Database, viewer: DomainViewer, filter: DomainFilter) {
  return database.lists
    .selectFrom("domains as d")
    .where((eb) => eb.and(domainConditions(eb, database, viewer, filter)))
    .selectAll("d")
    .select((eb) => [
      eb.val(null).$castTo<string | null>().as("role_id"),
      eb.val(null).$castTo<string | null>().as("role_name"),
      eb.val(null).$castTo<Flag | null>().as("has_all_actions"),
    ]);
}

/** Begins at the viewer's roles, not at the domains. */
function ownDomains(database: Database, viewer: DomainViewer, filter: DomainFilter) {
  return (
    database.lists
      .selectFrom("role_members as m")
      .innerJoin("domains as d", "d.id", "m.domain_id")
      .innerJoin("roles as r", "r.id", "m.role_id")
      .where("m.user_id", "=", viewer.userId)
      // Literally, as the index on roles of domains has it.
      .where("m.entity_type", "=", sql.lit("domains"))
      .where((eb) =>
        eb.and([
          ...domainConditions(eb, database, viewer, filter),
          ...(viewer.isAdmin ? [] : [isOpenToRole(eb)]),
          ...roleConditions(eb, filter),
        ]),
      )
      .selectAll("d")
      .select((eb) => [
        eb.ref("r.id").$castTo<string | null>().as("role_id"),
        eb.ref("r.name").$castTo<string | null>().as("role_name"),
        eb.ref("r.has_all_actions").$castTo<Flag | null>().as("has_all_actions"),
      ])
  );
}

type DomainBuilder = ExpressionBuilder<Schema & { d: Schema["domains"] }, "d">;
type RoleBuilder = ExpressionBuilder<
  Schema & { d: Schema["domains"]; r: Schema["roles"] },
  "d" | "r"
>;

function domainConditions(
  eb: DomainBuilder,
  database: Database,
  { within }: DomainViewer,
  filter: DomainFilter,
) {
  const { status, name, id, tags, metadata, createdFrom, createdTo } = filter;
  return [
    // Named one by one, an index knows them; "not deleted" would be a scan.
    eb("d.status", "in", status === "all" ? ["enabled", "disabled", "freezed"] : [status]),
    database.inTime(eb.ref("d.id")),
    ...(within === undefined ? [] : [eb("d.id", "in", [...within])]),
    ...(name === undefined ? [] : [database.containsText(eb.ref("d.name_key"), name)]),
    ...(id === undefined ? [] : [eb("d.id", "=", id)]),
    ...(tags.length === 0
      ? []
      : [eb.or(tags.map((group) => eb("d.id", "in", domainsWithTags(eb, group))))]),
    ...(metadata === undefined ? [] : [database.jsonContains(eb.ref("d.metadata"), metadata)]),
    ...(createdFrom === null ? [] : [eb("d.created_at", ">=", createdFrom)]),
    ...(createdTo === null ? [] : [eb("d.created_at", "<=", createdTo)]),
  ];
}

function domainsWithTags(eb: DomainBuilder, tags: readonly string[]) {
  return eb
    .selectFrom("domain_tags as t")
    .select("t.domain_id")
    .where("t.tag", "in", [...tags])
    .groupBy("t.domain_id")
    .having((inner) => inner.fn.countAll<number>(), "=", tags.length);
}

function hasRoleDemands({ roleId, roleName, actions }: DomainFilter): boolean {
  return roleId !== undefined || roleName !== undefined || actions.length > 0;
}

function roleConditions(eb: RoleBuilder, { roleId, roleName, actions }: DomainFilter) {
  return [
    ...(roleId === undefined ? [] : [eb("r.id", "=", roleId)]),
    ...(roleName === undefined ? [] : [eb("r.name", "=", roleName)]),
    ...(actions.length === 0 ? [] : [hasActions(eb, actions)]),
  ];
}

/** The role allows something, and is enough for the state that the domain is in. */
function isOpenToRole(eb: RoleBuilder) {
  return eb.or([
    eb.and([eb("d.status", "=", "enabled"), eb.or([hasAll(eb), eb.exists(actionsOfRole(eb))])]),
    eb.and([eb("d.status", "=", "disabled"), hasActions(eb, domainAdminActions)]),
  ]);
}

function hasActions(eb: RoleBuilder, actions: readonly string[]) {
  const held = actionsOfRole(eb)
    .clearSelect()
    .select((inner) => inner.fn.countAll<number>().as("count"))
    .where("a.action", "in", [...actions]);
  return eb.or([hasAll(eb), eb(held, "=", actions.length)]);
}

function hasAll(eb: RoleBuilder) {
  return eb("r.has_all_actions", "=", 1);
}

function actionsOfRole(eb: RoleBuilder) {
  return eb.selectFrom("role_actions as a").select("a.action").whereRef("a.role_id", "=", "r.id");
}
