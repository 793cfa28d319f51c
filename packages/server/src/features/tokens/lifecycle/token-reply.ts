import { type ReplyOf, type tokenEndpoints, wireTime } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import type { Trx } from "../../../store/database.ts";
import { readStoredConditions } from "../conditions/compile-conditions.ts";
import { endOf, settle } from "../rotation/secret-states.ts";
import { readSecrets, readSecretsOf, type StoredSecret } from "../rotation/secret-store.ts";
import { readTries } from "../usage/secret-use-store.ts";
import { lastRefusalReply, type UsageReading } from "../usage/usage-reading.ts";
import type { SecretTries } from "../usage/usage-store.ts";
import { startOfToken } from "./token-secret.ts";
import { isRestorable, statusOf } from "./token-state.ts";
import type { VisibleToken } from "./token-store.ts";

type TokenReply = ReplyOf<Extract<(typeof tokenEndpoints)[number], { readonly id: "tokens.view" }>>;

/** All that is told of a token. */
export interface ShownToken {
  readonly token: VisibleToken;
  readonly secrets: readonly StoredSecret[];
  /** Absent in lists. */
  readonly tries?: readonly SecretTries[];
}

/** The tokens of a list, in their order, with their secrets. */
export async function withSecrets(
  handle: Pick<Trx, "selectFrom">,
  tokens: readonly VisibleToken[],
): Promise<readonly ShownToken[]> {
  const secrets = await readSecrets(
    handle,
    tokens.map(({ id }) => id),
  );
  return tokens.map((token) => ({ token, secrets: secrets.get(token.id) ?? [] }));
}

/** One token with its secrets, and from where those that work no more are tried. */
export async function withTries(
  handle: Pick<Trx, "selectFrom">,
  token: VisibleToken,
): Promise<ShownToken> {
  const secrets = await readSecretsOf(handle, token.id);
  return { token, secrets, tries: await readTries(handle, token.id) };
}

/** Tells the owner of a token what it is now, with what is counted and not written down yet. */
export function tokenReplies(
  deps: Pick<Deps, "config">,
  usage: UsageReading,
): (shown: ShownToken, now: number) => TokenReply {
  return (shown, now) => ({
    ...toReply(shown, usage, now),
    starts_with: startOfToken(shown.token.id, deps),
  });
}

function toReply(
  { token: stored, ...shown }: ShownToken,
  usage: UsageReading,
  now: number,
): Omit<TokenReply, "starts_with"> {
  const token = usage.withPending(stored);
  const secrets = inOrder(settle(usage.secretsWithPending(token.id, shown.secrets), now));
  const tries = shown.tries === undefined ? [] : usage.triesWithPending(token.id, shown.tries);
  const times = { revoked_at: token.revoked_at, expires_at: endOfToken(token, secrets) };
  const state = { ...times, is_restorable: token.is_restorable };
  const status = statusOf(times, now);
  const lastRefusal = lastRefusalReply(token);
  const newest = newestOf(secrets);
  return {
    id: token.id,
    user_id: token.user_id,
    name: token.name,
    description: token.description,
    status,
    ...(status === "revoked" ? { revoked: true } : {}),
    ...(isRestorable(state, now) ? { restorable: true } : {}),
    issued_at: wireTime(newest?.created_at ?? token.issued_at),
    expires_at: wireTime(newest?.expires_at ?? token.expires_at),
    updated_at: wireTime(token.updated_at),
    last_used_at: wireTime(token.last_used_at),
    revoked_at: wireTime(token.revoked_at),
    last_used_address: token.last_used_address ?? "",
    use_count: token.use_count,
    refused_count: token.refused_count,
    ...(lastRefusal === undefined ? {} : { last_refusal: lastRefusal }),
    scopes_count: token.scopes_count,
    ends_with: newest?.ending ?? "",
    secrets: secrets.map((secret) => toSecretReply(secret, tries)),
    ...(token.self_rotate === 1
      ? { self_rotate: true, renew_until: wireTime(token.renew_until) }
      : {}),
    on_retired_use: token.on_retired_use,
    ...conditionsReply(token),
  };
}

function conditionsReply({
  conditions: stored,
  uses_reserved,
}: Pick<VisibleToken, "conditions" | "uses_reserved">) {
  const conditions = readStoredConditions(stored);
  if (conditions === undefined) return {};
  if (conditions.max_uses === undefined) return { conditions };
  return { conditions, uses_reserved: uses_reserved ?? 0 };
}

/** When the last of the secrets that work ends. */
export function endOfToken(
  { expires_at }: Pick<VisibleToken, "expires_at">,
  settled: readonly StoredSecret[],
): number {
  const working = settled.filter(({ ended_at }) => ended_at === null);
  return working.length === 0 ? expires_at : Math.max(...working.map(endOf));
}

/** The newest secret that works. */
export function newestOf(settled: readonly StoredSecret[]): StoredSecret | undefined {
  return inOrder(settled.filter(({ ended_at }) => ended_at === null)).at(-1);
}

const order = ["retired", "discarded", "retiring", "live", "pending"];

/** The oldest first; of those that were made in the same millisecond the one that was replaced first. */
export function inOrder(settled: readonly StoredSecret[]): readonly StoredSecret[] {
  return settled.toSorted(
    (one, other) =>
      one.created_at - other.created_at || order.indexOf(one.state) - order.indexOf(other.state),
  );
}

function toSecretReply(secret: StoredSecret, tries: readonly SecretTries[]) {
  const own = tries.filter(({ secretId }) => secretId === secret.id);
  return {
    id: secret.id,
    state: secret.state,
    created_at: wireTime(secret.created_at),
    expires_at: wireTime(secret.expires_at),
    first_used_at: wireTime(secret.first_used_at),
    last_used_at: wireTime(secret.last_used_at),
    last_used_address: secret.last_used_address ?? "",
    dies_at: wireTime(secret.ended_at ?? secret.dies_at),
    ends_with: secret.ending ?? "",
    ...(own.length === 0
      ? {}
      : {
          tries: own.map(({ address, count, firstAt, lastAt }) => ({
            address,
            tries: count,
            first_tried_at: wireTime(firstAt),
            last_tried_at: wireTime(lastAt),
          })),
        }),
  };
}
