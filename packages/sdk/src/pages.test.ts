import { expect, test } from "vitest";
import { createClient } from "./client.ts";
import { eachItem } from "./pages.ts";
import { TesseraError } from "./tessera-error.ts";

const domainId = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";

test("all items of a list come one after the other, from page after page", async () => {
  const { client, asked } = serve(250);
  const found: string[] = [];
  for await (const item of eachItem(client.clients.list, { domainId, query: { tags: "a" } })) {
    found.push(item.name);
  }
  expect(found).toEqual(Array.from({ length: 250 }, (_, index) => `n${index}`));
  expect(asked).toEqual(["0 100 a", "100 100 a", "200 100 a"]);
});

test("a page is asked for when it is needed, in the size and from the place that were given", async () => {
  const { client, asked } = serve(1000);
  const found: string[] = [];
  for await (const item of eachItem(client.clients.list, {
    domainId,
    query: { limit: 3, offset: 10 },
  })) {
    found.push(item.name);
    if (found.length === 4) break;
  }
  expect(found).toEqual(["n10", "n11", "n12", "n13"]);
  expect(asked).toEqual(["10 3 null", "13 3 null"]);
});

test("an empty list, and one that shrinks meanwhile, come to an end", async () => {
  const empty = serve(0);
  for await (const _ of eachItem(empty.client.tokens.list, {})) expect.unreachable();
  expect(empty.asked).toHaveLength(1);
  const shrinking = serve(6, { total: 1000 });
  let count = 0;
  for await (const _ of eachItem(shrinking.client.clients.list, {
    domainId,
    query: { limit: 3 },
  })) {
    count += 1;
  }
  expect([count, shrinking.asked.length]).toEqual([6, 3]);
  const lying = serve(4, { total: 1e6 });
  for await (const _ of eachItem(lying.client.clients.list, { domainId, query: { limit: 3 } })) {
    count += 1;
  }
  expect([count, lying.asked.length]).toEqual([10, 2]);
});

test("where a page is too much for one reply, fewer are asked for", async () => {
  const asked: number[] = [];
  const list = async ({ query }: { readonly query: Readonly<Record<string, unknown>> }) => {
    const [offset, limit] = [Number(query.offset), Number(query.limit)];
    asked.push(limit);
    if (limit > 40) throw new TesseraError("limit_reached", "ask for 40 at a time");
    const names = Array.from(
      { length: Math.min(limit, 60 - offset) },
      (_, at) => `n${offset + at}`,
    );
    return { total: 60, offset, limit, things: names };
  };
  const found: string[] = [];
  for await (const name of eachItem(list, { query: {} })) found.push(name);
  expect(found).toEqual(Array.from({ length: 60 }, (_, index) => `n${index}`));
  expect(asked).toEqual([100, 50, 25, 25, 25]);
  const tooLarge = async () => {
    throw new TesseraError("limit_reached", "one is too much");
  };
  const reading = eachItem(tooLarge as unknown as typeof list, { query: {} }).next();
  await expect(reading).rejects.toThrow("one is too much");
});

test("a list that says that it never ends, or goes on behind its own end, is an error that says so", async () => {
  const countUntilError = async ({ list, limit }: { list: List; limit?: number }) => {
    let count = 0;
    const reading = async () => {
      const query = limit === undefined ? {} : { limit };
      for await (const _ of eachItem(list, { query })) count += 1;
    };
    const failure = await reading().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TesseraError);
    return { count, code: (failure as TesseraError).code, message: (failure as Error).message };
  };
  const full = (total: (offset: number) => unknown, most = Number.POSITIVE_INFINITY): List =>
    async function list({ query }) {
      const offset = Number(query.offset);
      const length = Math.min(Number(query.limit), most);
      return {
        total: total(offset) as number,
        offset,
        limit: length,
        items: Array(length).fill({}),
      };
    };
  expect(await countUntilError({ list: full(() => 1e15) })).toEqual({
    count: 100,
    code: "unexpected_reply",
    message:
      "The list has 1000000000000000 items by its own words, and goes on behind 100: no more than 10000000 are read. Is this a Tessera server?",
  });
  for (const none of [undefined, Number.NaN, "many", {}]) {
    expect(await countUntilError({ list: full(() => none) })).toMatchObject({ count: 100 });
  }
  // One more than what is read, whenever it is asked.
  expect(await countUntilError({ list: full((offset) => offset + 101) })).toEqual({
    count: 10_300,
    code: "unexpected_reply",
    message:
      "The list goes on behind 10300 items, and its first page told of 101. Is this a Tessera server?",
  });
  const slow = full(() => 9_999_999, 1);
  expect(await countUntilError({ list: slow, limit: 10_000 })).toMatchObject({ count: 1_001 });
});

type List = (input: {
  readonly query: { readonly offset?: number; readonly limit?: number };
}) => Promise<{ total: number; offset: number; limit: number; items: object[] }>;

/** A server with so many clients; `total`: what it says that there are. */
function serve(count: number, { total = count } = {}) {
  const asked: string[] = [];
  const client = createClient({
    baseUrl: "https://tokens.example.test",
    fetch: (async (url: string) => {
      const { pathname, searchParams } = new URL(url);
      const [offset, limit] = [
        Number(searchParams.get("offset")),
        Number(searchParams.get("limit")),
      ];
      asked.push(`${offset} ${limit} ${searchParams.get("tags")}`);
      const end = Math.max(offset, Math.min(count, offset + limit));
      const items = Array.from({ length: end - offset }, (_, index) => ({
        name: `n${offset + index}`,
      }));
      const member = pathname === "/pats" ? "pats" : "clients";
      return Response.json({ total, offset, limit, [member]: items });
    }) as typeof fetch,
  });
  return { client, asked };
}
