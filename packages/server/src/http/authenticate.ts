import { hash } from "node:crypto";
import { AppError, looksLikeToken } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import type { Principal } from "../access/principal.ts";
import { addressOf } from "./address-of.ts";
import { andThen } from "./maybe-promise.ts";
import { readCookie } from "./read-cookie.ts";
import { type IsSecure, sessionCookieNames } from "./session-cookie-names.ts";

declare module "fastify" {
  interface FastifyRequest {
    /** The hash of its credential, once it was made: a request with a body is looked at twice. */
    credentialKey: string | undefined;
  }
}

/** Principals by the hash of the credential that they presented, so that a known one costs one hash. */
export interface KnownPrincipals {
  peek(key: string): Principal | undefined;
  load(key: string, read: () => Promise<Principal>): Promise<Principal>;
}

/** Reads who is calling; throws 401 for nobody. Synchronous for a credential it knows. */
export type Authenticate = (request: FastifyRequest) => Principal | Promise<Principal>;

/** Who presents the credential with that hash, where that is known at once. */
export function createPeekPrincipal({
  principals,
  clock,
}: Pick<AuthenticateDeps, "principals" | "clock">): (key: string) => Principal | undefined {
  return (key) => {
    const known = principals.peek(key);
    return known !== undefined && known.expiresAt > clock() ? known : undefined;
  };
}

export interface AuthenticateDeps {
  readonly tokenPrefix: string;
  /** Tells under which name a browser sends its session. */
  readonly isSecure: IsSecure;
  /** Throws an `AppError` unless the token was issued here and is still good. */
  readonly identifyToken: (token: string, address: string) => Promise<Principal>;
  /** Likewise for the access token of a session. */
  readonly identifySession: (accessToken: string) => Promise<Principal>;
  readonly principals: KnownPrincipals;
  readonly clock: () => number;
  readonly onCacheLookup: (isHit: boolean) => void;
}

/** A header that other sites' pages cannot send; demanded wherever a cookie authenticates a change. */
export const csrfHeader = "x-tessera-csrf";

/** A page of the web app says whose it is, as the cookie may be somebody else's by now: the id of the person. */
export const personHeader = "x-tessera-person";

export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  return (request) => {
    const found = find(request);
    const { headers } = request;
    if (headers.authorization !== undefined || headers[personHeader] === undefined) return found;
    return andThen(found, (principal) => {
      requireNamedPerson(request, principal.userId);
      return principal;
    });
  };

  function find(request: FastifyRequest): Principal | Promise<Principal> {
    request.credentialKey ??= hash("sha256", readCredential(request, deps), "base64url");
    const key = request.credentialKey;
    const known = deps.principals.peek(key);
    const isHit = known !== undefined && known.expiresAt > deps.clock();
    deps.onCacheLookup(isHit);
    if (isHit) return known;
    return deps.principals.load(key, () =>
      identify(readCredential(request, deps), addressOf(request)),
    );
  }

  function identify(credential: string, address: string): Promise<Principal> {
    return looksLikeToken(deps.tokenPrefix, credential)
      ? deps.identifyToken(credential, address)
      : deps.identifySession(credential);
  }
}

/** Where holding a token is enough: proves it whatever state it is in, and anybody else as everywhere. */
export function createAuthenticateHolder(
  tokenPrefix: string,
  identifyHolder: (token: string, address: string) => Promise<Principal>,
  authenticate: Authenticate,
): Authenticate {
  return (request) => {
    if (request.headers.authorization === undefined) return authenticate(request);
    const bearer = readBearer(request);
    return looksLikeToken(tokenPrefix, bearer)
      ? identifyHolder(bearer, addressOf(request))
      : authenticate(request);
  };
}

/** The credential of the request: the bearer, or else the browser's cookie. */
function readCredential(
  request: FastifyRequest,
  { isSecure, tokenPrefix }: Pick<AuthenticateDeps, "isSecure" | "tokenPrefix">,
): string {
  const header = request.headers.authorization;
  if (header !== undefined) return readBearer(request, header);
  const cookie = readCookie(request, sessionCookieNames(isSecure(request)).access);
  if (cookie === undefined || cookie === "") throw new AppError("unauthenticated");
  // A browser is given sessions only: a token in its cookie was planted there.
  if (looksLikeToken(tokenPrefix, cookie)) throw new AppError("unauthenticated");
  requireOwnPage(request);
  return cookie;
}

/** RFC 9110, section 11.1: the name of a scheme is the same in any case. */
const bearerScheme = /^bearer +(?=\S)/i;

/** The bearer of the `Authorization` header; throws 401 where there is none, or more than one. */
export function readBearer(
  request: FastifyRequest,
  header = request.headers.authorization,
): string {
  const scheme = bearerScheme.exec(header ?? "")?.[0];
  const bearer = scheme === undefined ? "" : (header ?? "").slice(scheme.length);
  if (bearer === "" || /[\s,]/.test(bearer)) throw new AppError("unauthenticated");
  if (countAuthorizationHeaders(request.raw.rawHeaders) > 1) {
    throw new AppError("unauthenticated", "Send one Authorization header with one token");
  }
  return bearer;
}

/** Throws 403 where the request comes from a page of somebody else than the session in its cookie is of. */
export function requireNamedPerson(request: FastifyRequest, userId: string): void {
  const named = request.headers[personHeader];
  if (named !== undefined && named !== userId) throw new AppError("other_person");
}

/** Throws 403 when a change with the browser's cookie was not sent by this site's own pages. */
export function requireOwnPage(request: FastifyRequest): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  if (request.headers[csrfHeader] === undefined) {
    throw new AppError(
      "csrf_refused",
      `Requests with a session cookie need the header ${csrfHeader}`,
    );
  }
  const site = request.headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin") throw new AppError("csrf_refused");
}

/** Node keeps the first of repeated headers and says nothing of the others. */
function countAuthorizationHeaders(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 13 && name.toLowerCase() === "authorization") count += 1;
  }
  return count;
}
