/** What a list shows, as its address carries it; absent members mean the list's defaults. */
export interface ListSearch {
  /** From 1. */
  readonly page?: number;
  /** Rows per page. */
  readonly size?: number;
  readonly order?: string;
  readonly dir?: "asc" | "desc";
  readonly status?: string;
  /** What is searched for. */
  readonly q?: string;
  /** Which member `q` is searched in. */
  readonly by?: string;
}

export const pageSizes = [10, 20, 50, 100] as const;

const defaultPageSize = 10;

/** The words a list knows; the first of each is its default. */
export interface ListWords<
  Order extends string = string,
  Status extends string = string,
  By extends string = string,
> {
  readonly orders: readonly Order[];
  readonly statuses: readonly Status[];
  readonly by: readonly By[];
}

type KnownSearch<Words extends ListWords> = Omit<ListSearch, "order" | "status" | "by"> & {
  readonly order?: Words["orders"][number];
  readonly status?: Words["statuses"][number];
  readonly by?: Words["by"][number];
};

/** Reads a list's part of an address; what makes no sense is left out. */
export function readListSearch<const Words extends ListWords>(
  raw: Record<string, unknown>,
  words: Words,
): KnownSearch<Words> {
  const page = positiveInteger(raw.page);
  const size = positiveInteger(raw.size);
  const order = words.orders.find((word) => word === raw.order);
  const status = words.statuses.find((word) => word === raw.status);
  const by = words.by.find((word) => word === raw.by);
  const { dir, q } = raw;
  return {
    ...(page === undefined ? {} : { page }),
    ...(size === undefined || !pageSizes.some((known) => known === size) ? {} : { size }),
    ...(order === undefined ? {} : { order }),
    ...(dir === "asc" || dir === "desc" ? { dir } : {}),
    ...(status === undefined ? {} : { status }),
    ...(typeof q === "string" && q !== "" ? { q } : {}),
    ...(by === undefined ? {} : { by }),
  };
}

/** `limit` and `offset` as the server wants them. */
export function pageOf(search: ListSearch): { limit: number; offset: number } {
  const limit = search.size ?? defaultPageSize;
  return { limit, offset: ((search.page ?? 1) - 1) * limit };
}

/** The search after a change; anything but another page begins again at the first. */
export function changeSearch<Search extends ListSearch>(
  search: Search,
  change: { [K in keyof Search]?: Search[K] | undefined },
): Search {
  const next = { ...search, page: undefined, ...change };
  return Object.fromEntries(
    Object.entries(next).filter(([, value]) => value !== undefined && value !== ""),
  ) as unknown as Search;
}

/** The members of an address that say something, as texts. */
export function readTexts<Name extends string>(
  raw: Record<string, unknown>,
  names: readonly Name[],
): { readonly [N in Name]?: string } {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = raw[name];
      return typeof value === "string" && value !== "" ? [[name, value]] : [];
    }),
  ) as { [N in Name]?: string };
}

function positiveInteger(value: unknown): number | undefined {
  const number = Number(value);
  return Number.isSafeInteger(number) && number > 0 ? number : undefined;
}
