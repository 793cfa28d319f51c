import { z } from "zod";
import { auditPage, auditQuery, auditStreamTypes } from "../audit-records.ts";
import { roleEntry } from "../entity.ts";
import { type EntityType, roleManagementActions } from "../entity-type.ts";
import { operation } from "../operation.ts";
import { page } from "../page.ts";
import {
  id,
  listQuery,
  metadata,
  name,
  newName,
  oneOf,
  pageQuery,
  queryBoolean,
  requiredName,
  tags,
  time,
} from "../wire.ts";
import { route } from "./channels.ts";

const reply = z.object({
  id,
  name,
  route: z.string(),
  tags: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  status: oneOf(["enabled", "disabled", "freezed", "deleted"]),
  role_id: z.string().optional(),
  role_name: z.string().optional(),
  actions: z.array(z.string()).optional(),
  member_id: z.string().optional(),
  roles: z.array(roleEntry).optional(),
  created_by: z.string(),
  created_at: time,
  updated_by: z.string().optional(),
  updated_at: time,
});

/** An invitation as every list shows it. */
export const invitationReply = z.object({
  invited_by: z.string(),
  invitee_user_id: z.string(),
  domain_id: id,
  domain_name: z.string(),
  role_id: z.string(),
  role_name: z.string(),
  created_at: time,
  updated_at: time,
  confirmed_at: time,
  rejected_at: time,
});

const invitationsQuery = pageQuery.extend({
  state: oneOf(["pending", "accepted", "rejected", "all"]).default("all"),
  invitee_user_id: z.string().optional(),
  invited_by: z.string().optional(),
  role_id: z.string().optional(),
  only_total: queryBoolean.default(false),
});

const invitationsPage = page("invitations", invitationReply);

const domainListQuery = listQuery.extend({
  status: oneOf(["enabled", "disabled", "freezed", "deleted", "all"]).default("enabled"),
});

export const domainOperations = [
  operation({
    type: "domains",
    name: "create",
    summary: "Create a new domain",
    action: null,
    endpoints: [
      {
        id: "domains.create",
        method: "POST",
        path: "/domains",
        body: z.object({
          id: id.optional().describe("Administrators of the platform only; else it is made"),
          name: requiredName,
          route: z
            .union([route, id])
            .describe(
              "Unique on this server in letters of any case; a UUID only if it is the domain's own id; cannot be changed",
            ),
          tags: tags.default([]),
          metadata: metadata.default({}),
        }),
        reply,
        status: 201,
        on: { from: "any_domain" },
      },
    ],
  }),
  operation({
    type: "domains",
    name: "update",
    summary: "Update domain information",
    action: "update",
    endpoints: [
      {
        id: "domains.update",
        method: "PATCH",
        path: "/domains/:domainId",
        body: z.object({
          name: newName.optional(),
          metadata: metadata.optional(),
          tags: tags.optional(),
        }),
        reply,
        status: 200,
      },
    ],
  }),
  operation({
    type: "domains",
    name: "read",
    summary: "Read domain details",
    action: "read",
    worksInDisabledDomain: true,
    endpoints: [
      {
        id: "domains.view",
        method: "GET",
        path: "/domains/:domainId",
        query: z.object({ roles: queryBoolean.default(false) }),
        reply,
        status: 200,
      },
    ],
  }),
  operation({
    type: "domains",
    name: "enable",
    summary: "Enable the domain",
    action: "enable",
    worksInDisabledDomain: true,
    endpoints: [
      { id: "domains.enable", method: "POST", path: "/domains/:domainId/enable", status: 200 },
    ],
  }),
  operation({
    type: "domains",
    name: "disable",
    summary: "Disable the domain",
    action: "disable",
    worksInDisabledDomain: true,
    endpoints: [
      {
        id: "domains.disable",
        method: "POST",
        path: "/domains/:domainId/disable",
        takesRightsAway: true,
        status: 200,
      },
    ],
  }),
  operation({
    type: "domains",
    name: "list",
    summary: "List domains",
    action: null,
    worksInDisabledDomain: true,
    endpoints: [
      {
        id: "domains.list",
        method: "GET",
        path: "/domains",
        query: domainListQuery,
        reply: page("domains", reply),
        status: 200,
        on: { from: "own_domains" },
      },
      {
        id: "domains.list_of_user",
        method: "GET",
        path: "/users/:userId/domains",
        summary: "List the domains of a user; for that user and platform admins",
        query: domainListQuery,
        reply: page("domains", reply),
        status: 200,
        on: { from: "own_domains" },
      },
    ],
  }),
  operation({
    type: "domains",
    name: "send_invitation",
    summary: "Send a domain invitation",
    action: "manage_role",
    endpoints: [
      {
        id: "invitations.send",
        method: "POST",
        path: "/domains/:domainId/invitations",
        body: z.object({
          invitee_user_id: id,
          role_id: z.string().min(1, { error: "must not be empty" }),
          resend: z.boolean().default(false),
        }),
        status: 201,
      },
    ],
  }),
  operation({
    type: "domains",
    name: "list_invitation",
    summary: "List invitations sent by the user",
    action: null,
    worksInDisabledDomain: true,
    endpoints: [
      {
        id: "invitations.list",
        method: "GET",
        path: "/invitations",
        summary:
          "List the caller's invitations: the received ones, or with `direction=sent` the sent ones",
        query: invitationsQuery.extend({
          domain_id: z.string().optional(),
          direction: oneOf(["received", "sent"]).default("received"),
        }),
        reply: invitationsPage,
        status: 200,
        on: { from: "own_domains" },
      },
    ],
  }),
  operation({
    type: "domains",
    name: "list_domain_invitation",
    summary: "List all invitations for the domain",
    action: "manage_role",
    endpoints: [
      {
        id: "invitations.list_of_domain",
        method: "GET",
        path: "/domains/:domainId/invitations",
        query: invitationsQuery,
        reply: invitationsPage,
        status: 200,
      },
    ],
  }),
  operation({
    type: "domains",
    name: "delete_invitation",
    summary: "Delete a domain invitation",
    action: "manage_role",
    endpoints: [
      {
        id: "invitations.delete",
        method: "DELETE",
        path: "/domains/:domainId/invitations",
        body: z.object({ user_id: id }),
        takesRightsAway: true,
        status: 204,
        unlessSelf: "user_id",
      },
    ],
  }),
  operation({
    type: "domains",
    name: "view_audit",
    summary: "View what was done and refused in the domain",
    // Whoever gives rights in the domain may see what became of them.
    action: "manage_role",
    isOwn: true,
    worksInDisabledDomain: true,
    endpoints: [
      {
        id: "audit.list_of_domain",
        method: "GET",
        path: "/:domainId/audit",
        summary: "What was done and refused in the domain, newest first; with `format` as a stream",
        query: auditQuery,
        reply: auditPage,
        streamTypes: auditStreamTypes,
        status: 200,
      },
    ],
  }),
] as const;

/** The tenants: everything else lives in one. */
export const domains = {
  name: "domains",
  singular: "domain",
  title: "Domain",
  ownActions: ["update", "enable", "disable", "read", "delete", ...roleManagementActions],
  operations: domainOperations,
  domainOperations: [],
  kind: "domain",
} as const satisfies EntityType;

/** Having all of these in a domain makes one its admin. */
export const domainAdminActions: readonly string[] = domains.ownActions;
