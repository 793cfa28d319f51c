import {
  AppError,
  type EndpointsOf,
  type groupOperations,
  groups,
  type ReplyOf,
} from "@tessera/contract";
import type { Principal } from "../../access/principal.ts";
import type { Change } from "../../changes/change-hub.ts";
import { eventOfType } from "../../changes/recorded-event.ts";
import type { Deps } from "../../deps.ts";
import { requireEntity } from "../../entities/entity-store.ts";
import { createEntityViews } from "../../entities/entity-views.ts";
import { requireEnabledGroups } from "../../entities/parent-group-store.ts";
import type { Call, Handlers } from "../../http/endpoint-handlers.ts";
import { requireMoveWithinScopes } from "../../rights/moving-store.ts";
import { findAncestors } from "../../rights/way-store.ts";
import type { Trx } from "../../store/database.ts";
import { groupExtension, maximumLevels, tooDeep } from "./group-extension.ts";
import {
  aboveFilter,
  attachGroups,
  belowFilter,
  detachAllGroups,
  detachGroups,
  findHeights,
  findParents,
  requireSmallMove,
  type TreeMove,
} from "./group-tree-store.ts";

type GroupEndpoint = Extract<
  EndpointsOf<typeof groupOperations>,
  {
    readonly id: `groups.${
      | "hierarchy"
      | "add_parent_group"
      | "remove_parent_group"
      | "add_children_groups"
      | "remove_children_groups"
      | "remove_all_children_groups"
      | "list_children_groups"}`;
  }
>;

type HierarchyEndpoint = Extract<GroupEndpoint, { readonly id: "groups.hierarchy" }>;
type HierarchyItem = ReplyOf<HierarchyEndpoint>["groups"][number];

/** What every change of the tree is given. */
type TreeCall = Pick<Call<GroupEndpoint>, "principal" | "actor" | "params" | "weigh">;

/** What the record of a change of the tree keeps. */
type Details = Readonly<Record<string, unknown>>;

interface Stamp {
  readonly updated_by: string;
  readonly updated_at: number;
  readonly touched_at: number;
}

const askForLess = "ask for fewer levels, or page through /children";

/** The tree of groups. */
export function groupHandlers(deps: Deps): Handlers<GroupEndpoint> {
  const views = createEntityViews(deps, groups, groupExtension());

  return {
    "groups.hierarchy": async ({ params: { domainId, id }, query, principal }) => {
      const key = { domainId, type: groups, id };
      const direction = query.dir ?? query.direction ?? -1;
      const maximumLevel = query.level === 0 ? maximumLevels : query.level;
      const viewer = await views.viewerOf(principal, domainId);
      const filter =
        direction < 0 ? belowFilter(key, 0, maximumLevel) : aboveFilter(key, maximumLevel);
      await requireEntity(deps.database.read, key);
      const found = (await views.all(domainId, viewer, [filter], askForLess)).toSorted(byPath);
      return { level: query.level, direction, groups: query.tree ? toTree(found) : found };
    },

    "groups.list_children_groups": async ({ params: { domainId, id }, query, principal }) => {
      const key = { domainId, type: groups, id };
      const [minimum, maximum] = readLevels(query.start_level, query.end_level);
      const viewer = await views.viewerOf(principal, domainId);
      await requireEntity(deps.database.read, key);
      const filters = [belowFilter(key, minimum, maximum)];
      const { page, items } = await views.list(domainId, viewer, query, filters);
      return { ...page, groups: items };
    },

    "groups.add_parent_group": (call) =>
      changeTree(call, "add_parent_group", async ({ trx, principal }, stamp) => {
        const { domainId, id } = call.params;
        const parentId = call.body.parent_id;
        const wanted = { domainId, parentId, ids: [id], field: "parent_id" };
        await requireSmallMove(trx, wanted, call.weigh);
        const move = { domainId, groupId: parentId, type: groups.name, ids: [id] };
        await requireMoveWithinScopes(trx, deps.catalogue, principal, move, call.weigh);
        await attach(trx, wanted, stamp, "parent_id", () => "parent_id");
        return { parent_id: parentId };
      }),

    "groups.remove_parent_group": (call) =>
      changeTree(call, "remove_parent_group", async ({ trx }, stamp) => {
        const { domainId, id } = call.params;
        const { parent_id } = await requireEntity(trx, { domainId, type: groups, id });
        if (parent_id === null) return { parent_id };
        const wanted = { domainId, parentId: parent_id, ids: [id], field: "id" };
        await detachGroups(trx, wanted, stamp, call.weigh);
        return { parent_id };
      }),

    "groups.add_children_groups": (call) =>
      changeTree(call, "add_children_groups", async ({ trx, principal }, stamp) => {
        const { domainId, id } = call.params;
        const { children_ids } = call.body;
        await requireEntity(trx, { domainId, type: groups, id });
        const wanted = { domainId, parentId: id, ids: children_ids, field: "children_ids" };
        await requireSmallMove(trx, wanted, call.weigh);
        const move = { domainId, groupId: id, type: groups.name, ids: children_ids };
        await requireMoveWithinScopes(trx, deps.catalogue, principal, move, call.weigh);
        await attach(trx, wanted, stamp, "id", childField);
        return { children_ids };
      }),

    "groups.remove_children_groups": (call) =>
      changeTree(call, "remove_children_groups", async ({ trx }, stamp) => {
        const { domainId, id } = call.params;
        const { children_ids } = call.body;
        await requireEntity(trx, { domainId, type: groups, id });
        const parents = await findParents(trx, domainId, children_ids);
        for (const [index, childId] of children_ids.entries()) {
          if (requireGroup(parents, childId, childField(index)) === id) continue;
          throw refuseMove("conflict", childField(index), `${childId} is no child of this group`);
        }
        const ids = [...parents.keys()];
        const wanted = { domainId, parentId: id, ids, field: "children_ids" };
        await detachGroups(trx, wanted, stamp, call.weigh);
        return { children_ids };
      }),

    "groups.remove_all_children_groups": (call) =>
      changeTree(call, "remove_all_children_groups", async ({ trx }, stamp) => {
        const { domainId, id } = call.params;
        await requireEntity(trx, { domainId, type: groups, id });
        await detachAllGroups(trx, { domainId, id }, stamp, call.weigh);
        return {};
      }),
  };

  async function changeTree(
    { params: { domainId, id }, principal, actor }: TreeCall,
    name: string,
    work: (change: Change<Principal>, stamp: Stamp) => Promise<Details>,
  ): Promise<undefined> {
    await deps.hub.change(actor, async (change) => {
      const { touch, record } = change;
      const at = deps.clock();
      const stamp = { updated_by: principal.userId, updated_at: at, touched_at: at };
      const details = await work(change, stamp);
      touch("domain", domainId);
      record({ name: eventOfType("groups", name), domainId, entityId: id, details });
    });
  }
}

/** Puts groups without a parent under one, if that makes neither a ring nor a tree too deep. */
async function attach(
  trx: Trx,
  wanted: TreeMove,
  stamp: Stamp,
  parentField: string,
  fieldOf: (index: number) => string,
): Promise<void> {
  const { domainId, parentId } = wanted;
  const ids = [...new Set(wanted.ids)];
  const parents = await findParents(trx, domainId, ids);
  await requireEnabledGroups(trx, domainId, new Map([[parentId, parentField]]));
  const paths = await findAncestors(trx, domainId, [parentId]);
  const heights = await findHeights(trx, domainId, ids);
  const path = paths.get(parentId) ?? [];
  for (const [index, id] of wanted.ids.entries()) {
    const field = fieldOf(index);
    const present = requireGroup(parents, id, field);
    if (id === parentId) throw refuseMove("invalid_state", field, "a group is no child of itself");
    if (path.includes(id)) {
      throw refuseMove("invalid_state", field, `${parentId} is below ${id} already`);
    }
    if (present !== null) throw refuseMove("conflict", field, `${id} has a parent group already`);
    if (path.length + 1 + (heights.get(id) ?? 0) > maximumLevels) throw tooDeep(field);
  }
  await attachGroups(trx, { ...wanted, ids }, stamp);
}

/** The parent of a group that has to be in the domain. */
function requireGroup(
  parents: ReadonlyMap<string, string | null>,
  id: string,
  field: string,
): string | null {
  const parentId = parents.get(id);
  if (parentId !== undefined) return parentId;
  throw refuseMove("not_found", field, `there is no group ${id} in this domain`);
}

function refuseMove(
  code: "invalid_state" | "conflict" | "not_found",
  field: string,
  reason: string,
): AppError {
  return new AppError(code, `${field}: ${reason}`, { field });
}

function childField(index: number): string {
  return `children_ids.${index}`;
}

/** The levels below the group that a list of children is asked for, both included. */
function readLevels(start: number, end: number): readonly [number, number] {
  if (end < 0) return [start, maximumLevels];
  if (start > 0 && (end === 0 || end === start)) return [start, start];
  if (start > 0 && start < end) return [start, end];
  throw new AppError("invalid_query", "end_level: must be negative, 0 or above start_level", {
    field: "end_level",
  });
}

function byPath(a: HierarchyItem, b: HierarchyItem): number {
  return (a.path ?? "") < (b.path ?? "") ? -1 : 1;
}

/** Hangs each group under its parent; on top stand those whose parent is not among them. */
function toTree(found: readonly HierarchyItem[]): HierarchyItem[] {
  const nodes = new Map(found.map((group) => [group.id, { ...group }]));
  const roots: HierarchyItem[] = [];
  for (const node of nodes.values()) {
    const parent = nodes.get(node.parent_id ?? "");
    const siblings = parent === undefined ? roots : (parent.children ?? []);
    siblings.push(node);
    if (parent !== undefined) parent.children = siblings;
  }
  return roots;
}
