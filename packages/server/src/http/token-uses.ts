import { AppError, type ErrorCode } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import type { SessionPrincipal, TokenPrincipal } from "../access/principal.ts";
import { addressOf } from "./address-of.ts";
import { noTarget, RefusedError, type Use } from "./guard.ts";
import { type HiddenReason, type KnownHolder, RefusedCredential } from "./refused-credential.ts";

/** What a token was refused. */
export interface RefusedUse extends Pick<Use, "operation" | "target"> {
  readonly because: ErrorCode | HiddenReason;
}

/** The codes of refusals for want of a scope, a right or a condition; being used too often is none. */
const rightCodes: ReadonlySet<ErrorCode> = new Set([
  "scope_missing",
  "owner_lacks_permission",
  "session_required",
  "domain_disabled",
  "not_yet_valid",
  "condition_time",
  "condition_address",
  "token_exhausted",
]);

/** Hears of each request once, when its end is known: a few numbers are all that it may cost. */
export interface TokenUseListener {
  /** It was let through, whatever came of it. Without uses it asked for nothing but to be known. */
  allowed(token: TokenPrincipal, uses: readonly Use[], address: string): void;
  /** A scope or a right was missing. */
  refused(token: TokenPrincipal, refused: RefusedUse, address: string): void;
}

/** Likewise of sessions, of which only what they are refused is of interest, and of what let nobody in. */
export interface SessionListener {
  credentialRefused(holder: KnownHolder, refused: RefusedUse, address: string): void;
  sessionRefused(session: SessionPrincipal, refused: RefusedUse, address: string): void;
}

/** Tells what became of a request, if it came with a token or a session; `error`: why it failed. */
export function hearOf(
  request: FastifyRequest,
  endpointId: string,
  listener: TokenUseListener & SessionListener,
  error?: unknown,
): void {
  const { principal, uses } = request;
  if (error instanceof RefusedCredential) {
    const { holder, because } = error;
    const target = { domainId: "", entityType: `${holder.kind}s`, entityId: holder.id };
    listener.credentialRefused(
      holder,
      { operation: endpointId, target, because },
      addressOf(request),
    );
    return;
  }
  if (principal === undefined) return;
  if (error instanceof AppError && rightCodes.has(error.code)) {
    const refused = { ...askedOf(error, endpointId, uses), because: error.code };
    if (principal.kind === "token") listener.refused(principal, refused, addressOf(request));
    else listener.sessionRefused(principal, refused, addressOf(request));
  } else if (principal.kind === "token") {
    // Too many requests, or one that says nothing sensible: the token was shown all the same.
    listener.allowed(principal, uses ?? [], addressOf(request));
  }
}

/** What was refused: a right of the row, or one that the request turned out to need besides. */
function askedOf(
  error: AppError,
  endpointId: string,
  uses: readonly Use[] | undefined,
): Pick<Use, "operation" | "target"> {
  if (error instanceof RefusedError) return error.asked;
  const missing = error.details.missing_scope;
  if (missing !== undefined) {
    const { domain_id: domainId, entity_type: entityType, entity_id: entityId } = missing;
    return {
      operation: `${entityType}.${missing.operation}`,
      target: { domainId, entityType, entityId },
    };
  }
  const [use] = uses ?? [];
  return use ?? { operation: endpointId, target: noTarget("") };
}
