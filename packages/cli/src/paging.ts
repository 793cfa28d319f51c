import { maximumCount } from "@tessera/sdk";
import { itemsOf } from "./output.ts";

type Query = Readonly<Record<string, unknown>>;

interface Page {
  readonly total: number;
  readonly offset: number;
  /** How many there would be in a whole page. */
  readonly limit?: number;
}

/** Every page of a list as one; it is as long as the list was while it was read. */
export async function readAllPages(
  readPage: (query: Query) => Promise<unknown>,
  query: Query,
): Promise<unknown> {
  const limit = maximumCount.pageItems;
  const all: object[] = [];
  for (;;) {
    const page = (await readPage({ ...query, offset: all.length, limit })) as Page;
    const items = itemsOf(page) ?? [];
    all.push(...items);
    // A page that is not whole is the last, whatever the total says: else one that lies about it is asked for ever.
    const isWhole = items.length > 0 && items.length >= Math.min(limit, page.limit ?? limit);
    if (!isWhole || all.length >= page.total) return withItems(page, all);
  }
}

function withItems(page: Page, items: readonly object[]): object {
  const member = Object.entries(page).find(([, value]) => Array.isArray(value))?.[0] ?? "items";
  return { ...page, offset: 0, limit: items.length, [member]: items };
}

/** What a reader of one page should know: that it is not all. `undefined` where it is. */
export function whatIsMissing(reply: unknown): string | undefined {
  const { total, offset } = (reply ?? {}) as Partial<Page>;
  const count = itemsOf(reply)?.length ?? 0;
  if (total === undefined || offset === undefined || offset + count >= total) return undefined;
  return `${count} of ${total} are shown: --all shows all of them, --limit and --offset others`;
}
