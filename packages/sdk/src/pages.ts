import { maximumCount } from "@tessera/contract";
import { TesseraError } from "./tessera-error.ts";
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

type List<Request, Reply> = (input: Request, options?: CallOptions) => Promise<Reply>;

/** No list of a server is nearly as long. */
const mostItems = 10_000_000;

/**
 * All items of a list, from `query.offset` on, page by page, as they are needed. `query.limit` is the size of a page.
 * What is made or deleted meanwhile moves the pages: gather the items before deleting them. A list that has no end is a
 * {@link TesseraError}, `unexpected_reply`.
 */
export async function* eachItem<Request extends PageRequest, Reply extends Page>(
  list: List<Request, Reply>,
  input: Request,
  options?: CallOptions,
): AsyncGenerator<ItemOf<Reply>, void, undefined> {
  for await (const page of eachPage(list, input, options)) {
    yield* itemsOf(page) as readonly ItemOf<Reply>[];
  }
}

/** The pages that {@link eachItem} goes through. */
export async function* eachPage<Request extends PageRequest, Reply extends Page>(
  list: List<Request, Reply>,
  input: Request,
  options?: CallOptions,
): AsyncGenerator<Reply, void, undefined> {
  const limit = numberOf(input.query?.limit) ?? maximumCount.pageItems;
  const start = numberOf(input.query?.offset) ?? 0;
  const requireEnd = createEndGuard(limit);
  let offset = start;
  let size = limit;
  for (;;) {
    let page: Reply;
    try {
      page = await list({ ...input, query: { ...input.query, offset, limit: size } }, options);
    } catch (error) {
      // So many are too much for one reply.
      if (!(error instanceof TesseraError) || error.code !== "limit_reached" || size < 2)
        throw error;
      size = Math.floor(size / 2);
      continue;
    }
    const count = itemsOf(page).length;
    yield page;
    offset += count;
    // A page that is not whole is the last, whatever the total says: else one that lies about it is asked for ever.
    if (count === 0 || count < Math.min(size, page.limit ?? size) || offset >= page.total) return;
    requireEnd(page.total, offset - start);
  }
}

/** Throws where a list cannot end: its total is none, it grows faster than it is read, or its pages are too small. */
function createEndGuard(limit: number): (total: number, count: number) => void {
  let pages = 0;
  let firstTotal: number | undefined;
  return (total, count) => {
    pages += 1;
    firstTotal ??= total;
    const isEndless = !(total <= mostItems) || pages * limit > mostItems;
    // Twice as many and a few: others may add to it meanwhile.
    if (!isEndless && count <= 2 * firstTotal + mostAddedMeanwhile) return;
    throw new TesseraError(
      "unexpected_reply",
      isEndless
        ? `The list has ${total} items by its own words, and goes on behind ${count}: no more than ${mostItems} are read. Is this a Tessera server?`
        : `The list goes on behind ${count} items, and its first page told of ${firstTotal}. Is this a Tessera server?`,
    );
  };
}

const mostAddedMeanwhile = 10_000;

function itemsOf(page: Page): readonly unknown[] {
  return Object.values(page).find((member) => Array.isArray(member)) ?? [];
}

function numberOf(value: unknown): number | undefined {
  return typeof value === "number" ? value : undefined;
}
