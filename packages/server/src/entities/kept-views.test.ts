import { builtInEntityTypes, maximumLength } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { systemActor } from "../access/actor.ts";
import { createReplyWriter } from "../http/reply-writer.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { startApp, type TestApp, type TestUser } from "../testing/start-app.ts";
import { testDatabases } from "../testing/test-databases.ts";
import { keepViews, viewKey } from "./kept-views.ts";

onEveryDatabase("a view that was asked for before", (kind) => {
  let server: TestApp;
  let owner: TestUser;
  let domainId: string;
  beforeAll(async () => {
    server = await startApp(kind);
    owner = await server.newUser();
    domainId = await server.newDomain(owner);
  });
  afterAll(() => server.close());

  const create = async (type: string, body: object = {}) =>
    (await owner.call("POST", `/${domainId}/${type}`, { name: "pump", ...body })).body.id as string;
  const view = (type: string, id: string) => owner.call("GET", `/${domainId}/${type}/${id}`);
  const viewTwice = async (type: string, id: string) => {
    const first = await view(type, id);
    expect((await view(type, id)).body).toEqual(first.body);
    return first.body;
  };

  test("shows every change of the object from the reply to the change on", async () => {
    const group = await create("groups");
    const id = await create("clients", { tags: ["a"] });
    const changes: readonly [string, string, object | undefined, object][] = [
      ["PATCH", "", { name: "motor" }, { name: "motor" }],
      ["PATCH", "", { private_metadata: { pin: 7 } }, { private_metadata: { pin: 7 } }],
      ["PATCH", "/tags", { tags: ["b", "c"] }, { tags: ["b", "c"] }],
      ["POST", "/disable", undefined, { status: "disabled" }],
      ["POST", "/enable", undefined, { status: "enabled" }],
      ["POST", "/parent", { parent_group_id: group }, { parent_group_id: group }],
      ["DELETE", "/parent", undefined, {}],
    ];
    for (const [method, path, body, expected] of changes) {
      await viewTwice("clients", id);
      const { status } = await owner.call(method, `/${domainId}/clients/${id}${path}`, body);
      expect(status, `${method} ${path}`).toBeLessThan(300);
      expect((await view("clients", id)).body, `${method} ${path}`).toMatchObject(expected);
    }
    expect((await view("clients", id)).body).not.toHaveProperty("parent_group_id");
    await owner.call("DELETE", `/${domainId}/clients/${id}`);
    expect((await view("clients", id)).status).toBe(404);
  });

  test("shows who changed the secret, from the reply to that on", async () => {
    const id = await create("clients");
    expect(await viewTwice("clients", id)).not.toHaveProperty("updated_by");
    const path = `/${domainId}/clients/${id}/secret`;
    const { status } = await owner.call("PATCH", path, { secret: "a secret of some length" });
    expect(status).toBe(200);
    expect((await view("clients", id)).body.updated_by).toBe(owner.id);
  });

  test("shows what became of it with its group", async () => {
    const group = await create("groups");
    const below = await create("groups", { parent_id: group });
    const client = await create("clients", { parent_group_id: group });
    expect((await viewTwice("clients", client)).parent_group_id).toBe(group);
    await viewTwice("groups", below);
    expect((await owner.call("DELETE", `/${domainId}/groups/${group}`)).status).toBe(204);
    expect((await view("clients", client)).body).not.toHaveProperty("parent_group_id");
    expect((await view("groups", below)).body).not.toHaveProperty("parent_id");
  });

  test("is not given to whoever may no longer see it, nor in a domain that is no more", async () => {
    const id = await create("clients");
    const token = await server.newToken(owner, domainId, ["clients:view:*"]);
    const path = `/${domainId}/clients/${id}`;
    expect((await token.call("GET", path)).status).toBe(200);
    await owner.call("PATCH", `/pats/${token.id}/secret/revoke`);
    expect((await token.call("GET", path)).status).toBe(401);
    const other = await server.newDomain(owner);
    expect((await owner.call("GET", `/${other}/clients/${id}`)).status).toBe(404);
  });

  test("of an object with much in it is answered in full", async () => {
    const metadata = { text: "x".repeat(20_000) };
    const id = await create("clients", { metadata });
    expect((await viewTwice("clients", id)).metadata).toEqual(metadata);
  });
});

const [type] = builtInEntityTypes.filter(({ name }) => name === "clients");
const key = { domainId: "d", id: "c" };

onEveryDatabase("what is kept of views", (kind) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(kind);
  });
  afterAll(() => server.close());

  const keep = () => {
    if (type === undefined) throw new Error("there are no clients");
    return keepViews(server.deps, type);
  };
  const write = createReplyWriter(z.object({ name: z.string() }));
  const read = (reply: object | undefined): unknown =>
    reply === undefined ? undefined : JSON.parse(write(reply));
  const change = (kindOfKey: "entity" | "domain" | "user") =>
    server.deps.hub.change(systemActor, async ({ touch }) => {
      const id = kindOfKey === "domain" ? key.domainId : viewKey({ name: "clients" }, key).id;
      touch(kindOfKey, id);
    });

  test("is given again on SQLite, and nothing is kept where other servers change the database", async () => {
    const views = keep();
    expect(views.peek(key)).toBeUndefined();
    await views.load(key, async () => ({ name: "pump" }));
    expect(read(views.peek(key))).toEqual(kind.name === "SQLite" ? { name: "pump" } : undefined);
  });

  test.each(["entity", "domain"] as const)(
    "is forgotten after a change of the %s, whenever it came",
    async (touched) => {
      const afterwards = keep();
      await afterwards.load(key, async () => ({ name: "old" }));
      await change(touched);
      expect(afterwards.peek(key)).toBeUndefined();

      const meanwhile = keep();
      const seen = await meanwhile.load(key, async () => {
        const old = { name: "old" };
        await change(touched);
        return old;
      });
      expect(read(seen)).toEqual({ name: "old" });
      expect(meanwhile.peek(key)).toBeUndefined();

      // The domain is known already: only the object is read anew.
      const again = meanwhile.load(key, async () => ({ name: "old" }));
      await change(touched);
      await again;
      expect(meanwhile.peek(key)).toBeUndefined();
    },
  );

  test("is not kept where it is large", async () => {
    const views = keep();
    await views.load(key, async () => ({ name: "x".repeat(maximumLength.name * 3) }));
    expect(views.peek(key)).toBeUndefined();
  });
});

const postgres = testDatabases.filter(({ name }) => name === "PostgreSQL");
test.each(postgres)(
  "on $name a view shows what another server changed, from the reply to the change on",
  async (kind) => {
    const first = await startApp(kind);
    const second = await startApp(kind, { sameDatabaseAs: first });
    const owner = await first.newUser();
    const domainId = await first.newDomain(owner);
    const made = await owner.call("POST", `/${domainId}/clients`, { name: "0" });
    const path = `/${domainId}/clients/${made.body.id}`;
    const elsewhere = second.bearer(owner.accessToken);
    for (let round = 1; round <= 10; round += 1) {
      expect((await owner.call("GET", path)).body.name).toBe(String(round - 1));
      await elsewhere.call("PATCH", path, { name: String(round) });
      expect((await owner.call("GET", path)).body.name).toBe(String(round));
    }
    await second.close();
    await first.close();
  },
);
