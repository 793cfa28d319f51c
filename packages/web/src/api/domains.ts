import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { type ReplyTo, type RequestOf, TesseraError } from "@tessera/sdk";
import { api } from "./client.ts";

export type ListedDomain = ReplyTo<"domains.list">["domains"][number];
export type Domain = ReplyTo<"domains.view">;

/** The filters, order and page of a list. */
export type DomainListQuery = NonNullable<RequestOf<"domains.list">["query"]>;

/** Whatever is known of domains. */
export const domainsKey = ["domains"] as const;

export const domainKey = (domainId: string) => ["domains", "one", domainId] as const;

/** A page of a list, with its total. */
export const domainsQuery = (query: DomainListQuery) =>
  queryOptions({
    queryKey: [...domainsKey, "list", query],
    queryFn: ({ signal }) => api.domains.list({ query }, { signal }),
  });

/** One domain with the caller's own roles in it. */
export const domainQuery = (domainId: string) =>
  queryOptions({
    queryKey: domainKey(domainId),
    queryFn: async ({ signal }): Promise<Domain> => {
      try {
        return await api.domains.view({ domainId, query: { roles: true } }, { signal });
      } catch (error) {
        // Whose role lacks the domain's `read` is a member all the same, and reaches what the role allows.
        const listed = isRefused(error) ? await listedDomain(domainId, signal) : undefined;
        if (listed === undefined) throw error;
        return listed;
      }
    },
  });

function isRefused(error: unknown): boolean {
  return error instanceof TesseraError && error.code === "owner_lacks_permission";
}

/** The domain as one's list of domains shows it, with one's role; `undefined` for who is no member. */
async function listedDomain(domainId: string, signal: AbortSignal): Promise<Domain | undefined> {
  const { domains } = await api.domains.list(
    { query: { id: domainId, status: "all" } },
    { signal },
  );
  const [domain] = domains;
  if (domain?.role_id === undefined) return undefined;
  const role = {
    role_id: domain.role_id,
    role_name: domain.role_name ?? "",
    actions: domain.actions ?? [],
    access_provider_id: "",
    access_provider_path: "",
    access_type: "direct",
  } as const;
  return { ...domain, roles: [role] };
}

const choicesPerLoad = 20;

/** The domains whose names contain the text, a load at a time. */
export const domainChoicesQuery = (text: string) =>
  infiniteQueryOptions({
    queryKey: [...domainsKey, "choices", text],
    queryFn: ({ pageParam, signal }) => {
      const query = {
        limit: choicesPerLoad,
        offset: pageParam,
        status: "all",
        order: "name",
        dir: "asc",
        ...(text === "" ? {} : { name: text }),
      } as const;
      return api.domains.list({ query }, { signal });
    },
    initialPageParam: 0,
    getNextPageParam: ({ total, offset, limit }) =>
      offset + limit < total ? offset + limit : undefined,
  });

/** The first domain by name, and how many there are. */
export const firstDomainQuery = queryOptions({
  queryKey: [...domainsKey, "first"],
  queryFn: async ({ signal }) => {
    const query = { limit: 1, status: "all", order: "name", dir: "asc" } as const;
    const { domains, total } = await api.domains.list({ query }, { signal });
    return { first: domains[0], total };
  },
});
