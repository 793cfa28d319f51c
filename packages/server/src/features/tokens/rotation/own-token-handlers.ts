import { AppError, type tokenEndpoints, toWireScope, wireTime } from "@tessera/contract";
import type { TokenPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import type { Trx } from "../../../store/database.ts";
import { requireToken } from "../lifecycle/require-token.ts";
import { findTokenWithOwner } from "../lifecycle/token-check-store.ts";
import { endOfToken, inOrder, newestOf } from "../lifecycle/token-reply.ts";
import { statusOf } from "../lifecycle/token-state.ts";
import type { VisibleToken } from "../lifecycle/token-store.ts";
import { readScopes } from "../scopes/scope-store.ts";
import { readRotation } from "./read-rotation.ts";
import { makeSecret } from "./rotation-handlers.ts";
import { settle } from "./secret-states.ts";
import { readSecretsOf } from "./secret-store.ts";

type OwnTokenHandlers = Pick<
  Handlers<(typeof tokenEndpoints)[number]>,
  "tokens.view_self" | "tokens.rotate_self"
>;

/** The handlers of what a token may do about itself. */
export function ownTokenHandlers(deps: Deps): OwnTokenHandlers {
  const { database, hub, clock } = deps;

  return {
    "tokens.view_self": async ({ principal }) => view(database.read, principal),

    "tokens.rotate_self": async ({ body, actor }) =>
      hub.change(actor, async (change) => {
        const { trx, principal } = change;
        const now = clock();
        const token = await requireToken(trx, principal, principal.tokenId);
        const latestEnd = requireRenewable(token, now);
        await requireNotRetiring(trx, principal);
        const plan = readRotation(body, { ...token, latestEnd }, now, deps);
        const secret = await makeSecret(deps, change, token, plan);
        const details = { cutover: plan.cutover };
        change.record({ name: "tokens.rotate_self", entityId: token.id, details });
        return { ...(await view(trx, principal)), secret };
      }),
  };

  async function requireNotRetiring(trx: Trx, { tokenId, secretId }: TokenPrincipal) {
    const secrets = settle(await readSecretsOf(trx, tokenId), clock());
    if (secrets.find(({ id }) => id === secretId)?.state !== "retiring") return;
    throw new AppError("conflict", "This secret is being replaced; rotate with the new one");
  }

  async function view(
    handle: Pick<Trx, "selectFrom">,
    { tokenId, userId, secretId }: TokenPrincipal,
  ) {
    const now = clock();
    const token = await requireToken(handle, { userId }, tokenId);
    const secrets = inOrder(settle(await readSecretsOf(handle, tokenId), now));
    const owner = await findTokenWithOwner(handle, tokenId);
    const scopes = await readScopes(handle, tokenId);
    const newest = newestOf(secrets);
    const times = { revoked_at: token.revoked_at, expires_at: endOfToken(token, secrets) };
    return {
      id: token.id,
      name: token.name,
      status: statusOf(times, now),
      owner: { id: userId, username: owner?.owner_username ?? "" },
      issued_at: wireTime(newest?.created_at ?? token.issued_at),
      expires_at: wireTime(newest?.expires_at ?? token.expires_at),
      self_rotate: token.self_rotate === 1,
      ...(token.self_rotate === 1 ? { renew_until: wireTime(token.renew_until) } : {}),
      secrets: secrets
        .filter(({ ended_at }) => ended_at === null)
        .map(({ id, state, created_at, expires_at, dies_at }) => ({
          id,
          state,
          is_presented: id === secretId,
          created_at: wireTime(created_at),
          expires_at: wireTime(expires_at),
          dies_at: wireTime(dies_at),
        })),
      scopes: scopes.map(toWireScope),
    };
  }
}

/** Until when a secret that the token makes itself may be valid; throws where it may make none. */
function requireRenewable({ self_rotate, renew_until }: VisibleToken, now: number): number {
  if (self_rotate === 0 || renew_until === null) {
    throw new AppError(
      "session_required",
      "The token was not made to rotate itself; its owner can rotate it",
    );
  }
  if (renew_until > now) return renew_until;
  const until = new Date(renew_until).toISOString();
  throw new AppError("conflict", `The token may renew itself until ${until}; its owner can go on`);
}
