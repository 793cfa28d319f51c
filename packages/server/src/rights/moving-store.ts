import {
  AppError,
  type Catalogue,
  maximumCount,
  type Operation,
  type Scope,
  scopeText,
  toWireScope,
} from "@tessera/contract";
import { type RawBuilder, sql } from "kysely";
import { type CompiledScopes, findCoveringScope } from "../access/compiled-scopes.ts";
import { actionsOpened, everyObject, type RolePlace } from "../access/opened-operations.ts";
import type { Principal } from "../access/principal.ts";
import type { Trx } from "../store/database.ts";
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
  /** What opens it, by where the role is held. */
  readonly by: readonly { readonly groupIds: readonly string[]; readonly action: string }[];
  /** The action that gives the same right in the whole domain, and by a role on the moved object itself. */
  readonly domainAction: string;
  readonly ownAction: string | undefined;
}

/** So many actions and members of roles are looked at in the time that one item of a change takes. */
const rightsOfItem = 50;

/**
 * Throws 403 when a token would let somebody do with the moved objects, or with what is in them, what they could not
 * do before and the token's own scopes do not allow, and 400 where finding that out takes too long. What the token's
 * owner may move by a session is not asked here. `weigh` hears what it costs, in items of a change.
 */
export async function requireMoveWithinScopes(
  trx: Trx,
  catalogue: Catalogue,
  principal: Principal,
  move: Move,
  weigh: (items: number) => void,
): Promise<void> {
  if (principal.kind !== "token") return;
  const groups = await findGroupsAbove(trx, move);
  let looked = 0;
  const lookAt = (rights: number) => {
    weigh(rights / rightsOfItem);
    looked += rights;
    if (looked > maximumCount.rightsOfMove) throw tooManyRights();
  };
  const { members, actions } = await countRights(trx, move, groups);
  lookAt(members + actions);
  for (const opening of await findOpenings(trx, catalogue, move, groups)) {
    const missing = findMissingScope(principal.scopes, move, opening);
    if (missing === undefined && opening.operations.length > 0) continue;
    lookAt(members);
    if (!(await isNewToSomebody(trx, move, opening))) continue;
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

function tooManyRights(): AppError {
  return new AppError(
    "limit_reached",
    `The roles on the group and on those above it have too many members and actions, more than ${maximumCount.rightsOfMove}, to find out whether the token may give all that; sign in instead`,
  );
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

/** The new group, and those above it. */
interface GroupsAbove {
  readonly parent: readonly string[];
  readonly ancestors: readonly string[];
  readonly all: readonly string[];
}

async function findGroupsAbove(trx: Trx, { domainId, groupId }: Move): Promise<GroupsAbove> {
  const all = (await findAncestors(trx, domainId, [groupId])).get(groupId) ?? [];
  return {
    parent: all.filter((id) => id === groupId),
    ancestors: all.filter((id) => id !== groupId),
    all,
  };
}

async function findOpenings(
  trx: Trx,
  catalogue: Catalogue,
  move: Move,
  groups: GroupsAbove,
): Promise<readonly Opening[]> {
  const actionsIn = await findActions(trx, catalogue, move, groups);
  const openings = new Map<string, Opening>();
  const add = (
    type: string,
    place: RolePlace,
    groupIds: readonly string[],
    of: Pick<Opening, "scopeIds"> & { readonly isMoved: boolean },
  ) => {
    for (const { action, operations } of actionsOpened(
      catalogue,
      type,
      place,
      actionsIn(groupIds),
    )) {
      const key = `${type}.${action} ${of.isMoved}`;
      const needed = catalogue.actionsThatAllow(type, action);
      const { by = [] } = openings.get(key) ?? {};
      openings.set(key, {
        action,
        operations,
        scopeIds: of.scopeIds,
        by: [...by, { groupIds, action: needed[place] ?? "" }],
        domainAction: needed.domain ?? "",
        ownAction: of.isMoved ? needed.own : undefined,
      });
    }
  };
  const moved = { scopeIds: move.ids, isMoved: true };
  add(move.type, "parentGroup", groups.parent, moved);
  add(move.type, "ancestorGroup", groups.ancestors, moved);
  // Whatever is in a group, its new parent is further away from it than that group.
  for (const type of move.type === "groups" ? await findTypesWithin(trx, move) : []) {
    const scopeIds = [everyObject(type, move.domainId)];
    add(type, "ancestorGroup", groups.all, { scopeIds, isMoved: false });
  }
  return [...openings.values()];
}

/** How many members the roles on these groups have, and how many actions those that have any; no more than shows that it is too much. */
async function countRights(
  trx: Trx,
  { domainId }: Move,
  { all }: GroupsAbove,
): Promise<{ members: number; actions: number }> {
  if (all.length === 0) return { members: 0, actions: 0 };
  const held = membersOn(domainId, all);
  const upTo = sql`limit ${maximumCount.rightsOfMove + 1}`;
  const { rows } = await sql<{ members: number; actions: number }>`
    select (select count(*) from (select 1 ${held} ${upTo}) counted) as members, (
      select count(*) from (
        select 1 from (select distinct m.role_id ${held} ${upTo}) h
        join role_actions a on a.role_id = h.role_id ${upTo}
      ) counted
    ) as actions`.execute(trx);
  return rows[0] ?? { members: 0, actions: 0 };
}

/** What roles with members allow, all together, by groups: of a role that nobody has nothing comes. */
async function findActions(
  trx: Trx,
  catalogue: Catalogue,
  { domainId }: Move,
  { all }: GroupsAbove,
): Promise<(groupIds: readonly string[]) => ReadonlySet<string>> {
  if (all.length === 0) return () => new Set();
  const { rows } = await sql<{ entity_id: string; action: string | null }>`
    with held as materialized (select distinct m.role_id, m.entity_id ${membersOn(domainId, all)})
    select distinct h.entity_id, a.action from held h join role_actions a on a.role_id = h.role_id
    union all
    select distinct h.entity_id, null from held h join roles r on r.id = h.role_id
    where r.has_all_actions = 1`.execute(trx);
  const every = catalogue.roleActions("groups");
  return (groupIds) =>
    new Set(
      rows
        .filter(({ entity_id }) => groupIds.includes(entity_id))
        .flatMap(({ action }) => action ?? every),
    );
}

function membersOn(domainId: string, groupIds: readonly string[]): RawBuilder<unknown> {
  return sql`from role_members m
    where m.domain_id = ${domainId} and m.entity_type = 'groups'
      and m.entity_id in (${sql.join(groupIds)})`;
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
  { by, domainAction, ownAction }: Opening,
): Promise<boolean> {
  const allows = (action: string | undefined, role = "r") =>
    action === undefined
      ? sql`${sql.ref(role)}.has_all_actions = 1`
      : sql`(${sql.ref(role)}.has_all_actions = 1 or exists (
          select 1 from role_actions a where a.role_id = ${sql.ref(role)}.id and a.action = ${action}
        ))`;
  const opened = by.map(
    ({ groupIds, action }) =>
      sql`(g.entity_id in (${sql.join(groupIds)}) and ${allows(action, "g")})`,
  );
  // By counts, so that nothing is asked of each member about each object: both may be very many.
  const { rows } = await sql<{ people: number; objects: number; covered: number }>`
    with asked as materialized (
      select distinct m.user_id from role_members m
      join roles g on g.id = m.role_id
      join users u on u.id = m.user_id
      where m.domain_id = ${domainId} and m.entity_type = 'groups'
        and m.entity_id in (${sql.join(by.flatMap(({ groupIds }) => groupIds))})
        and (${sql.join(opened, sql` or `)}) and u.role <> 'admin'
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
