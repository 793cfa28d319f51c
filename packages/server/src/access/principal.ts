import type { CompiledConditions } from "./compiled-conditions.ts";
import type { CompiledScopes } from "./compiled-scopes.ts";

interface SignedInUser {
  readonly userId: string;
  /** Platform administrators pass every check of the owner's rights. */
  readonly isAdmin: boolean;
  /** Integer milliseconds since the epoch; from then on the principal is nobody. */
  readonly expiresAt: number;
}

/** A person who has signed in. */
export interface SessionPrincipal extends SignedInUser {
  readonly kind: "session";
  readonly sessionId: string;
  /** When the password was last given in it; integer milliseconds since the epoch. */
  readonly confirmedAt: number;
  /** Whether the email address is to be proven before anything else is done. */
  readonly mustVerify?: boolean;
}

/** A personal access token; `userId` and `isAdmin` are its owner's. */
export interface TokenPrincipal extends SignedInUser {
  readonly kind: "token";
  readonly tokenId: string;
  /** Of the secret that was presented. */
  readonly secretId: string;
  readonly secretDigest: string;
  /** Whether nobody has used the secret yet, and something hangs on that: then a use is written down before it is answered. */
  readonly awaitsFirstUse?: boolean;
  readonly scopes: CompiledScopes;
  /** Where, when and how often it works; `undefined`: that does not matter. */
  readonly conditions?: CompiledConditions | undefined;
  /** Headers of every reply to it: when its secret ends. */
  readonly replyHeaders: Readonly<Record<string, string>>;
}

export type Principal = SessionPrincipal | TokenPrincipal;
