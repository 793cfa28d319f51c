import type { Trx } from "../store/database.ts";
import { insertRows } from "../store/insert-rows.ts";

/** What the role of an object that has every action is called. */
export const builtInRoleName = "admin";

export interface NewBuiltInRoles {
  readonly domainId: string;
  readonly entityType: string;
  /** Of the entity type; the ids of its roles begin with it. */
  readonly singular: string;
  readonly userId: string;
  readonly now: number;
  readonly newId: () => string;
}

/** Gives a new object its built-in role, which has every action, with its creator as only member. Returns the role's id. */
export async function createBuiltInRole(
  trx: Trx,
  role: NewBuiltInRoles & { readonly entityId: string },
): Promise<string> {
  const [roleId = ""] = await createBuiltInRoles(trx, { ...role, entityIds: [role.entityId] });
  return roleId;
}

/** Likewise for many new objects of one type at once; the ids are in the order of the objects. */
export async function createBuiltInRoles(
  trx: Trx,
  {
    domainId,
    entityType,
    entityIds,
    singular,
    userId,
    now,
    newId,
  }: NewBuiltInRoles & { readonly entityIds: readonly string[] },
): Promise<readonly string[]> {
  const roles = entityIds.map((entityId) => ({
    id: newRoleId(singular, newId),
    domain_id: domainId,
    entity_type: entityType,
    entity_id: entityId,
  }));
  const rows = roles.map((role) => ({
    ...role,
    name: builtInRoleName,
    has_all_actions: 1 as const,
    created_by: userId,
    created_at: now,
  }));
  const members = roles.map(({ id, ...entity }) => ({
    ...entity,
    role_id: id,
    user_id: userId,
    created_at: now,
  }));
  await insertRows(trx, "roles", rows);
  await insertRows(trx, "role_members", members);
  return roles.map(({ id }) => id);
}

/** `<singular>_<short id>`; the short id is a UUID in base 36. */
export function newRoleId(singular: string, newId: () => string): string {
  return `${singular}_${BigInt(`0x${newId().replaceAll("-", "")}`).toString(36)}`;
}
