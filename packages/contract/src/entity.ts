import { z } from "zod";
import { id, metadata, name, newName, status, tags, time } from "./wire.ts";

const actions = z.array(z.string());

/** One way in which a person reaches an entity: the role and where it is held. */
export const roleEntry = z.object({
  role_id: z.string(),
  role_name: z.string(),
  actions,
  access_provider_id: z.string(),
  access_provider_path: z.string(),
  access_type: z.enum(["direct", "direct_group", "indirect_group", "indirect", "domain"]),
});

/** How the caller reaches an entity of a list; absent for platform admins. */
const accessMembers = {
  access_type: z.string().optional(),
  role_id: z.string().optional(),
  role_name: z.string().optional(),
  actions: actions.optional(),
  access_provider_id: z.string().optional(),
  access_provider_role_id: z.string().optional(),
  access_provider_role_name: z.string().optional(),
  access_provider_role_actions: actions.optional(),
};

/** What every entity of a domain shows. */
export const entityReply = z.object({
  id,
  name,
  tags: z.array(z.string()),
  domain_id: id,
  metadata: z.record(z.string(), z.unknown()),
  created_at: time,
  created_by: z.string().optional(),
  updated_at: time,
  updated_by: z.string().optional(),
  status,
  ...accessMembers,
  roles: z.array(roleEntry).optional().describe("The caller's own ways in; with `?roles=true`"),
});

/** What a creation of any entity may carry. */
export const entityCreate = z.object({
  name: newName.default(""),
  tags: tags.default([]),
  metadata: metadata.default({}),
  status: status.default("enabled"),
});

/** What a change of any entity may carry; what is absent stays. */
export const entityUpdate = z.object({
  name: newName.optional(),
  metadata: metadata.optional(),
});
