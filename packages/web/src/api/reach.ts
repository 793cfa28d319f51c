import { queryOptions } from "@tanstack/react-query";
import type { CallOptions, ReplyTo, RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";
import type { EntityTypeName } from "./entities.ts";
import { membersKey } from "./roles.ts";

/** An object that is reached. */
export interface ReachedObject {
  readonly type: EntityTypeName;
  readonly domainId: string;
  readonly id: string;
}

export type ReachingPerson = ReplyTo<"clients.reach.people">["people"][number];
export type ReachingToken = ReplyTo<"clients.reach.own_tokens">["tokens"][number];

type PageQuery = NonNullable<RequestOf<"clients.reach.people">["query"]>;

interface OnObject {
  readonly domainId: string;
  readonly id: string;
  readonly query: PageQuery;
}

interface ReachCalls {
  people(input: OnObject, options?: CallOptions): Promise<ReplyTo<"clients.reach.people">>;
  own_tokens(input: OnObject, options?: CallOptions): Promise<ReplyTo<"clients.reach.own_tokens">>;
}

/** The calls of each type, checked by the compiler to have one form. */
const calls: Readonly<Record<EntityTypeName, { readonly reach: ReachCalls }>> = api;

/** A page of those who reach an object by their roles, and what they may do with it now. */
export const reachingPeopleQuery = ({ type, domainId, id }: ReachedObject, query: PageQuery) =>
  queryOptions({
    queryKey: [...membersKey(domainId), type, id, "reach", query],
    queryFn: ({ signal }) => calls[type].reach.people({ domainId, id, query }, { signal }),
  });

/** A page of the person's own tokens with scopes on an object. */
export const reachingTokensQuery = ({ type, domainId, id }: ReachedObject, query: PageQuery) =>
  queryOptions({
    queryKey: [...membersKey(domainId), type, id, "tokens", query],
    queryFn: ({ signal }) => calls[type].reach.own_tokens({ domainId, id, query }, { signal }),
  });
