import {
  AppError,
  type BuiltInEndpoint,
  lettersOf,
  type ReplyOf,
  readWords,
  type Target,
  wireTime,
} from "@tessera/contract";
import type { Actor } from "../../access/actor.ts";
import type { SessionPrincipal } from "../../access/principal.ts";
import { createCeiling } from "../../changes/ceiling.ts";
import { type EventInput, eventOfType } from "../../changes/recorded-event.ts";
import type { Deps } from "../../deps.ts";
import type { AnyHandler, Call } from "../../http/endpoint-handlers.ts";
import { looksAlike } from "../../looks.ts";
import { builtInRoleName, newRoleId } from "../../rights/built-in-role-store.ts";
import { requireMayGrant } from "../../rights/granting.ts";
import { requireKnownActions } from "../../rights/known-actions.ts";
import { insertRoleMembers } from "../../rights/role-member-store.ts";
import type { Trx } from "../../store/database.ts";
import { isDuplicate } from "../../store/driver-errors.ts";
import type { Row } from "../../store/schema.ts";
import { requireEligible, requireHolders } from "./eligible-members.ts";
import { findRolesThatReach, listPeopleInRoles, type RoleThatReaches } from "./reach-store.ts";
import { toRoleEntry } from "./role-entry.ts";
import {
  countRoles,
  deleteRole,
  deleteRoleActions,
  findRole,
  insertRole,
  insertRoleActions,
  isObjectKnown,
  listRoleMembers,
  listRoles,
  moveRoleMembers,
  readStoredActions,
  updateRole,
} from "./role-store.ts";
import {
  asDone,
  type Done,
  keepingAdministrator,
  onlyPart,
  takeAllRoles,
  takeRoles,
} from "./take-roles.ts";

/** The rows of roles on clients stand for those on every type: only the paths differ. */
type RoleEndpoint = Extract<BuiltInEndpoint, { readonly id: `clients.roles.${string}` }>;
type ShortId<Id> = Id extends `clients.roles.${infer Short}` ? Short : never;

type RoleHandlers = {
  readonly [K in RoleEndpoint as ShortId<K["id"]>]: (
    call: Call<K>,
  ) => ReplyOf<K> | Promise<ReplyOf<K>>;
};

/** What every change of a role is given. */
interface RoleCall {
  readonly params: { readonly domainId: string; readonly id: string; readonly roleId: string };
  readonly principal: SessionPrincipal;
  readonly actor: Actor<SessionPrincipal>;
}

/** The handlers of roles on objects of one type, domains included. */
export function roleHandlers(
  deps: Deps,
  entityType: string,
): Readonly<Record<`${string}.roles.${keyof RoleHandlers}`, AnyHandler>> {
  const { catalogue, clock, database, hub, newId } = deps;
  const type = catalogue.findEntityType(entityType);
  if (type === undefined) throw new Error(`there is no entity type ${entityType}`);
  const isDomain = type.kind === "domain";
  const allActions = catalogue.roleActions(entityType);
  const most = deps.config.max_roles_per_object;
  const ceiling = createCeiling(most, "roles may be on one object; remove some first", clock);

  const handlers: RoleHandlers = {
    available_actions: () => ({ available_actions: [...allActions] }),

    add: async ({ params, body, principal, actor }) => {
      const target = targetOf(params);
      const actions = body.optional_actions ?? [];
      const members = body.optional_members ?? [];
      requireKnownActions(catalogue, entityType, actions, "invalid_body", "optional_actions");
      const now = clock();
      const role = {
        id: newRoleId(type.singular, newId),
        domain_id: target.domainId,
        entity_type: entityType,
        entity_id: target.entityId,
        name: body.role_name,
        has_all_actions: 0 as const,
        created_by: principal.userId,
        created_at: now,
        updated_by: null,
        updated_at: null,
      };
      await hub
        .change(actor, async ({ trx, touch, record, principal: granter }) => {
          await requireObject(trx, target);
          refuseTwinOfBuiltIn(role.name, "role_name");
          await ceiling.require(Object.values(target).join(), 1, () => countRoles(trx, target));
          await requireMayGrant(trx, catalogue, granter, target, actions);
          await requireEligible(trx, target, members, "optional_members");
          await insertRole(trx, role, actions);
          await insertRoleMembers(trx, target, role.id, distinct(members), now);
          touch("domain", target.domainId);
          record(eventOn(target, "add", role.id, { name: role.name, actions, members }));
        })
        .catch(nameTheDuplicate("role_name"));
      return {
        ...toReply(role),
        optional_actions: body.optional_actions ?? null,
        optional_members: body.optional_members ?? null,
      };
    },

    list: async ({ params, query }) => {
      const target = targetOf(params);
      await requireObject(database.read, target);
      const { offset, limit } = query;
      const { total, roles } = await listRoles(database.lists, target, query);
      return { total, offset, limit, roles: roles.map(toReply) };
    },

    view: async ({ params }) => {
      return toReply(await requireRole(database.read, targetOf(params), params.roleId));
    },

    update: (call) =>
      changeRole(call, "update", { name: call.body.name }, async (trx, role) => {
        requireNotBuiltIn(role, "renamed");
        refuseTwinOfBuiltIn(call.body.name, "name");
        await updateRole(trx, role.id, { name: call.body.name });
      })
        .then(toReply)
        .catch(nameTheDuplicate("name")),

    remove: async (call) => {
      await changeRole(call, "remove", {}, async (trx, role, target) => {
        requireNotBuiltIn(role, "removed");
        const taken = await takeRoles(trx, { target, roleId: role.id }, call.weigh);
        if (!taken.isPart) await deleteRole(trx, role.id);
        return onlyPart(taken);
      });
    },

    add_actions: async (call) => {
      const { actions } = call.body;
      requireKnownActions(catalogue, entityType, actions, "invalid_body", "actions");
      await changeRole(call, "add_actions", { actions }, async (trx, role, target, granter) => {
        await requireMayGrant(trx, catalogue, granter, target, actions);
        if (!isBuiltIn(role)) await insertRoleActions(trx, role.id, actions);
      });
      return { actions };
    },

    list_actions: async ({ params }) => {
      const role = await requireRole(database.read, targetOf(params), params.roleId);
      return { actions: [...(await actionsOf(database.read, role))] };
    },

    remove_actions: async (call) => {
      const { actions } = call.body;
      requireKnownActions(catalogue, entityType, actions, "invalid_body", "actions");
      await changeRole(call, "remove_actions", { actions }, async (trx, role) => {
        requireNotBuiltIn(role, "changed");
        await deleteRoleActions(trx, role.id, actions);
      });
    },

    remove_all_actions: async (call) => {
      await changeRole(call, "remove_all_actions", {}, async (trx, role) => {
        requireNotBuiltIn(role, "changed");
        await deleteRoleActions(trx, role.id);
      });
    },

    add_members: async (call) => {
      const { members } = call.body;
      await changeRole(call, "add_members", { members }, async (trx, role, target, granter) => {
        const actions = await actionsOf(trx, role);
        await requireMayGrant(trx, catalogue, granter, target, actions);
        await requireEligible(trx, target, members, "members");
        await insertRoleMembers(trx, target, role.id, distinct(members), clock());
      });
      return { members };
    },

    move_members: async (call) => {
      const members = distinct(call.body.members);
      await changeRole(call, "move_members", { members }, async (trx, role, target, granter) => {
        // The guard has asked for the right to take roles away; this gives one, too.
        const given = [...(await actionsOf(trx, role)), "add_role_users"];
        await requireMayGrant(trx, catalogue, granter, target, given);
        await requireHolders(trx, target, members, "members");
        await keepingAdministrator(trx, target, () =>
          moveRoleMembers(trx, target, role.id, members),
        );
        return undefined;
      });
      return { members: [...members] };
    },

    list_members: async ({ params, query }) => {
      const role = await requireRole(database.read, targetOf(params), params.roleId);
      const { total, members } = await listRoleMembers(database, role.id, query);
      return { total, offset: query.offset, limit: query.limit, members };
    },

    remove_members: async (call) => {
      await changeRole(call, "remove_members", {}, async (trx, role, target) => {
        const userIds = call.body.members;
        return asDone(await takeRoles(trx, { target, roleId: role.id, userIds }, call.weigh));
      });
    },

    remove_all_members: async (call) => {
      await changeRole(call, "remove_all_members", {}, async (trx, role, target) => {
        return onlyPart(await takeRoles(trx, { target, roleId: role.id }, call.weigh));
      });
    },

    remove_members_from_all: async ({ params, body, actor, weigh }) => {
      const target = targetOf(params);
      await takeAllRoles(hub, {
        actor,
        weigh,
        selection: { target, userIds: body.member_ids },
        eventName: eventOfType(entityType, "roles.remove_members_from_all"),
        requireFirst: (trx) => requireObject(trx, target),
      });
    },

    list_all_members: async ({ params, query }) => {
      const target = targetOf(params);
      await requireObject(database.read, target);
      const actions = readWords(query.actions);
      const roles = (await findRolesThatReach(database, catalogue, type, target)).filter((role) =>
        isWanted(role, query, actions),
      );
      const { total, people } = await listPeopleInRoles(
        database,
        target.domainId,
        roles.map(({ roleId }) => roleId),
        query,
      );
      const placeOf = new Map(roles.map(({ roleId }, place) => [roleId, place]));
      const members = people.map(({ userId, roleIds }) => ({
        member_id: userId,
        roles: roleIds
          .flatMap((roleId) => placeOf.get(roleId) ?? [])
          .toSorted((a, b) => a - b)
          .flatMap((place) => roles[place] ?? [])
          .map(toRoleEntry),
      }));
      return { total, offset: query.offset, limit: query.limit, members };
    },
  };
  return Object.fromEntries(
    Object.entries(handlers).map(([id, handler]) => [
      `${entityType}.roles.${id}`,
      handler as AnyHandler,
    ]),
  );

  function targetOf(params: { readonly domainId: string; readonly id: string }): Target {
    const { domainId, id } = params;
    return { domainId, entityType, entityId: isDomain ? domainId : id };
  }

  /**
   * Changes a role in one transaction with its record, to which `work` may add; returns the role as it then is, or was.
   * Where `work` did a part, it is done again, in a transaction with a record of its own.
   */
  async function changeRole(
    call: RoleCall,
    changeName: keyof RoleHandlers,
    details: Readonly<Record<string, unknown>>,
    work: (
      trx: Trx,
      role: Row<"roles">,
      target: Target,
      granter: SessionPrincipal,
    ) => Promise<Done | undefined>,
  ): Promise<Row<"roles">> {
    const { params, principal, actor } = call;
    const target = targetOf(params);
    const changed = await hub.change(actor, async ({ trx, touch, record, principal: present }) => {
      const role = await requireRole(trx, target, params.roleId);
      // Before the writing, at which a conflict shows: what is done again is to go first.
      touch("domain", target.domainId);
      const { isPart = false, more } = (await work(trx, role, target, present)) ?? {};
      record(eventOn(target, changeName, role.id, { ...details, ...more }));
      if (isPart) return undefined;
      await updateRole(trx, role.id, { updated_by: principal.userId, updated_at: clock() });
      return (await findRole(trx, target, role.id)) ?? role;
    });
    return changed ?? changeRole(call, changeName, details, work);
  }

  async function actionsOf(
    db: Parameters<typeof findRole>[0],
    role: Row<"roles">,
  ): Promise<readonly string[]> {
    if (isBuiltIn(role)) return allActions;
    const stored = new Set(await readStoredActions(db, role.id));
    return allActions.filter((action) => stored.has(action));
  }

  async function requireObject(db: Parameters<typeof findRole>[0], target: Target): Promise<void> {
    if (await isObjectKnown(db, target)) return;
    throw new AppError("not_found", `There is no such ${type?.singular ?? "object"}`);
  }

  function eventOn(
    { domainId, entityId }: Target,
    name: keyof RoleHandlers,
    roleId: string,
    details: Readonly<Record<string, unknown>>,
  ): EventInput {
    return {
      name: eventOfType(entityType, `roles.${name}`),
      domainId,
      entityId,
      details: { role_id: roleId, ...details },
    };
  }
}

async function requireRole(
  db: Parameters<typeof findRole>[0],
  target: Target,
  roleId: string,
): Promise<Row<"roles">> {
  const role = await findRole(db, target, roleId);
  if (role === undefined) throw new AppError("not_found", "There is no such role here");
  return role;
}

function isBuiltIn(role: Row<"roles">): boolean {
  return role.has_all_actions === 1;
}

/** Nobody is to take another role for the one that allows everything. A name that is just the same is a duplicate. */
function refuseTwinOfBuiltIn(name: string, field: string): void {
  const isTwin =
    lettersOf(name) === lettersOf(builtInRoleName) || looksAlike(name, builtInRoleName);
  if (name === builtInRoleName || !isTwin) return;
  const message = `${field}: would be taken for the built-in role ${builtInRoleName}`;
  throw new AppError("already_exists", message, { field });
}

function requireNotBuiltIn(role: Row<"roles">, participle: string): void {
  if (!isBuiltIn(role)) return;
  throw new AppError("protected_role", `The built-in role ${role.name} cannot be ${participle}`);
}

type MembersQuery = Call<
  Extract<RoleEndpoint, { readonly id: "clients.roles.list_all_members" }>
>["query"];

/** Whether the role is one of those that the list is filtered by; an empty filter is none. */
function isWanted(role: RoleThatReaches, query: MembersQuery, actions: readonly string[]): boolean {
  return (
    (!query.role_id || query.role_id === role.roleId) &&
    (!query.role_name || query.role_name === role.roleName) &&
    (!query.access_type || query.access_type === role.accessType) &&
    (!query.access_provider_id || query.access_provider_id === role.providerId) &&
    actions.every((action) => role.actions.includes(action))
  );
}

function toReply(role: Row<"roles">) {
  return {
    id: role.id,
    name: role.name,
    entity_id: role.entity_id,
    built_in: isBuiltIn(role),
    created_by: role.created_by ?? "",
    created_at: wireTime(role.created_at),
    updated_by: role.updated_by ?? "",
    updated_at: wireTime(role.updated_at),
  };
}

function distinct(ids: readonly string[]): readonly string[] {
  return [...new Set(ids)];
}

function nameTheDuplicate(field: string): (error: unknown) => never {
  return (error) => {
    if (!isDuplicate(error, "role_name")) throw error;
    throw new AppError("already_exists", "There is a role of this name here already", { field });
  };
}
