import { AppError, type tokenEndpoints, wireTime } from "@tessera/contract";
import type { Change } from "../../../changes/change-hub.ts";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import { requireToken } from "../lifecycle/require-token.ts";
import { readExpiry } from "../lifecycle/token-lifetime.ts";
import { tokenReplies, withTries } from "../lifecycle/token-reply.ts";
import { mintToken } from "../lifecycle/token-secret.ts";
import { statusOf } from "../lifecycle/token-state.ts";
import { updateToken, type VisibleToken } from "../lifecycle/token-store.ts";
import type { UsageReading } from "../usage/usage-reading.ts";
import { changeSecrets } from "./change-secrets.ts";
import { readRotation } from "./read-rotation.ts";
import { cancel, extend, type RotationPlan, rotate } from "./rotation-steps.ts";
import { liveOf } from "./secret-states.ts";

type RotationHandlers = Pick<
  Handlers<(typeof tokenEndpoints)[number]>,
  "tokens.regenerate" | "tokens.extend" | "tokens.rotate" | "tokens.cancel_rotation"
>;

/** The handlers of new secrets for the caller's own tokens. */
export function rotationHandlers(deps: Deps, usage: UsageReading): RotationHandlers {
  const { config, hub, clock } = deps;
  const toReply = tokenReplies(deps, usage);

  return {
    "tokens.regenerate": async ({ params: { tokenId }, body, principal, actor }) => {
      const expiresAt = readExpiry(config, body, clock());
      const plan: RotationPlan = { cutover: "now", overlap: 0, linger: 0, expiresAt };
      return hub.change(actor, async (change) => {
        const token = await requireToken(change.trx, principal, tokenId);
        const secret = await giveNewSecret(change, token, plan);
        change.record({ name: "tokens.regenerate", entityId: tokenId });
        return { ...(await reply(change, token)), secret };
      });
    },

    "tokens.extend": async ({ params: { tokenId }, body, principal, actor }) =>
      hub.change(actor, async (change) => {
        const { trx, record } = change;
        const now = clock();
        const token = await requireToken(trx, principal, tokenId);
        if (statusOf(token, now) !== "active") {
          throw new AppError("conflict", "The token has ended; regenerate it instead");
        }
        const { after } = await changeSecrets(change, token, now, (settled) =>
          extend(settled, ({ created_at }) => readExpiry(config, body, now, created_at)),
        );
        const expiresAt = liveOf(after)?.expires_at ?? token.expires_at;
        await updateToken(trx, token.user_id, tokenId, {
          ...renewingUntil(token, expiresAt),
          updated_at: now,
        });
        const details = { expires_at: wireTime(expiresAt) };
        record({ name: "tokens.extend", entityId: tokenId, details });
        return reply(change, token);
      }),

    "tokens.rotate": async ({ params: { tokenId }, body, principal, actor }) =>
      hub.change(actor, async (change) => {
        const token = await requireToken(change.trx, principal, tokenId);
        const plan = readRotation(body, { ...token, latestEnd: null }, clock(), deps);
        const secret = await giveNewSecret(change, token, plan);
        const details = { cutover: plan.cutover };
        change.record({ name: "tokens.rotate", entityId: tokenId, details });
        return { ...(await reply(change, token)), secret };
      }),

    "tokens.cancel_rotation": async ({ params: { tokenId }, principal, actor }) =>
      hub.change(actor, async (change) => {
        const now = clock();
        const token = await requireToken(change.trx, principal, tokenId);
        await changeSecrets(change, token, now, (settled) => cancel(settled, now));
        await updateToken(change.trx, token.user_id, tokenId, { updated_at: now });
        change.record({ name: "tokens.cancel_rotation", entityId: tokenId });
        return reply(change, token);
      }),
  };

  async function giveNewSecret(
    change: Change,
    token: VisibleToken,
    plan: RotationPlan,
  ): Promise<string> {
    return makeSecret(deps, change, token, plan, {
      ...(plan.cutover === "now" ? { revoked_at: null, is_restorable: 0 } : {}),
      ...renewingUntil(token, plan.expiresAt),
    });
  }

  async function reply({ trx }: Pick<Change, "trx">, { id, user_id }: VisibleToken) {
    const token = await requireToken(trx, { userId: user_id }, id);
    return toReply(await withTries(trx, token), clock());
  }
}

/** A person may renew a token beyond what it may do itself, and what it may goes along. */
function renewingUntil({ self_rotate, renew_until }: VisibleToken, expiresAt: number) {
  return self_rotate === 1 ? { renew_until: Math.max(renew_until ?? 0, expiresAt) } : {};
}

/** Makes a secret for the token and rotates to it; returns its text. Throws `conflict` where that cannot be. */
export async function makeSecret(
  deps: Pick<Deps, "config" | "keys" | "randomBytes" | "newId" | "clock">,
  change: Pick<Change, "trx" | "touch" | "record">,
  token: VisibleToken,
  plan: RotationPlan,
  alsoChanged: Parameters<typeof updateToken>[3] = {},
): Promise<string> {
  const now = deps.clock();
  const status = statusOf(token, now);
  if (plan.cutover !== "now" && status !== "active") {
    throw new AppError(
      "conflict",
      `The token ${status === "expired" ? "has expired" : "is revoked"}; cut over now instead`,
    );
  }
  const { text, ...rest } = mintToken(token.id, deps);
  const minted = { ...rest, id: deps.newId() };
  await changeSecrets(change, token, now, (settled) => rotate(settled, minted, plan, now));
  await updateToken(change.trx, token.user_id, token.id, { ...alsoChanged, updated_at: now });
  return text;
}
