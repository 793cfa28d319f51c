import { type EntityType, wireTime } from "@tessera/contract";
import type { Way, WayLevel } from "../rights/way-store.ts";
import type { EntityExtension } from "./entity-extension-store.ts";
import type { ListedEntity } from "./entity-list-store.ts";
import type { EntityRow } from "./entity-store.ts";

/** An object as every reply shows it. */
export function toEntityReply(domainId: string, row: EntityRow, extension: EntityExtension) {
  return {
    id: row.id,
    name: row.name,
    tags: JSON.parse(row.tags) as string[],
    domain_id: domainId,
    parent_group_id: row.parent_id ?? undefined,
    metadata: JSON.parse(row.metadata) as Record<string, unknown>,
    created_at: wireTime(row.created_at),
    created_by: row.created_by ?? undefined,
    updated_at: wireTime(row.updated_at),
    updated_by: row.updated_by ?? undefined,
    status: row.status,
    ...extension.reply?.(row as never),
  };
}

/** How the viewer reaches a listed object. */
export function toAccessMembers(type: EntityType, { access }: ListedEntity): object {
  if (access === undefined) return {};
  const path = access.parentPath.length === 0 ? undefined : access.parentPath.join(".");
  return { parent_group_path: path, ...(access.way && toWayMembers(type, access.way)) };
}

function toWayMembers(type: EntityType, { level, ...way }: Way): object {
  if (level === "direct") {
    const { roleId: role_id, roleName: role_name, actions } = way;
    return { access_type: level, role_id, role_name, actions };
  }
  return {
    access_type: listedLevel(type, level),
    access_provider_id: way.providerId,
    access_provider_role_id: way.roleId,
    access_provider_role_name: way.roleName,
    access_provider_role_actions: way.actions,
  };
}

/** Lists of groups do not tell the parent from the groups above it. */
function listedLevel(type: EntityType, level: WayLevel): string {
  return type.kind === "group" && level !== "domain" ? "indirect" : level;
}

/** One of the ways in that `?roles=true` shows. */
export function toRoleEntry({ level, roleId, roleName, actions, providerId, providerPath }: Way) {
  return {
    role_id: roleId,
    role_name: roleName,
    actions: [...actions],
    access_provider_id: providerId,
    access_provider_path: providerPath.join("."),
    access_type: level,
  };
}
