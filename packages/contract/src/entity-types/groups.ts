import { z } from "zod";
import { entityCreate, entityReply, entityUpdate } from "../entity.ts";
import { type EntityType, roleManagementActions } from "../entity-type.ts";
import { maximumCount, maximumLength } from "../limits.ts";
import { operation } from "../operation.ts";
import { page } from "../page.ts";
import {
  collectionOperations,
  entityListQuery,
  standardOperations,
} from "../standard-operations.ts";
import { displayText, id, listQuery, queryBoolean, requiredName, text } from "../wire.ts";

const description = displayText(maximumLength.groupDescription, "several lines");

const reply = entityReply.extend({
  parent_id: id.optional(),
  description: text(maximumLength.groupDescription).nullable(),
  path: z.string().optional().describe("Ids from the root to this group, joined by dots"),
  level: z.int().optional().describe("The number of ids in `path`"),
});

/** A group in a hierarchy; with `tree=true` its visible descendants hang under it. */
const hierarchyItem = reply.extend({
  get children(): z.ZodOptional<z.ZodArray<typeof hierarchyItem>> {
    return z.array(hierarchyItem).optional();
  },
});

const shape = {
  type: "groups",
  singular: "group",
  create: entityCreate.extend({
    name: requiredName,
    description: description.nullable().default(null),
    parent_id: id.optional(),
  }),
  update: entityUpdate.extend({ description: description.nullish() }),
  reply,
  created: reply,
  listQuery: entityListQuery.extend({
    root_group: queryBoolean.default(false).describe("Only groups without a visible ancestor"),
    group: z.string().optional().describe("Below this group; empty: without a parent"),
  }),
  updateMethod: "PUT",
} as const;

const childrenIds = z.object({
  children_ids: z.array(id).min(1, { error: "must not be empty" }).max(maximumCount.objects),
});
const path = "/:domainId/groups/:id";

export const groupOperations = [
  ...standardOperations(shape),
  operation({
    type: "groups",
    name: "retrieve_group_hierarchy",
    summary: "Retrieve the group hierarchy",
    action: "read",
    endpoints: [
      {
        id: "groups.hierarchy",
        method: "GET",
        path: `${path}/hierarchy`,
        query: z.object({
          level: z
            .int()
            .min(0)
            .max(20)
            .default(0)
            .describe("How many levels above or below the group; 0: all"),
          dir: z.int().optional().describe("≥ 0: ancestors; negative: descendants (default −1)"),
          direction: z.int().optional().describe("Older name of `dir`"),
          tree: queryBoolean.default(false),
        }),
        reply: z.object({
          level: z.int(),
          direction: z.int(),
          groups: z.array(hierarchyItem),
        }),
        status: 200,
      },
    ],
  }),
  operation({
    type: "groups",
    name: "add_parent_group",
    summary: "Assign a parent group",
    action: "set_parent",
    endpoints: [
      {
        id: "groups.add_parent_group",
        method: "POST",
        path: `${path}/parent`,
        body: z.object({ parent_id: id }),
        status: 200,
        alsoNeeds: [
          { operation: "groups.add_children_groups", on: { from: "body", member: "parent_id" } },
        ],
      },
    ],
  }),
  operation({
    type: "groups",
    name: "remove_parent_group",
    summary: "Remove the parent group",
    action: "set_parent",
    endpoints: [
      {
        id: "groups.remove_parent_group",
        method: "DELETE",
        path: `${path}/parent`,
        takesRightsAway: true,
        status: 204,
        alsoNeeds: [{ operation: "groups.remove_children_groups", on: { from: "current_parent" } }],
      },
    ],
  }),
  operation({
    type: "groups",
    name: "add_children_groups",
    summary: "Add child groups",
    action: "set_child",
    endpoints: [
      {
        id: "groups.add_children_groups",
        method: "POST",
        path: `${path}/children`,
        body: childrenIds,
        status: 200,
        alsoNeeds: [
          { operation: "groups.add_parent_group", on: { from: "body", member: "children_ids" } },
        ],
      },
    ],
  }),
  operation({
    type: "groups",
    name: "remove_children_groups",
    summary: "Remove specific child groups",
    action: "set_child",
    endpoints: [
      {
        id: "groups.remove_children_groups",
        method: "DELETE",
        path: `${path}/children`,
        body: childrenIds,
        takesRightsAway: true,
        status: 204,
      },
    ],
  }),
  operation({
    type: "groups",
    name: "remove_all_children_groups",
    summary: "Remove all child groups",
    action: "set_child",
    endpoints: [
      {
        id: "groups.remove_all_children_groups",
        method: "DELETE",
        path: `${path}/children/all`,
        takesRightsAway: true,
        status: 204,
      },
    ],
  }),
  operation({
    type: "groups",
    name: "list_children_groups",
    summary: "List child groups",
    action: "read",
    endpoints: [
      {
        id: "groups.list_children_groups",
        method: "GET",
        path: `${path}/children`,
        query: listQuery.extend({
          start_level: z.int().min(0).default(1).describe("Levels below the group"),
          end_level: z.int().default(0),
        }),
        reply: page("groups", reply),
        status: 200,
      },
    ],
  }),
] as const;

const groupCollectionOperations = collectionOperations(shape, {
  member: "parent_id",
  operation: "groups.add_children_groups",
});

/** Groups hold clients, channels and other groups. */
export const groups = {
  name: "groups",
  singular: "group",
  title: "Groups",
  ownActions: [
    "update",
    "read",
    "membership",
    "delete",
    "set_child",
    "set_parent",
    ...roleManagementActions,
  ],
  operations: groupOperations,
  domainOperations: groupCollectionOperations,
  kind: "group",
} as const satisfies EntityType;
