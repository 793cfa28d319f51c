import { maximumCount } from "@tessera/contract";
import type { CallOptions } from "./transport.ts";

interface Page {
  readonly total: number;
  readonly offset: number;
  /** How many there would be in a whole page. */
  readonly limit?: number;
}

interface PageRequest {
  readonly query?: { readonly offset?: unknown; readonly limit?: unknown };
}

/** What a page is a page of. */
type ItemOf<Reply> = {
  [Member in keyof Reply]: Reply[Member] extends readonly (infer Item)[] ? Item : never;
}[keyof Reply];

/**
 * All items of a list, from `query.offset` on, page by page, as they are needed. `query.limit` is the size of a page.
 * What is made or deleted meanwhile moves the pages: gather the items before deleting them.
 */
export async function* eachItem<Request extends PageRequest, Reply extends Page>(
  list: (input: Request, options?: CallOptions) => Promise<Reply>,
  input: Request,
  options?: CallOptions,
): AsyncGenerator<ItemOf<Reply>, void, undefined> {
  const limit = numberOf(input.query?.limit) ?? maximumCount.pageItems;
  let offset = numberOf(input.query?.offset) ?? 0;
  for (;;) {
    const page = await list({ ...input, query: { ...input.query, offset, limit } }, options);
    const items = itemsOf(page) as readonly ItemOf<Reply>[];
    yield* items;
    offset += items.length;
    // A page that is not whole is the last, whatever the total says: else one that lies about it is asked for ever.
    if (items.length < Math.min(limit, page.limit ?? limit) || offset >= page.total) return;
    if (items.length === 0) return;
  }
}

function itemsOf(page: Page): readonly unknown[] {
  return Object.values(page).find((member) => Array.isArray(member)) ?? [];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
