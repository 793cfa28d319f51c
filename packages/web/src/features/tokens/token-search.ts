import type { TokenListQuery } from "../../api/tokens.ts";
import { type ListSearch, pageOf, readListSearch } from "../../ui/list-search.ts";

export const tokenStatuses = ["active", "revoked", "expired", "all"] as const;

const words = {
  orders: ["issued_at", "name", "expires_at", "last_used_at"],
  statuses: tokenStatuses,
  by: ["name", "id"],
} as const;

/** The address of the list of tokens. */
export type TokensSearch = ReturnType<typeof readTokensSearch>;

export function readTokensSearch(raw: Record<string, unknown>) {
  return readListSearch(raw, words);
}

/** What the server is asked for. */
export function tokenListQuery(search: TokensSearch): TokenListQuery {
  return {
    ...pageOf(search),
    status: search.status,
    order: search.order,
    dir: search.dir,
    ...(search.q === undefined ? {} : { [search.by ?? "name"]: search.q }),
  };
}

/** The address of one token: the page of its scopes, and whether to begin with adding some. */
export type TokenSearch = Pick<ListSearch, "page" | "size"> & { readonly add?: "scope" };

export function readTokenSearch(raw: Record<string, unknown>): TokenSearch {
  const { page, size } = readListSearch(raw, { orders: [], statuses: [], by: [] });
  return {
    ...(page === undefined ? {} : { page }),
    ...(size === undefined ? {} : { size }),
    ...(raw.add === "scope" ? { add: "scope" as const } : {}),
  };
}

/** The address of the form for a new token, as a link can prefill it. */
export interface NewTokenSearch {
  readonly name?: string;
  readonly description?: string;
  /** `30d`, `24h`, … */
  readonly duration?: string;
  readonly domain?: string;
  /** `clients:view:*,channels:view:<id>`: the text form of scopes, with commas between. */
  readonly scopes?: string;
}

export function readNewTokenSearch(raw: Record<string, unknown>): NewTokenSearch {
  const names = ["name", "description", "duration", "domain", "scopes"] as const;
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = raw[name];
      return typeof value === "string" && value !== "" ? [[name, value]] : [];
    }),
  );
}
