import { AppError, type Catalogue, scopeText, type Target, toWireScope } from "@tessera/contract";
import { noActions } from "../access/authority.ts";
import { grantableActions } from "../access/grantable-actions.ts";
import { findActionBeyondScopes } from "../access/opened-operations.ts";
import type { Principal, TokenPrincipal } from "../access/principal.ts";
import type { Trx } from "../store/database.ts";
import { findHeldInDomain, findHeldOnObject } from "./held-actions-store.ts";

/** Who gives a role to somebody, or an action to a role; administrators of the platform may give everything. */
type Granter = Pick<Principal, "userId" | "isAdmin">;

/**
 * Throws 403 when somebody would give an action on the object that they do not hold there themselves, or when their
 * token would give one that opens what its scopes do not.
 */
export async function requireMayGrant(
  trx: Trx,
  catalogue: Catalogue,
  granter: Principal,
  target: Target,
  actions: readonly string[],
): Promise<void> {
  if (granter.kind === "token") requireWithinScopes(catalogue, granter, target, actions);
  const lacking = await findActionNotHeld(trx, catalogue, granter, target, actions);
  if (lacking === undefined) return;
  throw new AppError(
    "owner_lacks_permission",
    `You cannot give the action ${lacking}, because you do not hold it here yourself`,
  );
}

function requireWithinScopes(
  catalogue: Catalogue,
  { scopes }: TokenPrincipal,
  { domainId }: Target,
  actions: readonly string[],
): void {
  const beyond = findActionBeyondScopes(catalogue, scopes, domainId, actions);
  if (beyond === undefined) return;
  const { action, missingScope } = beyond;
  if (missingScope === undefined) {
    throw new AppError(
      "session_required",
      `No scope covers the action ${action}: a token cannot give it to anybody; sign in instead`,
    );
  }
  throw new AppError(
    "scope_missing",
    `To give the action ${action}, the token needs the scope ${scopeText(missingScope)} in domain ${domainId}`,
    { missing_scope: toWireScope(missingScope) },
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
  const inDomain = await findHeldInDomain(trx, catalogue, userId, target.domainId);
  if (type === undefined || inDomain?.isMember !== true) return noActions;
  const held = await findHeldOnObject(trx, catalogue, userId, target);
  return grantableActions(catalogue, type, { ...held, domain: inDomain.actions });
}
