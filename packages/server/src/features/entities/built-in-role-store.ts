import type { Trx } from "../../store/change-hub.ts";

/** Objects that are about to be created, and who will be the admin of each. */
export interface BuiltInRoles {
  readonly domainId: string;
  /** `domains` for the domain itself, whose id then is the entity's. */
  readonly entityType: string;
  readonly singular: string;
  readonly userId: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly newId: () => string;
}

/** Gives a new object its `admin` role, which has every action, with the creator as only member; returns the role's id. */
export async function createBuiltInRole(
  trx: Trx,
  role: BuiltInRoles & { readonly entityId: string },
): Promise<string> {
  const [roleId = ""] = await createBuiltInRoles(trx, { ...role, entityIds: [role.entityId] });
  return roleId;
}

/** The same for several objects of one type; returns the ids in their order. At most 1,000 at a time. */
export async function createBuiltInRoles(
  trx: Trx,
  roles: BuiltInRoles & { readonly entityIds: readonly string[] },
): Promise<readonly string[]> {
  const { domainId, entityType, singular, userId, now } = roles;
  const owned = roles.entityIds.map((entityId) => ({
    roleId: newRoleId(singular, roles.newId),
    entityId,
  }));
  await trx
    .insertInto("roles")
    .values(
      owned.map(({ roleId, entityId }) => ({
        id: roleId,
        domain_id: domainId,
        entity_type: entityType,
        entity_id: entityId,
        name: "admin",
        has_all_actions: 1,
        created_by: userId,
        created_at: now,
      })),
    )
    .execute();
  await trx
    .insertInto("role_members")
    .values(
      owned.map(({ roleId, entityId }) => ({
        role_id: roleId,
        user_id: userId,
        domain_id: domainId,
        entity_type: entityType,
        entity_id: entityId,
        created_at: now,
      })),
    )
    .execute();
  return owned.map(({ roleId }) => roleId);
}

/** `client_8x3vb…`: the type's singular and a UUID in base 36. */
export function newRoleId(singular: string, newId: () => string): string {
  return `${singular}_${BigInt(`0x${newId().replaceAll("-", "")}`).toString(36)}`;
}
