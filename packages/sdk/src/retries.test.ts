import { describe, expect, test } from "vitest";
import { createClient } from "./client.ts";
import type { TransportOptions } from "./transport.ts";

const id = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const question = { domain_id: id, entity_type: "clients", entity_id: id, operation: "view" };

type Client = ReturnType<typeof createClient>;

const calls: Readonly<Record<string, (client: Client) => Promise<unknown>>> = {
  "a list": (client) => client.clients.list({ domainId: id }),
  "a change": (client) => client.clients.create({ domainId: id, body: { name: "pump" } }),
  "a PUT": (client) => client.groups.update({ domainId: id, id, body: { name: "pumps" } }),
  "a DELETE": (client) => client.clients.delete({ domainId: id, id }),
  "a PATCH": (client) => client.tokens.regenerate({ tokenId: id, body: { duration: "1h" } }),
  "a decision": (client) => client.service.authorize({ body: question }),
};

describe("a call that was refused for its rate", () => {
  test.each(Object.entries(calls))("is sent again after that time: %s", async (_, call) => {
    const { client, waits, sent } = serve([busy(429, 2), busy(429, 1), done()]);
    await call(client());
    expect([waits, sent()]).toEqual([[2000, 1000], 3]);
  });

  test("is sent four times at most, and then fails with what it was told last", async () => {
    const { client, waits, sent } = serve(Array.from({ length: 9 }, () => busy(429, 1)));
    await expect(client().users.profile()).rejects.toMatchObject({
      status: 429,
      retryAfterSeconds: 1,
    });
    expect([waits.length, sent()]).toEqual([3, 4]);
  });

  test.each([
    ["that says no time", busy(429, undefined)],
    ["that asks for more than may be waited", busy(429, 31)],
  ])("fails at once after an answer %s", async (_, answer) => {
    const { client, waits, sent } = serve([answer, done()]);
    await expect(client().users.profile()).rejects.toMatchObject({ status: 429 });
    expect([waits, sent()]).toEqual([[], 1]);
  });

  test("fails at once in a browser's session, whose person decides, unless that is asked for", async () => {
    const { client, sent } = serve([busy(429, 1), busy(429, 1), done()]);
    const inBrowser = { credentials: { kind: "cookies" } } as const;
    await expect(client(inBrowser).users.profile()).rejects.toMatchObject({ status: 429 });
    expect(sent()).toBe(1);
    await client({ ...inBrowser, retries: { times: 1, longestWaitSeconds: 1 } }).users.profile();
    expect(sent()).toBe(3);
  });

  test("is not sent again once it was aborted, and does not wait any longer", async () => {
    const controller = new AbortController();
    let sent = 0;
    const client = createClient({
      baseUrl: "https://tokens.example.test",
      fetch: (async () => {
        sent += 1;
        setTimeout(() => controller.abort());
        return busy(429, 30)();
      }) as typeof fetch,
    });
    const call = client.users.profile({}, { signal: controller.signal });
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
    expect(sent).toBe(1);
  });
});

describe("a call that the server could not answer now", () => {
  test.each(["a list", "a PUT", "a decision"])("is sent again: %s", async (name) => {
    const { client, waits } = serve([busy(503, 1), done()]);
    await calls[name]?.(client());
    expect(waits).toEqual([1000]);
  });

  test.each(["a change", "a PATCH", "a DELETE"])(
    "fails where it may have been done already: %s",
    async (name) => {
      const { client, sent } = serve([busy(503, 1), done()]);
      await expect(calls[name]?.(client())).rejects.toMatchObject({ status: 503 });
      expect(sent()).toBe(1);
    },
  );

  test("fails where the search itself took too long", async () => {
    const { client, sent } = serve([busy(503, 1, "search_too_slow"), done()]);
    const call = client().clients.list({ domainId: id });
    await expect(call).rejects.toMatchObject({ code: "search_too_slow" });
    expect(sent()).toBe(1);
  });
});

function busy(status: 429 | 503, retryAfterSeconds: number | undefined, code?: string) {
  const headers: Record<string, string> =
    retryAfterSeconds === undefined ? {} : { "retry-after": String(retryAfterSeconds) };
  const named = code ?? (status === 429 ? "rate_limited" : "unavailable");
  return () => Response.json({ message: "busy", code: named }, { status, headers });
}

const done = () => () => Response.json({});

/** Answers one after the other; waits take no time. */
function serve(answers: readonly (() => Response)[]) {
  let sent = 0;
  const waits: number[] = [];
  const options: TransportOptions = {
    baseUrl: "https://tokens.example.test",
    fetch: (async () => {
      sent += 1;
      return (answers[sent - 1] ?? done())();
    }) as typeof fetch,
  };
  const quickly = async (milliseconds: number) => void waits.push(milliseconds);
  const client = (more: Partial<TransportOptions> = {}) => {
    const retries = more.retries ?? (more.credentials?.kind === "cookies" ? undefined : programs);
    return createClient({
      ...options,
      ...more,
      ...(retries === undefined ? {} : { retries: { wait: quickly, ...retries } }),
    });
  };
  const programs = { times: 3, longestWaitSeconds: 30 };
  return { client, waits, sent: () => sent };
}
