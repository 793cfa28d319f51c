import {
  AppError,
  type Endpoint,
  type EndpointsOf,
  type EntityType,
  type entityUpdate,
} from "@tessera/contract";
import type { z } from "zod";
import type { Actor } from "../access/actor.ts";
import type { Principal } from "../access/principal.ts";
import { changedFields } from "../changes/changed-fields.ts";
import type { Deps } from "../deps.ts";
import type { AnyHandler, Call, Handlers } from "../http/endpoint-handlers.ts";
import { mapInTurns } from "../http/in-turns.ts";
import { requireMoveWithinScopes } from "../rights/moving-store.ts";
import type { EntityStatus } from "../store/schema.ts";
import { searchKey } from "../store/search-key.ts";
import { createChangeEntity } from "./change-entity.ts";
import { createDeleteEntity } from "./delete-entity.ts";
import { type EntityBody, entityCreator } from "./entity-creation.ts";
import type { EntityExtension, EntityKey } from "./entity-extension-store.ts";
import type { EntityListQuery } from "./entity-list-store.ts";
import {
  changeEntity,
  type EntityRow,
  noSuchEntity,
  replaceTags,
  requireEnabledEntity,
  requireEntity,
} from "./entity-store.ts";
import { createEntityViews } from "./entity-views.ts";
import { areViewsKept, keepViews } from "./kept-views.ts";
import { requireEnabledGroups } from "./parent-group-store.ts";
import { requireExtension } from "./require-extension.ts";

type SharedName =
  | "view"
  | "update"
  | "update_tags"
  | "enable"
  | "disable"
  | "delete"
  | "create"
  | "create_bulk"
  | "list"
  | "list_of_user";
type ParentName = "set_parent_group" | "remove_parent_group";

type StandardName<T extends EntityType> =
  | SharedName
  | (T["kind"] extends "group" ? never : ParentName);

type HandlersOfType<T extends EntityType> = Handlers<
  EndpointsOf<T["operations"]> | EndpointsOf<T["domainOperations"]>
>;

/** A handler for each of the type's standard rows. */
export type StandardEntityHandlers<T extends EntityType> = Pick<
  HandlersOfType<T>,
  keyof HandlersOfType<T> & `${T["name"]}.${StandardName<T>}`
>;

/** What the standard rows of every type have in common for their handlers. */
type EntityCall<Body = undefined, Query = undefined> = Omit<
  Call<Endpoint>,
  "params" | "query" | "body" | "principal" | "actor"
> & {
  readonly params: { readonly domainId: string; readonly id: string; readonly userId: string };
  readonly query: Query;
  readonly body: Body;
  readonly principal: Principal;
  readonly actor: Actor<Principal>;
};

/** The handlers of the standard rows of one entity type, which without an extension has nothing of its own. */
export function standardEntityHandlers<T extends EntityType>(
  deps: Deps,
  type: T,
  extension: EntityExtension<T> | undefined,
): StandardEntityHandlers<T> {
  const own = (extension ?? {}) as EntityExtension;
  requireExtension(type, own);
  const handlers = createHandlers(deps, type, own);
  const names = Object.keys(handlers).filter(
    (name) => type.kind !== "group" || !name.endsWith("_parent_group"),
  );
  const byId = names.map((name) => [
    `${type.name}.${name}`,
    handlers[name as keyof typeof handlers] as unknown as AnyHandler,
  ]);
  return Object.fromEntries(byId) as StandardEntityHandlers<T>;
}

function createHandlers(deps: Deps, type: EntityType, extension: EntityExtension) {
  const views = createEntityViews(deps, type, extension);
  const { reader } = views;
  const create = entityCreator(deps, type, extension, reader);

  const kept = keepViews(deps, type);

  const view = ({
    params,
    query,
    principal,
  }: EntityCall<undefined, { readonly roles: boolean }>) => {
    if (query.roles) return viewWithRoles(params, principal);
    return kept.peek(params) ?? kept.load(params, readView);
  };

  const revalidation = { via: "route", again: (key: EntityKey) => kept.peek(key) } as const;

  async function readView(key: EntityKey): Promise<object> {
    return views.toReply(key.domainId, await requireRow(key));
  }

  async function viewWithRoles(key: EntityKey, principal: Principal): Promise<object> {
    const row = await requireRow(key);
    const roles = await views.ownRoles(principal, key.domainId, row);
    return { ...views.toReply(key.domainId, row), roles };
  }

  async function requireRow({ domainId, id }: EntityKey): Promise<EntityRow> {
    const row = await reader.view([domainId, id]);
    if (row === undefined) throw noSuchEntity(type, id);
    return row;
  }

  const { changeSilently, changeAndShow } = createChangeEntity(deps, type, views);

  function setStatus(status: EntityStatus, name: "enable" | "disable") {
    return (call: EntityCall) =>
      changeAndShow(call, name, async ({ trx, touch }, key, stamp) => {
        const present = await requireEntity(trx, key);
        if (present.status === status) {
          throw new AppError("conflict", `The ${type.singular} is ${status} already`);
        }
        await changeEntity(trx, key, { status, ...stamp });
        touch("domain", key.domainId, { takesNothing: true });
        return changedFields({ status: present.status }, { status });
      });
  }

  async function list(call: EntityCall<undefined, EntityListQuery & { user?: string }>) {
    const { params, query, principal } = call;
    const wantedUserId = params.userId ?? (query.user === "" ? undefined : query.user);
    const viewer = await views.viewerOf(principal, params.domainId, wantedUserId);
    const { page, items } = await views.list(params.domainId, viewer, query);
    return { ...page, [type.name]: items };
  }

  function createAll(
    { params: { domainId }, principal, actor, weigh }: EntityCall<unknown>,
    bodies: readonly EntityBody[],
    fieldOf: (index: number, member: string) => string,
  ) {
    return create({ domainId, userId: principal.userId, actor, bodies, fieldOf, weigh });
  }

  const toCreated = (
    domainId: string,
    { row, extra }: { row: EntityRow; extra: object | undefined },
  ) => ({
    ...views.toReply(domainId, row),
    ...extra,
  });

  return {
    view: areViewsKept(deps) ? Object.assign(view, { revalidation }) : view,

    update: (call: EntityCall<z.output<typeof entityUpdate>>) =>
      changeAndShow(call, "update", async ({ trx }, key, stamp) => {
        const { name, metadata } = call.body;
        const present = await requireEnabledEntity(trx, key);
        await changeEntity(trx, key, {
          ...(name ? { name, name_key: searchKey(name) } : {}),
          ...(metadata === undefined ? {} : { metadata: JSON.stringify(metadata) }),
          ...stamp,
        });
        await extension.update?.(trx, key, call.body as never);
        const after = {
          name: name === "" ? undefined : name,
          metadata: metadata === undefined ? undefined : JSON.stringify(metadata),
        };
        const before = { name: present.name, metadata: present.metadata };
        return { members: Object.keys(call.body), ...changedFields(before, after) };
      }),

    update_tags: (call: EntityCall<{ readonly tags: readonly string[] }>) =>
      changeAndShow(call, "update_tags", async ({ trx }, key, stamp) => {
        await requireEnabledEntity(trx, key);
        const { tags } = call.body;
        const before = await replaceTags(trx, key, tags);
        await changeEntity(trx, key, stamp);
        return changedFields({ tags: before }, { tags });
      }),

    enable: setStatus("enabled", "enable"),
    disable: setStatus("disabled", "disable"),

    delete: createDeleteEntity(deps, type, extension),

    create: async (call: EntityCall<EntityBody>) => {
      const [created] = await createAll(call, [call.body], (_index, member) => member);
      if (created === undefined) throw new AppError("internal");
      call.reply.header("location", `/${type.name}/${created.row.id}`);
      return toCreated(call.params.domainId, created);
    },

    create_bulk: async (call: EntityCall<readonly EntityBody[]>) => {
      const created = await createAll(call, call.body, (index, member) => `${index}.${member}`);
      const items = await mapInTurns(created, (one) => toCreated(call.params.domainId, one));
      return { total: items.length, [type.name]: items };
    },

    list,
    list_of_user: list,

    set_parent_group: (call: EntityCall<{ readonly parent_group_id: string }>) =>
      changeSilently(call, "set_parent_group", async ({ trx, touch, principal }, key, stamp) => {
        const parentId = call.body.parent_group_id;
        const { parent_id } = await requireEntity(trx, key);
        if (parent_id !== null) {
          throw new AppError("conflict", `The ${type.singular} has a parent group already`);
        }
        await requireEnabledGroups(trx, key.domainId, new Map([[parentId, "parent_group_id"]]));
        const move = { domainId: key.domainId, groupId: parentId, type: type.name, ids: [key.id] };
        await requireMoveWithinScopes(trx, deps.catalogue, principal, move, call.weigh);
        await changeEntity(trx, key, { parent_id: parentId, ...stamp });
        touch("domain", key.domainId);
        return { parent_group_id: parentId };
      }),

    remove_parent_group: (call: EntityCall) =>
      changeSilently(call, "remove_parent_group", async ({ trx, touch }, key, stamp) => {
        const { parent_id } = await requireEntity(trx, key);
        if (parent_id === null) return {};
        await changeEntity(trx, key, { parent_id: null, ...stamp });
        touch("domain", key.domainId);
        return { parent_group_id: parent_id };
      }),
  };
}
