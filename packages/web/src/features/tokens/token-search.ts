import type { TokenListQuery } from "../../api/tokens.ts";
import { type ListSearch, pageOf, readListSearch, readTexts } from "../../ui/list-search.ts";

export const tokenStatuses = ["active", "revoked", "expired", "all"] as const;

const words = {
  orders: ["issued_at", "name", "expires_at", "last_used_at"],
  statuses: tokenStatuses,
  by: ["name", "id"],
} as const;

/** Which tokens are wanted beside their state: those that end soon, or that nobody uses. */
export const tokenKinds = {
  any: { label: "All", query: {} },
  "expires-1d": { label: "Expire within 1 day", query: { expires_within: "1d" } },
  "expires-7d": { label: "Expire within 7 days", query: { expires_within: "7d" } },
  "expires-30d": { label: "Expire within 30 days", query: { expires_within: "30d" } },
  "unused-30d": { label: "Unused for 30 days", query: { unused_for: "30d" } },
  "unused-90d": { label: "Unused for 90 days", query: { unused_for: "90d" } },
} as const satisfies Readonly<Record<string, { label: string; query: TokenListQuery }>>;

export type TokenKind = keyof typeof tokenKinds;

const isTokenKind = (text: unknown): text is TokenKind =>
  typeof text === "string" && text !== "any" && Object.hasOwn(tokenKinds, text);

/** The address of the list of tokens. */
export type TokensSearch = ReturnType<typeof readListSearch<typeof words>> & {
  readonly only?: TokenKind;
};

export function readTokensSearch(raw: Record<string, unknown>): TokensSearch {
  return {
    ...readListSearch(raw, words),
    ...(isTokenKind(raw.only) ? { only: raw.only } : {}),
  };
}

/** What the server is asked for. */
export function tokenListQuery(search: TokensSearch): TokenListQuery {
  return {
    ...pageOf(search),
    status: search.status,
    order: search.order,
    dir: search.dir,
    ...tokenKinds[search.only ?? "any"].query,
    ...(search.q === undefined ? {} : { [search.by ?? "name"]: search.q }),
  };
}

/** The address of one token: the page of its scopes, whether to begin with adding some, and what to ask of it. */
export type TokenSearch = Pick<ListSearch, "page" | "size"> & {
  readonly add?: "scope";
  /** `<domain>:<entity type>:<operation>:<entity>`; of them the last may be empty. */
  readonly ask?: string;
  /** From where it would be asked. */
  readonly address?: string;
};

export function readTokenSearch(raw: Record<string, unknown>): TokenSearch {
  const { page, size } = readListSearch(raw, { orders: [], statuses: [], by: [] });
  return {
    ...(page === undefined ? {} : { page }),
    ...(size === undefined ? {} : { size }),
    ...(raw.add === "scope" ? { add: "scope" as const } : {}),
    ...readTexts(raw, ["ask", "address"]),
  };
}

/** Conditions as a link names them: the words of the command line's options. */
const conditionNames = [
  ...(["allow_from", "deny_from", "not_before", "only_at"] as const),
  ...(["timezone", "max_uses", "rate"] as const),
] as const;

/** `allow_from=10.0.0.0/8,…`, `only_at=mon-fri 07:00-19:00;…`, `rate=600/1m` */
export type LinkConditions = Readonly<Partial<Record<(typeof conditionNames)[number], string>>>;

/** Whether the link says anything of conditions. */
export function hasLinkConditions(link: LinkConditions): boolean {
  return conditionNames.some((name) => link[name] !== undefined);
}

/** The address of the form for a new token, as a link can prefill it. */
export interface NewTokenSearch extends LinkConditions {
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
  return readTexts(raw, [...names, ...conditionNames]);
}
