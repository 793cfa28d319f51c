import { type Catalogue, domainAdminActions, type Target } from "@tessera/contract";
import { type Kysely, sql } from "kysely";
import { type HeldActions, noActions } from "../access/authority.ts";
import type { DomainStatus, Schema } from "../store/schema.ts";
import { type RoleActionsRow, readRoleActions, roleActionsColumn } from "./role-actions-store.ts";

/** What a person's role on a domain gives there. */
export interface HeldInDomain {
  readonly status: DomainStatus;
  /** Has some action by a role on the domain itself. */
  readonly isMember: boolean;
  readonly isDomainAdmin: boolean;
  readonly actions: ReadonlySet<string>;
}

/** `undefined`: there is no such domain. */
export async function findHeldInDomain(
  db: Kysely<Schema>,
  catalogue: Catalogue,
  userId: string,
  domainId: string,
): Promise<HeldInDomain | undefined> {
  const { rows } = await sql<{ status: DomainStatus } & RoleActionsRow>`
    select d.status, r.has_all_actions, ${roleActionsColumn("r.id")}
    from domains d
    left join role_members m
      on m.user_id = ${userId} and m.domain_id = d.id and m.entity_type = 'domains' and m.entity_id = d.id
    left join roles r on r.id = m.role_id
    where d.id = ${domainId}`.execute(db);
  const [row] = rows;
  if (row === undefined) return undefined;
  const actions = actionsOfRows([row], catalogue.roleActions("domains"));
  return {
    status: row.status,
    isMember: actions.size > 0,
    isDomainAdmin: domainAdminActions.every((action) => actions.has(action)),
    actions,
  };
}

/** What a person's roles on the object itself and on the groups above it give; nothing for an object that is not there. */
export async function findHeldOnObject(
  db: Kysely<Schema>,
  catalogue: Catalogue,
  userId: string,
  { domainId, entityType, entityId }: Target,
): Promise<Omit<HeldActions, "domain">> {
  const { rows } = await sql<Place & RoleActionsRow>`
    with object as (
      select type, id, parent_id from entities
      where domain_id = ${domainId} and type = ${entityType} and id = ${entityId}
    ), place as (
      select 0 as distance, type, id from object
      union all
      select a.depth + 1, 'groups', a.ancestor_id from object
      join group_ancestry a on a.domain_id = ${domainId} and a.descendant_id = object.parent_id
    ), held as (
      -- One look-up for each place; a join might start from all roles of the person in the domain.
      select distance, (
        select m.role_id from role_members m
        where m.user_id = ${userId} and m.domain_id = ${domainId}
          and m.entity_type = place.type and m.entity_id = place.id
      ) as role_id from place
    )
    select held.distance, r.has_all_actions, ${roleActionsColumn("r.id")}
    from held join roles r on r.id = held.role_id`.execute(db);
  const ofGroup = catalogue.roleActions("groups");
  const isOwn = (row: Place) => row.distance === 0;
  const isParent = (row: Place) => row.distance === 1;
  const isAncestor = (row: Place) => row.distance > 1;
  return {
    own: actionsOfRows(rows.filter(isOwn), catalogue.roleActions(entityType)),
    parentGroup: actionsOfRows(rows.filter(isParent), ofGroup),
    ancestorGroups: actionsOfRows(rows.filter(isAncestor), ofGroup),
  };
}

interface Place {
  /** 0: the object itself, 1: its parent group, above: the groups above that. */
  readonly distance: number;
}

function actionsOfRows(
  rows: readonly RoleActionsRow[],
  all: readonly string[],
): ReadonlySet<string> {
  if (rows.length === 0) return noActions;
  return new Set(rows.flatMap((row) => readRoleActions(row, all)));
}
