import { randomUUID } from "node:crypto";
import { get, type IncomingMessage } from "node:http";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../testing/start-app.ts";
import { readJsonLine } from "./json-lines.ts";
import { streamRecords } from "./record-store.ts";

const recordCount = 60;
const letters = 150_000;

onEveryDatabase("records that hold very much", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  const ids: readonly string[] = Array.from({ length: recordCount }, () => randomUUID());

  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    const details = JSON.stringify({ x: "x".repeat(letters) });
    const system = { actor_kind: "system", action: "clients.enable" } as const;
    const rows = ids.map((id, at) => ({ ...system, id, at, domain_id: domainId, details }));
    await server.deps.database.inTransaction(async (trx) => {
      await trx.insertInto("audit_events").values(rows).execute();
    });
  });
  afterAll(() => server.close());

  test("come few at a time, each once and in order", async () => {
    const found: string[] = [];
    for await (const rows of streamRecords(server.deps.database, { domainId }, undefined)) {
      expect(rows.length * letters).toBeLessThan(300_000);
      found.push(...rows.map(({ id }) => id));
    }
    expect(found.slice(0, recordCount)).toEqual(ids);
    expect(found).toHaveLength(recordCount + 1);
  });

  test("make pages short, and on none is anything left out", async () => {
    const found: string[] = [];
    for (let after = ""; ; ) {
      const query = `?operation=clients.enable&limit=100${after === "" ? "" : `&after=${after}`}`;
      const { body } = await ada.call("GET", `/${domainId}/audit${query}`);
      expect(JSON.stringify(body).length).toBeLessThan(1_200_000);
      found.push(...body.records.map(({ id }: { readonly id: string }) => id));
      if (body.next === undefined) break;
      after = body.next;
    }
    expect(found).toEqual(ids.toReversed());
  });

  test("are exported as they are stored", async () => {
    const { body } = await ada.call("GET", `/${domainId}/audit?format=jsonl`);
    const lines = String(body).trimEnd().split("\n").map(readJsonLine);
    expect(lines.slice(0, recordCount).map(({ id }) => id)).toEqual(ids);
    expect(lines.every(({ details, at }) => at > recordCount || details.length > letters)).toBe(
      true,
    );
  });

  test("are exported twice at a time for a user, once for a token, and again for whoever reads no more", async () => {
    const { newToken } = server;
    const token = await newToken(ada, domainId, ["domains:view_audit:*"]);
    const other = await newToken(ada, domainId, ["domains:view_audit:*"]);
    const stranger = await server.newUser();
    const strangersDomain = await server.newDomain(stranger);
    const exports = async () => {
      const rows = await server.deps.database.read
        .selectFrom("audit_events")
        .select("id")
        .where("action", "=", "audit.export")
        .execute();
      return rows.length;
    };
    const before = await exports();

    const first = await unread(token);
    const refused = await token.call("GET", `/${domainId}/audit?format=csv`);
    expect([refused.status, refused.body.code, refused.body.message]).toEqual([
      429,
      "rate_limited",
      "One token may make 1 exports at a time; try again in 1 s",
    ]);
    const second = await unread(ada);
    for (const caller of [ada, other]) {
      for (const path of [`/${domainId}/audit?format=jsonl`, "/pats/audit?format=csv"]) {
        if (caller === other && path.startsWith("/pats")) continue;
        expect((await caller.call("GET", path)).status).toBe(429);
      }
    }
    expect((await ada.call("GET", `/${domainId}/audit?limit=1`)).status).toBe(200);
    const ofStranger = await stranger.call("GET", `/${strangersDomain}/audit?format=jsonl`);
    expect(ofStranger.status).toBe(200);
    expect(await exports()).toBe(before + 3);

    first.destroy();
    second.destroy();
    await vi.waitFor(async () => {
      requireStatus(await token.call("GET", `/${domainId}/audit?format=csv`), 200);
    }, 10_000);
    requireStatus(await ada.call("GET", `/${domainId}/audit?format=csv`), 200);
  });

  /** An export of which only the head is read. */
  async function unread({ authorization = "" }: Caller): Promise<IncomingMessage> {
    const url = `${await server.address()}/${domainId}/audit?format=jsonl`;
    const reply = Promise.withResolvers<IncomingMessage>();
    get(url, { headers: { authorization }, agent: false }, reply.resolve).on("error", reply.reject);
    const message = (await reply.promise).on("error", () => {});
    message.pause();
    expect(message.statusCode).toBe(200);
    return message;
  }
});
