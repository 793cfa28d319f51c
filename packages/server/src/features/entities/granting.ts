import { AppError, type Catalogue, type Target } from "@tessera/contract";
import { noActions } from "../../access/authority.ts";
import { grantableActions } from "../../access/grantable-actions.ts";
import type { Trx } from "../../store/change-hub.ts";
import { findDomainGrants, findObjectGrants } from "./held-actions-store.ts";

/** Who gives a role to somebody, or an action to a role. */
export interface Granter {
  readonly userId: string;
  /** Of the platform: may give everything. */
  readonly isAdmin: boolean;
}

/** Throws 403 when somebody would give an action on the object that they do not hold there themselves. */
export async function requireMayGrant(
  trx: Trx,
  catalogue: Catalogue,
  granter: Granter,
  target: Target,
  actions: readonly string[],
): Promise<void> {
  const lacking = await findActionNotHeld(trx, catalogue, granter, target, actions);
  if (lacking === undefined) return;
  throw new AppError(
    "owner_lacks_permission",
    `You cannot give the action ${lacking}, because you do not hold it here yourself`,
  );
}

/** The first of the actions that the granter may not give on the object. */
export async function findActionNotHeld(
  trx: Trx,
  catalogue: Catalogue,
  granter: Granter,
  target: Target,
  actions: readonly string[],
): Promise<string | undefined> {
  if (granter.isAdmin || actions.length === 0) return undefined;
  const grantable = await findGrantableActions(trx, catalogue, granter.userId, target);
  return actions.find((action) => !grantable.has(action));
}

async function findGrantableActions(
  trx: Trx,
  catalogue: Catalogue,
  userId: string,
  target: Target,
): Promise<ReadonlySet<string>> {
  const type = catalogue.findEntityType(target.entityType);
  const inDomain = await findDomainGrants(trx, catalogue, userId, target.domainId);
  if (type === undefined || inDomain?.isMember !== true) return noActions;
  const held = await findObjectGrants(trx, catalogue, userId, target);
  return grantableActions(catalogue, type, { ...held, domain: inDomain.actions });
}
