import {
  AppError,
  type Catalogue,
  type Operation,
  type Scope,
  scopeText,
  toWireScope,
} from "@tessera/contract";
import { sql } from "kysely";
import { type CompiledScopes, findCoveringScope } from "../access/compiled-scopes.ts";
import { actionsOpened, everyObject, type RolePlace } from "../access/opened-operations.ts";
import type { Principal } from "../access/principal.ts";
import type { Trx } from "../store/database.ts";
import { type RoleActionsRow, readRoleActions, roleActionsColumn } from "./role-actions-store.ts";
import { findAncestors } from "./way-store.ts";

/** Objects of one type that are to stand in a group. */
export interface Move {
  readonly domainId: string;
  readonly groupId: string;
  readonly type: string;
  readonly ids: readonly string[];
}

/** A right that roles on the new groups open on what is moved. */
interface Opening {
  /** As the type of what is moved, or of what is in it, calls it. */
  readonly action: string;
  /** What scopes must cover; empty: no scope covers it. */
  readonly operations: readonly Operation[];
  /** Ids in those scopes. */
  readonly scopeIds: readonly string[];
  /** The action that gives the same right in the whole domain, and by a role on the moved object itself. */
  readonly domainAction: string;
  readonly ownAction: string | undefined;
  readonly roleIds: string[];
}

/**
 * Throws 403 when a token would let somebody do with the moved objects, or with what is in them, what they could not
 * do before and the token's own scopes do not allow. What the token's owner may move by a session is not asked here.
 */
export async function requireMoveWithinScopes(
  trx: Trx,
  catalogue: Catalogue,
  principal: Principal,
  move: Move,
): Promise<void> {
  if (principal.kind !== "token") return;
  for (const opening of await findOpenings(trx, catalogue, move)) {
    const missing = findMissingScope(principal.scopes, move, opening);
    const isCovered = missing === undefined && opening.operations.length > 0;
    if (isCovered || !(await isNewToSomebody(trx, move, opening))) continue;
    if (missing === undefined) {
      throw new AppError(
        "session_required",
        `Members of the group would gain the action ${opening.action} by this, which no scope covers; sign in instead`,
      );
    }
    throw new AppError(
      "scope_missing",
      `Members of the group would gain the action ${opening.action} by this: the token needs the scope ${scopeText(missing)} in domain ${move.domainId}`,
      { missing_scope: toWireScope(missing) },
    );
  }
}

function findMissingScope(
  scopes: CompiledScopes,
  { domainId }: Move,
  { operations, scopeIds }: Opening,
): Scope | undefined {
  for (const { id, type, name } of operations) {
    const targets = scopeIds.map((entityId) => ({ domainId, entityType: type, entityId }));
    const lacking = targets.find((target) => findCoveringScope(scopes, id, target) === undefined);
    if (lacking !== undefined) return { ...lacking, operation: name };
  }
  return undefined;
}

async function findOpenings(
  trx: Trx,
  catalogue: Catalogue,
  move: Move,
): Promise<readonly Opening[]> {
  const roles = await findRolesAbove(trx, catalogue, move);
  const contents = move.type === "groups" ? await findTypesWithin(trx, move) : [];
  const openings = new Map<string, Opening>();
  for (const { id, place, actions } of roles) {
    const add = (type: string, at: RolePlace, scopeIds: readonly string[], isMoved: boolean) => {
      for (const { action, operations } of actionsOpened(catalogue, type, at, actions)) {
        const key = `${type}.${action} ${isMoved}`;
        const needed = catalogue.actionsThatAllow(type, action);
        const opening = openings.get(key) ?? {
          action,
          operations,
          scopeIds,
          domainAction: needed.domain ?? "",
          ownAction: isMoved ? needed.own : undefined,
          roleIds: [],
        };
        opening.roleIds.push(id);
        openings.set(key, opening);
      }
    };
    add(move.type, place, move.ids, true);
    // Whatever is in a group, its new parent is further away from it than that group.
    for (const type of contents) {
      add(type, "ancestorGroup", [everyObject(type, move.domainId)], false);
    }
  }
  return [...openings.values()];
}

interface RoleAbove {
  readonly id: string;
  readonly place: RolePlace;
  readonly actions: ReadonlySet<string>;
}

/** The roles on the new group and on those above it. */
async function findRolesAbove(
  trx: Trx,
  catalogue: Catalogue,
  { domainId, groupId }: Move,
): Promise<readonly RoleAbove[]> {
  const groupIds = (await findAncestors(trx, domainId, [groupId])).get(groupId) ?? [];
  if (groupIds.length === 0) return [];
  const { rows } = await sql<RoleActionsRow & { id: string; entity_id: string }>`
    select r.id, r.entity_id, r.has_all_actions, ${roleActionsColumn("r.id")}
    from roles r
    where r.domain_id = ${domainId} and r.entity_type = 'groups'
      and r.entity_id in (${sql.join(groupIds)})`.execute(trx);
  const all = catalogue.roleActions("groups");
  return rows.map((row) => ({
    id: row.id,
    place: row.entity_id === groupId ? "parentGroup" : "ancestorGroup",
    actions: new Set(readRoleActions(row, all)),
  }));
}

/** The types of what is in the moved groups, at any depth. */
async function findTypesWithin(trx: Trx, { domainId, ids }: Move): Promise<readonly string[]> {
  const { rows } = await sql<{ type: string }>`
    select distinct e.type from group_ancestry g
    join entities e on e.domain_id = g.domain_id and e.parent_id = g.descendant_id
    where g.domain_id = ${domainId} and g.ancestor_id in (${sql.join(ids)})`.execute(trx);
  return rows.map(({ type }) => type);
}

/** Whether a member of one of the roles has the right neither in the whole domain nor by a role on the moved object. */
async function isNewToSomebody(
  trx: Trx,
  { domainId, type, ids }: Move,
  { domainAction, ownAction, roleIds }: Opening,
): Promise<boolean> {
  const allows = (action: string | undefined) =>
    action === undefined
      ? sql`r.has_all_actions = 1`
      : sql`(r.has_all_actions = 1 or exists (
          select 1 from role_actions a where a.role_id = r.id and a.action = ${action}
        ))`;
  // By counts, so that nothing is asked of each member about each object: both may be very many.
  const { rows } = await sql<{ people: number; objects: number; covered: number }>`
    with asked as materialized (
      select distinct m.user_id from role_members m
      join users u on u.id = m.user_id
      where m.role_id in (${sql.join(roleIds)}) and u.role <> 'admin'
        and not exists (
          select 1 from role_members h join roles r on r.id = h.role_id
          where h.user_id = m.user_id and h.domain_id = ${domainId}
            and h.entity_type = 'domains' and h.entity_id = ${domainId} and ${allows(domainAction)}
        )
    ), moved as materialized (
      select e.id from entities e
      where e.domain_id = ${domainId} and e.type = ${type} and e.id in (${sql.join(ids)})
    )
    select (select count(*) from asked) as people, (select count(*) from moved) as objects, (
      select count(*) from role_members h join roles r on r.id = h.role_id
      where h.domain_id = ${domainId} and h.entity_type = ${type}
        and h.entity_id in (select id from moved) and h.user_id in (select user_id from asked)
        and ${allows(ownAction)}
    ) as covered`.execute(trx);
  const [counted] = rows;
  // A person has at most one role on an object.
  return counted !== undefined && counted.people * counted.objects > counted.covered;
}
