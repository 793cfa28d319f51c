import { eachPage } from "@tessera/sdk";
import { itemsOf } from "./output.ts";

type Query = Readonly<Record<string, unknown>>;

interface Page {
  readonly total: number;
  readonly offset: number;
}

/** Every page of a list as one; it is as long as the list was while it was read. */
export async function readAllPages(
  readPage: (query: Query) => Promise<unknown>,
  query: Query,
): Promise<unknown> {
  const all: object[] = [];
  let last: Page | undefined;
  const list = async (input: { readonly query: Query }) => (await readPage(input.query)) as Page;
  for await (const page of eachPage(list, { query: { ...query, offset: 0, limit: undefined } })) {
    for (const item of itemsOf(page) ?? []) all.push(item);
    last = page;
  }
  return last === undefined ? undefined : withItems(last, all);
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
