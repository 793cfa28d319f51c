import { z } from "zod";
import { maximumCount } from "./limits.ts";
import { listBodyBytes, type Method, operation } from "./operation.ts";
import { bulk, page } from "./page.ts";
import { id, listQuery, queryBoolean, tags } from "./wire.ts";

/** What the standard rows of an entity type need to know of it. */
export interface StandardShape<
  Type extends string,
  Singular extends string,
  Create extends z.ZodObject,
  Update extends z.ZodObject,
  Reply extends z.ZodObject,
  Created extends z.ZodObject,
  List extends z.ZodObject,
> {
  /** Plural, as in the path: `clients`. */
  readonly type: Type;
  readonly singular: Singular;
  readonly create: Create;
  readonly update: Update;
  readonly reply: Reply;
  /** The reply of a creation; carries what is shown once. */
  readonly created: Created;
  readonly listQuery: List;
  readonly updateMethod: Method;
}

/** The query of the list of any entity type. */
export const entityListQuery = listQuery.extend({
  user: z.string().optional().describe("That user's view of the list; for platform admins"),
});

/** The same of a type whose objects can be in groups. */
export const groupedListQuery = entityListQuery.extend({
  group: z.string().optional().describe("In this group or below it; empty: in no group"),
});

const viewQuery = z.object({
  roles: queryBoolean.default(false).describe("Adds the caller's own ways in"),
});

/** The six operations that every entity type has on its objects, in the user guide's order. */
export function standardOperations<
  const Type extends string,
  const Singular extends string,
  Create extends z.ZodObject,
  Update extends z.ZodObject,
  Reply extends z.ZodObject,
  Created extends z.ZodObject,
  List extends z.ZodObject,
>(shape: StandardShape<Type, Singular, Create, Update, Reply, Created, List>) {
  const rows = standardRows(shape);
  return [
    rows.view,
    rows.update,
    rows.update_tags,
    rows.enable,
    rows.disable,
    rows.delete,
  ] as const;
}

/** The same by their names, for a type that has others between them. */
export function standardRows<
  const Type extends string,
  const Singular extends string,
  Create extends z.ZodObject,
  Update extends z.ZodObject,
  Reply extends z.ZodObject,
  Created extends z.ZodObject,
  List extends z.ZodObject,
>(shape: StandardShape<Type, Singular, Create, Update, Reply, Created, List>) {
  const { type, singular, reply } = shape;
  const path = `/:domainId/${type}/:id` as const;
  return {
    view: operation({
      type,
      name: "view",
      summary: `View a ${singular}`,
      action: "read",
      endpoints: [
        { id: `${type}.view` as const, method: "GET", path, query: viewQuery, reply, status: 200 },
      ],
    }),
    update: operation({
      type,
      name: "update",
      summary: `Update ${singular} information`,
      action: "update",
      endpoints: [
        {
          id: `${type}.update` as const,
          method: shape.updateMethod,
          path,
          body: shape.update,
          reply,
          status: 200,
        },
      ],
    }),
    update_tags: operation({
      type,
      name: "update_tags",
      summary: `Update ${singular} tags`,
      action: "update",
      endpoints: [
        {
          id: `${type}.update_tags` as const,
          method: "PATCH",
          path: `${path}/tags` as const,
          body: z.object({ tags }),
          reply,
          status: 200,
        },
      ],
    }),
    enable: operation({
      type,
      name: "enable",
      summary: `Enable a ${singular}`,
      action: "update",
      endpoints: [
        {
          id: `${type}.enable` as const,
          method: "POST",
          path: `${path}/enable` as const,
          reply,
          status: 200,
        },
      ],
    }),
    disable: operation({
      type,
      name: "disable",
      summary: `Disable a ${singular}`,
      action: "update",
      endpoints: [
        {
          id: `${type}.disable` as const,
          method: "POST",
          path: `${path}/disable` as const,
          reply,
          takesRightsAway: true,
          status: 200,
        },
      ],
    }),
    delete: operation({
      type,
      name: "delete",
      summary: `Delete a ${singular}`,
      action: "delete",
      endpoints: [
        {
          id: `${type}.delete` as const,
          method: "DELETE",
          path,
          takesRightsAway: true,
          status: 204,
        },
      ],
    }),
  };
}

/** The two operations of an entity type whose objects can belong to a group. */
export function parentGroupOperations<const Type extends string, const Singular extends string>(
  type: Type,
  singular: Singular,
) {
  const path = `/:domainId/${type}/:id/parent` as const;
  return [
    operation({
      type,
      name: "set_parent_group",
      summary: `Assign a parent group to a ${singular}`,
      action: "set_parent_group",
      endpoints: [
        {
          id: `${type}.set_parent_group` as const,
          method: "POST",
          path,
          body: z.object({ parent_group_id: id }),
          status: 200,
          alsoNeeds: [
            {
              operation: `groups.set_child_${singular}`,
              on: { from: "body", member: "parent_group_id" },
            },
          ],
        },
      ],
    }),
    operation({
      type,
      name: "remove_parent_group",
      summary: `Remove the parent group from a ${singular}`,
      action: "set_parent_group",
      endpoints: [
        {
          id: `${type}.remove_parent_group` as const,
          method: "DELETE",
          path,
          takesRightsAway: true,
          status: 204,
          alsoNeeds: [
            { operation: `groups.remove_child_${singular}`, on: { from: "current_parent" } },
          ],
        },
      ],
    }),
  ] as const;
}

/** The two operations of a group on members of an entity type; they have no routes of their own. */
export function childOperations<const Type extends string, const Singular extends string>(
  type: Type,
  singular: Singular,
) {
  return [
    operation({
      type: "groups",
      name: `set_child_${singular}` as const,
      summary: `Assign a ${singular} as a child of the group`,
      action: "set_child",
      alsoFiledUnder: [type],
    }),
    operation({
      type: "groups",
      name: `remove_child_${singular}` as const,
      summary: `Remove a ${singular} from the group`,
      action: "set_child",
      alsoFiledUnder: [type],
    }),
  ] as const;
}

/** Creating and listing an entity type, which are operations on the domain. */
export function collectionOperations<
  const Type extends string,
  const Singular extends string,
  Create extends z.ZodObject,
  Update extends z.ZodObject,
  Reply extends z.ZodObject,
  Created extends z.ZodObject,
  List extends z.ZodObject,
>(
  shape: StandardShape<Type, Singular, Create, Update, Reply, Created, List>,
  parent: { readonly member: string; readonly operation: string },
) {
  const { type, singular } = shape;
  const path = `/:domainId/${type}` as const;
  const alsoNeeds = [
    { operation: parent.operation, on: { from: "body", member: parent.member } },
  ] as const;
  return [
    operation({
      type: "domains",
      name: `create_${type}` as const,
      summary: `Create ${type} within the domain`,
      action: `${singular}_create`,
      alsoFiledUnder: [type],
      endpoints: [
        {
          id: `${type}.create` as const,
          method: "POST",
          path,
          summary: `Create a ${singular}`,
          body: shape.create,
          reply: shape.created,
          status: 201,
          alsoNeeds,
        },
        {
          id: `${type}.create_bulk` as const,
          method: "POST",
          path: `${path}/bulk` as const,
          summary: `Create many ${type}: all of them or none`,
          body: z
            .array(shape.create)
            .min(1, { error: "must not be empty" })
            .max(maximumCount.objects)
            .superRefine(refuseTooManyTags),
          maximumBodyBytes: listBodyBytes,
          reply: bulk(type, shape.created),
          status: 200,
          alsoNeeds,
        },
      ],
    }),
    operation({
      type: "domains",
      name: `list_${type}` as const,
      summary: `List ${type} in the domain`,
      action: null,
      alsoFiledUnder: [type],
      endpoints: [
        {
          id: `${type}.list` as const,
          method: "GET",
          path,
          query: shape.listQuery,
          reply: page(type, shape.reply),
          status: 200,
        },
        {
          id: `${type}.list_of_user` as const,
          method: "GET",
          path: `/:domainId/users/:userId/${type}` as const,
          summary: `List the ${type} that a user reaches; for that user and platform admins`,
          query: shape.listQuery,
          reply: page(type, shape.reply),
          status: 200,
        },
      ],
    }),
  ] as const;
}

/** Names the tags of the first object that has more than are left for it. */
function refuseTooManyTags(objects: readonly unknown[], context: z.RefinementCtx): void {
  let count = 0;
  for (const [index, object] of objects.entries()) {
    count += (object as { readonly tags?: readonly string[] }).tags?.length ?? 0;
    if (count <= maximumCount.tagsOfBulk) continue;
    const message = `the objects of one request must have at most ${maximumCount.tagsOfBulk} tags in all`;
    context.addIssue({ code: "custom", path: [index, "tags"], message });
    return;
  }
}
