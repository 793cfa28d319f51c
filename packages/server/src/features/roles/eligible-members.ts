import { AppError, type Target } from "@tessera/contract";
import { findRoleHolders, findUserStatuses } from "../../rights/role-member-store.ts";
import type { Trx } from "../../store/database.ts";

/**
 * Throws unless each of these people may get a role on the object: 400 for who is no enabled user
 * or, on an object within a domain, no member of that domain; 409 for who has a role on the object already.
 */
export async function requireEligible(
  trx: Trx,
  target: Target,
  userIds: readonly string[],
  member: string,
): Promise<void> {
  const { domainId } = target;
  const isDomain = target.entityType === "domains";
  const statuses = await findUserStatuses(trx, userIds);
  const holders = await findRoleHolders(trx, target, userIds);
  const inDomain = isDomain
    ? undefined
    : await findRoleHolders(trx, { domainId, entityType: "domains", entityId: domainId }, userIds);
  for (const [index, userId] of userIds.entries()) {
    const field = `${member}.${index}`;
    const refuse = (code: "invalid_body" | "already_exists", why: string) =>
      new AppError(code, `${field}: ${userId} ${why}`, { field });
    // Whether there is such a user at all, who is disabled, is nothing for whoever manages a role.
    if (statuses.get(userId) !== "enabled") throw refuse("invalid_body", "is no enabled user");
    if (inDomain?.has(userId) === false) throw refuse("invalid_body", "is no member of the domain");
    if (holders.has(userId)) throw refuse("already_exists", "has a role here already");
  }
}

/** Throws 409 unless each of these people has a role on the object. */
export async function requireHolders(
  trx: Trx,
  target: Target,
  userIds: readonly string[],
  member: string,
): Promise<void> {
  const holders = await findRoleHolders(trx, target, userIds);
  const index = userIds.findIndex((userId) => !holders.has(userId));
  if (index === -1) return;
  const field = `${member}.${index}`;
  throw new AppError("conflict", `${field}: ${userIds[index]} has no role here`, { field });
}
