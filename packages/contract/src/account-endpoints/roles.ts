import { z } from "zod";
import { roleEntry } from "../entity.ts";
import { maximumCount, maximumLength } from "../limits.ts";
import { endpoint } from "../operation.ts";
import { page } from "../page.ts";
import { actionsFilter, id, oneOf, pageQuery, requiredDisplayText, time } from "../wire.ts";

const roleName = requiredDisplayText(maximumLength.roleName);
const anyActions = z.array(z.string()).max(maximumCount.roleActions);
const anyMembers = z.array(id).max(maximumCount.roleMembers);
const actions = anyActions.min(1, { error: "must not be empty" });
const members = anyMembers.min(1, { error: "must not be empty" });

const roleReply = z.object({
  id: z.string(),
  name: z.string(),
  entity_id: id,
  built_in: z.boolean().describe("The admin role that every object is created with"),
  created_by: z.string(),
  created_at: time,
  updated_by: z.string(),
  updated_at: time,
});

/** Roles on objects of one type: `prefix` is the object's path, `collection` that of all of them. */
export function roleEndpoints<
  const Type extends string,
  const Prefix extends string,
  const Collection extends string,
>(type: Type, prefix: Prefix, collection: Collection) {
  const manage = { kind: "role_action", type, action: "manage_role" } as const;
  const look = { kind: "role_action", type, action: "view_role_users" } as const;
  const addPeople = { kind: "role_action", type, action: "add_role_users" } as const;
  const removePeople = { kind: "role_action", type, action: "remove_role_users" } as const;
  const roles = `${prefix}/roles` as const;
  const role = `${roles}/:roleId` as const;
  return [
    endpoint({
      id: `${type}.roles.available_actions` as const,
      method: "GET",
      path: `${collection}/roles/available-actions` as const,
      summary: "List the actions that such a role can allow",
      access: { kind: "session" },
      reply: z.object({ available_actions: z.array(z.string()) }),
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.add` as const,
      method: "POST",
      path: roles,
      summary: "Add a role",
      access: manage,
      body: z.object({
        role_name: roleName,
        optional_actions: anyActions.nullish(),
        optional_members: anyMembers.nullish(),
      }),
      reply: roleReply.extend({
        optional_actions: z.array(z.string()).nullable(),
        optional_members: z.array(z.string()).nullable(),
      }),
      status: 201,
    }),
    endpoint({
      id: `${type}.roles.list` as const,
      method: "GET",
      path: roles,
      summary: "List the roles, oldest first",
      access: look,
      query: pageQuery,
      reply: page("roles", roleReply),
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.remove_members_from_all` as const,
      method: "DELETE",
      path: roles,
      summary: "Remove people from every role here",
      access: removePeople,
      body: z.object({ member_ids: members }),
      takesRightsAway: true,
      status: 204,
    }),
    endpoint({
      id: `${type}.roles.list_all_members` as const,
      method: "GET",
      path: `${roles}/members` as const,
      summary: "List everybody who reaches this object and how",
      access: look,
      query: pageQuery.extend({
        dir: oneOf(["asc", "desc"]).default("desc"),
        order: z.string().optional(),
        role_id: z.string().optional(),
        role_name: z.string().optional(),
        actions: actionsFilter.optional(),
        access_type: z.string().optional(),
        access_provider_id: z.string().optional(),
      }),
      reply: page("members", z.object({ member_id: z.string(), roles: z.array(roleEntry) })),
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.view` as const,
      method: "GET",
      path: role,
      wordParameters: ["roleId"],
      summary: "View a role",
      access: look,
      reply: roleReply,
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.update` as const,
      method: "PUT",
      path: role,
      wordParameters: ["roleId"],
      summary: "Rename a role",
      access: manage,
      body: z.object({ name: roleName }),
      reply: roleReply,
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.remove` as const,
      method: "DELETE",
      path: role,
      wordParameters: ["roleId"],
      summary: "Remove a role",
      access: manage,
      takesRightsAway: true,
      status: 204,
    }),
    endpoint({
      id: `${type}.roles.add_actions` as const,
      method: "POST",
      path: `${role}/actions` as const,
      wordParameters: ["roleId"],
      summary: "Allow more actions",
      access: manage,
      body: z.object({ actions }),
      reply: z.object({ actions: z.array(z.string()) }),
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.list_actions` as const,
      method: "GET",
      path: `${role}/actions` as const,
      wordParameters: ["roleId"],
      summary: "List the role's actions",
      access: look,
      reply: z.object({ actions: z.array(z.string()) }),
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.remove_actions` as const,
      method: "POST",
      path: `${role}/actions/delete` as const,
      wordParameters: ["roleId"],
      summary: "Allow fewer actions",
      access: manage,
      body: z.object({ actions }),
      takesRightsAway: true,
      status: 204,
    }),
    endpoint({
      id: `${type}.roles.remove_all_actions` as const,
      method: "POST",
      path: `${role}/actions/delete-all` as const,
      wordParameters: ["roleId"],
      summary: "Allow no action any more",
      access: manage,
      takesRightsAway: true,
      status: 204,
    }),
    endpoint({
      id: `${type}.roles.add_members` as const,
      method: "POST",
      path: `${role}/members` as const,
      wordParameters: ["roleId"],
      summary: "Give the role to people",
      access: addPeople,
      body: z.object({ members }),
      reply: z.object({ members: z.array(z.string()) }),
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.move_members` as const,
      method: "POST",
      path: `${role}/members/move` as const,
      wordParameters: ["roleId"],
      summary: "Give the role to people instead of the one they have here",
      access: removePeople,
      body: z.object({ members }),
      reply: z.object({ members: z.array(z.string()) }),
      takesRightsAway: true,
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.list_members` as const,
      method: "GET",
      path: `${role}/members` as const,
      wordParameters: ["roleId"],
      summary: "List who has the role",
      access: look,
      query: pageQuery,
      reply: page("members", z.string()),
      status: 200,
    }),
    endpoint({
      id: `${type}.roles.remove_members` as const,
      method: "POST",
      path: `${role}/members/delete` as const,
      wordParameters: ["roleId"],
      summary: "Take the role from people",
      access: removePeople,
      body: z.object({ members }),
      takesRightsAway: true,
      status: 204,
    }),
    endpoint({
      id: `${type}.roles.remove_all_members` as const,
      method: "POST",
      path: `${role}/members/delete-all` as const,
      wordParameters: ["roleId"],
      summary: "Take the role from everybody",
      access: removePeople,
      takesRightsAway: true,
      status: 204,
    }),
  ] as const;
}
