import type { Endpoint, ParsedInput, ReplyOf } from "@tessera/contract";
import type { FastifyReply, FastifyRequest } from "fastify";
import type { Actor } from "../access/actor.ts";
import type { Principal, SessionPrincipal, TokenPrincipal } from "../access/principal.ts";
import type { Circumstances } from "../access/question.ts";
import type { Weigh } from "./fair-shares.ts";
import type { InTurns } from "./in-turns.ts";

type PrincipalOf<E> = E extends { readonly access: { readonly kind: infer Kind } }
  ? Kind extends "anyone" | "anonymous_limited" | "service"
    ? undefined
    : Kind extends "token_self"
      ? TokenPrincipal
      : Kind extends "operation" | "bearer"
        ? Principal
        : Kind extends "session" | "self_or_admin" | "admin" | "role_action" | "domain_member"
          ? SessionPrincipal
          : never
  : Principal | undefined;

/** What a handler is given: everything is parsed and allowed already. */
export interface Call<E> extends ParsedInput<E> {
  readonly principal: PrincipalOf<E>;
  /** What every change is made in the name of; with it the change asks again whether it may be made. */
  readonly actor: Actor<PrincipalOf<E>>;
  /** The name of the service that calls, on rows for services. */
  readonly service: E extends { readonly access: { readonly kind: "service" } }
    ? string
    : string | undefined;
  /** Tells what a change costs beyond what its body shows. */
  readonly weigh: Weigh;
  /** Goes through much at the expense of the caller's time for lists. */
  readonly inTurns: InTurns;
  /** For what a row cannot say: headers of the request. */
  readonly request: FastifyRequest;
  /** For what a row cannot say: cookies and headers of the reply. The body is what the handler returns. */
  readonly reply: FastifyReply;
}

/** A handler for every endpoint: the compiler names the one that is missing. */
export type Handlers<E extends Endpoint> = {
  readonly [K in E as K["id"]]: (call: Call<K>) => ReplyOf<K> | Promise<ReplyOf<K>>;
};

/** A handler whose endpoint's types are not looked at. */
export type AnyHandler = ((call: Call<Endpoint>) => unknown) & {
  readonly revalidation?: Revalidation;
};

interface ObjectOfPath {
  readonly domainId: string;
  readonly id: string;
}

/** How it is found out whether a reply that was kept is still true; see `ReplyCache`. */
export interface Revalidation {
  /** By which way the permission is asked again. */
  readonly via: Circumstances["via"];
  /**
   * What the handler would return now for the object that the path names, where that is known at once: a reply is given
   * again only while that is the very same. Not there where a reply says nothing but who asks what, and that they may.
   */
  readonly again?: (object: ObjectOfPath) => unknown;
}

/** The ids of endpoints that none of the parts handles. */
export type Unhandled<E extends Endpoint, Parts> = Exclude<
  E["id"],
  Parts extends unknown ? keyof Parts : never
>;
