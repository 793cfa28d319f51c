import { AppError } from "@tessera/contract";
import { compileScopes } from "../../../access/compiled-scopes.ts";
import type { TokenPrincipal } from "../../../access/principal.ts";
import { remember } from "../../../changes/remembered.ts";
import type { Deps } from "../../../deps.ts";
import { RefusedCredential } from "../../../http/refused-credential.ts";
import { compileStored } from "../conditions/compile-conditions.ts";
import { awaitsFirstUse, endOf, settle, unusedEndOf } from "../rotation/secret-states.ts";
import { type EndedSecret, readEndedSecrets } from "../rotation/secret-store.ts";
import type { StoredScope } from "../scopes/scope-set.ts";
import { readScopes } from "../scopes/scope-store.ts";
import { replyHeadersOf } from "./reply-headers.ts";
import {
  findTokenForCheck,
  prepareTokenRead,
  type SecretForCheck,
  type TokenForCheck,
} from "./token-check-store.ts";
import { findPresentedSecret, readTokenId } from "./token-secret.ts";
import { refusalOf } from "./token-state.ts";

/** Of ids that were presented in vain; few enough that a flood of different ones takes no memory to speak of. */
export const maximumRefusedIds = 10_000;
const refusedForMilliseconds = 60_000;

interface LookedUp {
  readonly stored: TokenForCheck | undefined;
  /** Read only where none that works was presented. */
  readonly ended: readonly EndedSecret[];
  readonly isProven: boolean;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** A token, with the one of its secrets that was presented; all of them as they are now. */
interface ProvenToken {
  readonly token: TokenForCheck;
  readonly secret: SecretForCheck;
}

/** Hears of secrets that are shown. */
export interface SecretUses {
  /** A secret that works no more was shown. */
  endedShown(
    token: TokenForCheck,
    secret: Pick<EndedSecret, "id" | "state">,
    address: string,
  ): Promise<void>;
  /** A secret that works was shown, and is stored under a key that is not the present one. */
  shownUnderOldKey(tokenId: string, secret: SecretForCheck, text: string): void;
}

/**
 * Returns the function that proves a personal access token, shown from an address.
 * It throws 401; why, only to someone who presented a right secret.
 */
export function createIdentifyToken(
  deps: Deps,
  uses: SecretUses,
): (text: string, address: string) => Promise<TokenPrincipal> {
  const prove = createProof(deps, uses);
  return async (text, address) => {
    const proven = await prove(text, address);
    requireGood(proven, deps.clock());
    const scopes = await readScopes(deps.database.read, proven.token.id);
    const { token, secret } = proven;
    // To be shown is not to be used: whether it is, the conditions of the token decide with each request.
    return awaitsFirstUse(secret, token.secrets, deps.clock())
      ? { ...toPrincipal(proven, scopes), awaitsFirstUse: true, expiresAt: unusedEndOf(secret) }
      : toPrincipal(proven, scopes);
  };
}

/** The same for whoever holds a secret that works, whatever state the token is in: a principal that may do nothing. */
export function createIdentifyHolder(
  deps: Deps,
  uses: SecretUses,
): (text: string, address: string) => Promise<TokenPrincipal> {
  const prove = createProof(deps, uses);
  return async (text, address) => toPrincipal(await prove(text, address), []);
}

/** Finds the token of the text; throws 401 unless the secret is right, and is none that was replaced. */
function createProof(
  deps: Deps,
  uses: SecretUses,
): (text: string, address: string) => Promise<ProvenToken> {
  const readToken = prepareTokenRead(deps.database);
  const { database, hub, clock, keys } = deps;
  /** What was found for texts that proved nothing: neither guessing ids nor guessing secrets is a flood of reads. */
  const refused = remember<LookedUp>(hub, {
    maximumEntries: maximumRefusedIds,
    keysOf: ({ stored }, tokenId) => [
      { kind: "token", id: tokenId },
      ...(stored === undefined ? [] : [{ kind: "user", id: stored.user_id } as const]),
    ],
    isWorthIt: ({ isProven }) => !isProven,
  });

  const lookUp = async (tokenId: string, text: string): Promise<LookedUp> => {
    const stored = await readToken(tokenId);
    await knowKeysOf(stored?.secrets ?? []);
    const isProven =
      stored !== undefined && findPresentedSecret(text, stored.secrets, deps) !== undefined;
    const isKnown = stored !== undefined && !isProven;
    const ended = isKnown ? await readEndedSecrets(database.read, tokenId) : [];
    await knowKeysOf(ended);
    return { stored, ended, isProven, until: clock() + refusedForMilliseconds };
  };

  const knowKeysOf = async (secrets: readonly Pick<SecretForCheck, "key_version">[]) => {
    const isNew = ({ key_version }: (typeof secrets)[number]) =>
      keys.standing(key_version) === "unknown";
    if (secrets.some(isNew)) await keys.know(...secrets.map(({ key_version }) => key_version));
  };

  return async (text, address) => {
    const tokenId = readTokenId(text, deps);
    if (tokenId === undefined) throw new AppError("unauthenticated");
    const known = refused.peek(tokenId);
    const { stored, ended } =
      known !== undefined && known.until > clock()
        ? known
        : await refused.load(tokenId, () => lookUp(tokenId, text));
    if (stored === undefined) throw new AppError("unauthenticated");
    const proven = atTime(stored, clock());
    const secret = findPresentedSecret(text, proven.secrets, deps);
    if (secret !== undefined && secret.ended_at === null) {
      if (secret.key_version !== keys.version) uses.shownUnderOldKey(tokenId, secret, text);
      return { token: proven, secret };
    }
    const endedSecret = secret ?? findPresentedSecret(text, ended, deps);
    if (endedSecret === undefined) {
      const holder = { ...holderOf(stored), isProven: false };
      throw new RefusedCredential("unauthenticated", holder, { because: "wrong_secret" });
    }
    await uses.endedShown(proven, endedSecret, address);
    throw new RefusedCredential("secret_rotated", holderOf(stored));
  };
}

/** The secret that proved a token: by its id, as its digest becomes another one with the key; or by what was kept of it. */
type Presented = Pick<TokenPrincipal, "tokenId"> &
  (Pick<TokenPrincipal, "secretId"> | { readonly secretDigest: string });

/** The token, once proved, as the transaction reads it; throws 401 where it is no longer good. */
export async function identifyTokenAgain(
  trx: Parameters<typeof findTokenForCheck>[0],
  presented: Presented,
  now: number,
): Promise<TokenPrincipal> {
  const proven = await requireSameSecret(trx, presented, now);
  requireGood(proven, now);
  return toPrincipal(proven, await readScopes(trx, presented.tokenId));
}

/** The token, once its secret was proved, while that secret works; throws 401 where it has others. */
export async function identifyHolderAgain(
  trx: Parameters<typeof findTokenForCheck>[0],
  presented: TokenPrincipal,
  now: number,
): Promise<TokenPrincipal> {
  return toPrincipal(await requireSameSecret(trx, presented, now), []);
}

async function requireSameSecret(
  trx: Parameters<typeof findTokenForCheck>[0],
  { tokenId, ...secretOf }: Presented,
  now: number,
): Promise<ProvenToken> {
  const stored = await findTokenForCheck(trx, tokenId);
  if (stored === undefined) throw new AppError("unauthenticated");
  const token = atTime(stored, now);
  const secret = token.secrets.find(({ id, digest }) =>
    "secretId" in secretOf ? id === secretOf.secretId : digest === secretOf.secretDigest,
  );
  // It was good when it was presented: one that is not there any more was replaced since.
  if (secret === undefined || secret.ended_at !== null) {
    throw new RefusedCredential("secret_rotated", holderOf(stored));
  }
  return { token, secret };
}

function atTime(token: TokenForCheck, now: number): TokenForCheck {
  return { ...token, secrets: settle(token.secrets, now) };
}

function requireGood({ token, secret }: ProvenToken, now: number): void {
  // Its tokens are revoked with it, and whoever has one is told of the cause.
  if (token.owner_status !== "enabled") {
    throw new RefusedCredential("owner_disabled", holderOf(token));
  }
  const refusal = refusalOf({ ...token, expires_at: secret.expires_at }, now);
  if (refusal !== undefined) throw new RefusedCredential(refusal, holderOf(token));
}

function holderOf({ id, user_id: userId }: TokenForCheck) {
  return { kind: "token", id, userId, isProven: true } as const;
}

function toPrincipal(
  { token, secret }: ProvenToken,
  scopes: readonly StoredScope[],
): TokenPrincipal {
  return {
    kind: "token",
    userId: token.user_id,
    isAdmin: token.owner_role === "admin",
    tokenId: token.id,
    secretId: secret.id,
    secretDigest: secret.digest,
    expiresAt: endOf(secret),
    replyHeaders: replyHeadersOf(secret),
    scopes: compileScopes(scopes),
    conditions: compileStored(token.conditions),
  };
}
