import type { z } from "zod";

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

/**
 * Where the ids of the objects come from on which a right is needed.
 * - `path`: the object named by the path (`:domainId`, `:id`).
 * - `body`: every id in that member of the body, in the path's domain. For an array of objects the member of each of them.
 * - `current_parent`: the group that the object of the path belongs to now; without one nothing is needed.
 * - `any_domain`: the right in any domain will do.
 * - `own_domains`: nothing is refused; the handler shows only the domains in which the right is held.
 */
export type TargetSource =
  | { readonly from: "path" }
  | { readonly from: "body"; readonly member: string }
  | { readonly from: "current_parent" }
  | { readonly from: "any_domain" }
  | { readonly from: "own_domains" };

/** A right that an endpoint demands: an operation of the catalogue on an object. */
export interface Need {
  /** `<entity type>.<operation>`, e.g. `clients.update_tags`. */
  readonly operation: string;
  readonly on: TargetSource;
  /** A session whose own user id stands in that member of the body needs no right. */
  readonly unlessSelf?: string;
}

/**
 * Who may call an endpoint.
 * - `operation`: whoever holds every need, by session or by token.
 * - `role_action`: a session whose user has this role action on the object of the path; no token. `ofAdministrators`: and
 *   who administers its domain.
 * - `domain_member`: a session whose user has a role on the domain of the path, whatever it allows and whatever state the
 *   domain is in; no token.
 * - `session`, `self_or_admin` (`:userId`), `admin`: sessions only; no token. `needsFreshPassword`: only a session whose
 *   password was given lately, at sign-in or with `sessions.confirm`; for what a stolen session must not be able to do.
 * - `bearer`: a session or a token, whatever it may do.
 * - `token_self`: a personal access token, about itself; no session. `evenIfUseless`: also one that has expired or was
 *   revoked, or whose owner is disabled.
 * - `service`: a neighbour service that presents a credential of its own; nobody else.
 * - `anyone`: no credentials needed.
 * - `anonymous_limited`: likewise, so many times a minute for each network.
 */
export type Access =
  | { readonly kind: "operation"; readonly needs: readonly Need[] }
  | {
      readonly kind: "role_action";
      readonly type: string;
      readonly action: string;
      readonly ofAdministrators?: boolean;
    }
  | { readonly kind: "domain_member" }
  | { readonly kind: "session"; readonly needsFreshPassword?: boolean }
  | { readonly kind: "self_or_admin"; readonly needsFreshPassword?: boolean }
  | { readonly kind: "admin"; readonly needsFreshPassword?: boolean }
  | { readonly kind: "bearer" }
  | { readonly kind: "token_self"; readonly evenIfUseless?: boolean }
  | { readonly kind: "service" }
  | { readonly kind: "anyone" }
  | { readonly kind: "anonymous_limited"; readonly perMinute: number };

/** Whether nobody has to prove who they are. */
export function isOpen({ kind }: Access): boolean {
  return kind === "anyone" || kind === "anonymous_limited";
}

/** One route of the wire with everything about it. */
export interface Endpoint {
  /** Unique; the handler, the SDK method and OpenAPI's operationId derive from it. */
  readonly id: string;
  readonly method: Method;
  /** With `:name` for each placeholder. */
  readonly path: string;
  /** Which placeholders of the path are no UUIDs. */
  readonly wordParameters?: readonly string[];
  readonly summary: string;
  readonly access: Access;
  /** Whether somebody who has signed in already gives the password again; attempts are limited. */
  readonly checksPassword?: boolean;
  /**
   * Whether it ends what somebody may do: nothing else that is done in the name of a session's user keeps the user from
   * it. For tokens it is a change like others, but for one that ends itself.
   */
  readonly takesRightsAway?: boolean;
  /** Whether it looks through as much as a list does before it changes something: then it is limited like one, too. */
  readonly readsLikeList?: boolean;
  /** Whether a session may call it whose user has yet to prove the email address, where the server asks for that. */
  readonly worksUnverified?: boolean;
  /** The status of success. */
  readonly status: number;
  readonly query?: z.ZodObject | undefined;
  readonly body?: z.ZodType | undefined;
  /** The size of the largest body that is read, where {@link bodyLimitBytes} does not fit the schema. */
  readonly maximumBodyBytes?: number | undefined;
  /** Absent: the reply has no body. */
  readonly reply?: z.ZodType | undefined;
  /** The media types besides JSON that the query can ask for: lines of text, sent as they are read. */
  readonly streamTypes?: readonly string[];
}

const kibibyte = 1024;

/** Of a body that is a list of up to 1,000 objects. */
export const listBodyBytes = 1024 * kibibyte;

/** The size of the largest body that is read: whom nobody knows is given little of the server's time. */
export function bodyLimitBytes({
  access,
  maximumBodyBytes,
}: Pick<Endpoint, "access" | "maximumBodyBytes">): number {
  return maximumBodyBytes ?? (isOpen(access) ? 16 * kibibyte : 256 * kibibyte);
}

/** An endpoint as a row of an operation writes it: the operation supplies what is not said. */
export type EndpointOfOperation = Omit<Endpoint, "access" | "summary"> & {
  readonly summary?: string;
  /** Where the operation's own object comes from; `path` when not said. */
  readonly on?: TargetSource;
  /** See {@link Need.unlessSelf}; for the operation's own right. */
  readonly unlessSelf?: string;
  /** Rights beyond the operation's own. */
  readonly alsoNeeds?: readonly Need[];
};

/** One of the operations a scope can name. */
export interface Operation {
  /** `<entity type>.<name>`. */
  readonly id: string;
  readonly type: string;
  readonly name: string;
  /** The user guide's description. */
  readonly summary: string;
  /** The role action on the object that the token's owner must hold; `null`: being signed in is enough. */
  readonly action: string | null;
  /** Entity types under which other systems file this operation; accepted on input. */
  readonly alsoFiledUnder: readonly string[];
  /** What still works in a disabled domain, so that it can be looked at and enabled again. */
  readonly worksInDisabledDomain: boolean;
  /** Whether it only shows what there is. */
  readonly isRead: boolean;
  /** Whether it is Tessera's own, and no operation of the user guide. */
  readonly isOwn?: boolean;
  /** Empty where other rows' endpoints need this operation. */
  readonly endpoints: readonly Endpoint[];
}

type BoundEndpoint<E> = Omit<E, "access" | "summary" | "on" | "unlessSelf" | "alsoNeeds"> &
  Pick<Endpoint, "summary"> & { readonly access: Extract<Access, { readonly kind: "operation" }> };

/** An operation whose endpoints keep their literal types, so that handlers and SDK derive from them. */
export type OperationRow<Id extends string, E extends readonly unknown[]> = Operation & {
  readonly id: Id;
  readonly endpoints: { readonly [K in keyof E]: BoundEndpoint<E[K]> };
};

/** Writes one row of the catalogue. */
export function operation<
  const Type extends string,
  const Name extends string,
  const E extends readonly EndpointOfOperation[] = readonly [],
>(row: {
  readonly type: Type;
  readonly name: Name;
  readonly summary: string;
  readonly action: string | null;
  readonly alsoFiledUnder?: readonly string[];
  readonly worksInDisabledDomain?: boolean;
  /** Absent: whether it has endpoints and all of them are GET. */
  readonly isRead?: boolean;
  readonly isOwn?: boolean;
  readonly endpoints?: E;
}): OperationRow<`${Type}.${Name}`, E> {
  const operationId = `${row.type}.${row.name}` as const;
  const endpoints = (row.endpoints ?? []).map(({ on, unlessSelf, alsoNeeds, ...endpoint }) => ({
    ...endpoint,
    summary: endpoint.summary ?? row.summary,
    access: {
      kind: "operation" as const,
      needs: [
        {
          operation: operationId,
          on: on ?? { from: "path" as const },
          ...(unlessSelf === undefined ? {} : { unlessSelf }),
        },
        ...(alsoNeeds ?? []),
      ],
    },
  }));
  return {
    id: operationId,
    type: row.type,
    name: row.name,
    summary: row.summary,
    action: row.action,
    alsoFiledUnder: row.alsoFiledUnder ?? [],
    worksInDisabledDomain: row.worksInDisabledDomain ?? false,
    isRead:
      row.isRead ?? (endpoints.length > 0 && endpoints.every(({ method }) => method === "GET")),
    ...(row.isOwn === true ? { isOwn: true } : {}),
    endpoints: endpoints as unknown as OperationRow<`${Type}.${Name}`, E>["endpoints"],
  };
}

/** Writes an endpoint that no personal access token scope opens. */
export function endpoint<const E extends Endpoint>(row: E): E {
  return row;
}

/** `/:domainId/clients/:id` → `{ domainId: string; id: string }`. */
export type PathParameters<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? { readonly [K in Name]: string } & PathParameters<Tail>
    : { readonly [K in Rest]: string }
  : unknown;

/** What a caller gives to an endpoint. */
export type InputOf<E> = (E extends { readonly path: infer P extends string }
  ? PathParameters<P>
  : unknown) &
  (E extends { readonly query: infer Q extends z.ZodType }
    ? { readonly query?: Partial<z.input<Q>> }
    : unknown) &
  (E extends { readonly body: infer B extends z.ZodType }
    ? { readonly body: z.input<B> }
    : unknown);

/** What a handler receives: path, query and body after parsing. */
export interface ParsedInput<E> {
  readonly params: E extends { readonly path: infer P extends string }
    ? PathParameters<P>
    : unknown;
  readonly query: E extends { readonly query: infer Q extends z.ZodType } ? z.output<Q> : undefined;
  readonly body: E extends { readonly body: infer B extends z.ZodType } ? z.output<B> : undefined;
}

/** What an endpoint answers. */
export type ReplyOf<E> = E extends { readonly reply: infer R extends z.ZodType }
  ? z.output<R>
  : undefined;

/** The endpoints of rows, as a union. */
export type EndpointsOf<Rows extends readonly { readonly endpoints: readonly unknown[] }[]> =
  Rows[number]["endpoints"][number];
