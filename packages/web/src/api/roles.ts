import { queryOptions } from "@tanstack/react-query";
import type { CallOptions, ReplyTo, RequestOf } from "@tessera/sdk";
import { maximumCount } from "@tessera/sdk";
import { api } from "./client.ts";
import type { BuiltInTypeName } from "./entities.ts";

/** An object that roles can be on. */
export interface RolePlace {
  readonly type: BuiltInTypeName;
  readonly domainId: string;
  /** For `domains` the domain's own id. */
  readonly id: string;
}

export type Role = ReplyTo<"domains.roles.view">;
export type Member = ReplyTo<"domains.roles.list_all_members">["members"][number];

type MembersQuery = NonNullable<RequestOf<"domains.roles.list_all_members">["query"]>;
type PageQuery = NonNullable<RequestOf<"domains.roles.list">["query"]>;
type NewRole = RequestOf<"domains.roles.add">["body"];

interface OnObject {
  readonly domainId: string;
  readonly id: string;
}

interface OnRole extends OnObject {
  readonly roleId: string;
}

/** The calls that roles on objects of every type have in common. */
interface RoleCalls {
  list(
    input: OnObject & { readonly query: PageQuery },
    options?: CallOptions,
  ): Promise<ReplyTo<"domains.roles.list">>;
  list_all_members(
    input: OnObject & { readonly query: MembersQuery },
    options?: CallOptions,
  ): Promise<ReplyTo<"domains.roles.list_all_members">>;
  add(input: OnObject & { readonly body: NewRole }): Promise<Role>;
  view(input: OnRole, options?: CallOptions): Promise<Role>;
  update(input: OnRole & { readonly body: { readonly name: string } }): Promise<Role>;
  remove(input: OnRole): Promise<undefined>;
  list_actions(input: OnRole, options?: CallOptions): Promise<{ readonly actions: string[] }>;
  add_actions(input: OnRole & { readonly body: { readonly actions: string[] } }): Promise<unknown>;
  remove_actions(
    input: OnRole & { readonly body: { readonly actions: string[] } },
  ): Promise<undefined>;
  list_members(
    input: OnRole & { readonly query: PageQuery },
    options?: CallOptions,
  ): Promise<ReplyTo<"domains.roles.list_members">>;
  add_members(input: OnRole & { readonly body: { readonly members: string[] } }): Promise<unknown>;
  move_members(input: OnRole & { readonly body: { readonly members: string[] } }): Promise<unknown>;
  remove_members(
    input: OnRole & { readonly body: { readonly members: string[] } },
  ): Promise<undefined>;
  remove_all_members(input: OnRole): Promise<undefined>;
  remove_members_from_all(
    input: OnObject & { readonly body: { readonly member_ids: string[] } },
  ): Promise<undefined>;
}

const calls: Readonly<Record<RolePlace["type"], { readonly roles: RoleCalls }>> = api;

/** The calls about roles on objects of the type, checked by the compiler to have one form. */
export const roleCalls = (type: RolePlace["type"]): RoleCalls => calls[type].roles;

/** Whatever is known of the roles in a domain. */
export const rolesKey = (domainId: string) => ["roles", domainId] as const;

/** Whatever is known of the members of a domain and of what is in it. */
export const membersKey = (domainId: string) => ["members", domainId] as const;

/** A page of the roles on an object. */
export const rolesQuery = (
  { type, domainId, id }: RolePlace,
  query: PageQuery = { limit: maximumCount.pageItems },
) =>
  queryOptions({
    queryKey: [...rolesKey(domainId), type, id, "list", query],
    queryFn: ({ signal }) => roleCalls(type).list({ domainId, id, query }, { signal }),
  });

/** What a role allows. */
export const roleActionsQuery = ({ type, domainId, id }: RolePlace, roleId: string) =>
  queryOptions({
    queryKey: [...rolesKey(domainId), type, id, "actions", roleId],
    queryFn: ({ signal }) => roleCalls(type).list_actions({ domainId, id, roleId }, { signal }),
  });

/** A page of those who have a role. */
export const roleMembersQuery = (
  { type, domainId, id }: RolePlace,
  roleId: string,
  query: PageQuery,
) =>
  queryOptions({
    queryKey: [...rolesKey(domainId), type, id, "members", roleId, query],
    queryFn: ({ signal }) =>
      roleCalls(type).list_members({ domainId, id, roleId, query }, { signal }),
  });

/** A page of everybody who reaches an object, and how. */
export const membersQuery = ({ type, domainId, id }: RolePlace, query: MembersQuery) =>
  queryOptions({
    queryKey: [...membersKey(domainId), type, id, query],
    queryFn: ({ signal }) => roleCalls(type).list_all_members({ domainId, id, query }, { signal }),
  });

/** How many people are in a domain. */
export const memberCountQuery = (domainId: string) =>
  queryOptions({
    queryKey: [...membersKey(domainId), "count"],
    queryFn: async ({ signal }) => {
      const query = { limit: 1 };
      const { total } = await api.domains.roles.list_all_members({ domainId, query }, { signal });
      return total;
    },
  });

/** One role on an object. */
export const roleQuery = ({ type, domainId, id }: RolePlace, roleId: string) =>
  queryOptions({
    queryKey: [...rolesKey(domainId), type, id, "one", roleId],
    queryFn: ({ signal }) => roleCalls(type).view({ domainId, id, roleId }, { signal }),
  });
