import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { ageScopes, type PastUse, recordUses } from "../../../testing/recorded-uses.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

const day = 86_400_000;

onEveryDatabase("what a token needs of its scopes", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let [c1, c2, g1] = ["", "", ""];

  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    const make = async (type: string) =>
      requireStatus(await ada.call("POST", `/${domainId}/${type}`, { name: "x" }), 201).id;
    [c1, c2, g1] = [await make("clients"), await make("clients"), await make("groups")];
  });
  afterAll(() => server.close());

  /** A token whose scopes are so old. */
  const oldToken = async (scopes: readonly string[], days = 100) => {
    const token = await server.newToken(ada, domainId, scopes);
    await ageScopes(server.deps.database, token.id, server.clock.now - days * day);
    return token;
  };
  const use = (operation: string, entityId: string, more: Partial<PastUse> = {}): PastUse => ({
    ...{ operation, domainId, entityId, at: server.clock.now, allowed: 1 },
    ...more,
  });
  const record = (tokenId: string, ...uses: readonly PastUse[]) =>
    recordUses(server.deps.database, tokenId, uses);
  const propose = async (tokenId: string, window = "90d") =>
    requireStatus(await ada.call("GET", `/pats/${tokenId}/proposal?window=${window}`), 200);
  const textsOf = (scopes: readonly Record<string, string>[]) =>
    scopes.map((each) => `${each.entity_type}:${each.operation}:${each.entity_id}`).sort();
  const scopesOf = async (tokenId: string) =>
    textsOf(requireStatus(await ada.call("GET", `/pats/${tokenId}/scope?limit=100`), 200).scopes);

  test("what was not used in the window goes, what was used stays, and what is younger is not judged", async () => {
    const { id } = await oldToken([`clients:view:${c1}`, `clients:update:${c1}`, "groups:view:*"]);
    await record(id, use("clients.view", c1, { allowed: 7 }));
    await record(id, use("clients.update", c1, { at: server.clock.now - 92 * day }));
    const young = { domain_id: domainId, entity_type: "channels", entity_id: "*" };
    const added = { scopes: [{ ...young, operation: "view" }] };
    requireStatus(await ada.call("PATCH", `/pats/${id}/scope/add`, added), 200);
    const told = await propose(id);
    expect(told.dropped.map(({ scope }: { scope: never }) => textsOf([scope])[0]).sort()).toEqual([
      `clients:update:${c1}`,
      "groups:view:*",
    ]);
    expect(told.dropped[0].why).toBe("not used in 90d");
    expect(told.not_judged).toEqual([
      { scope: { ...young, operation: "view" }, why: "younger than the window of 90d" },
    ]);
    expect(textsOf(told.scopes_proposed)).toEqual(["channels:view:*", `clients:view:${c1}`]);
    expect(told.proof).toMatchObject({ uses: 7, operations: 1, objects: 1, would_refuse: 0 });
    expect(told).toMatchObject({ window: "90d", narrowed: [], complete: true, gaps: [] });
    // A longer window knows of the other use, and the scopes are too young for it.
    const longer = await propose(id, "365d");
    expect(longer.dropped).toEqual([]);
    expect(longer.not_judged).toHaveLength(4);
    expect(await scopesOf(id)).toHaveLength(4);
  });

  test("all objects become those that were used, and it is said that one made later is refused", async () => {
    const { id } = await oldToken(["clients:view:*"]);
    await record(id, use("clients.view", c1), use("clients.view", c2));
    const told = await propose(id);
    expect(told.narrowed).toMatchObject([{ from: "*", to: [c1, c2].sort() }]);
    expect(told.narrowed[0].why).toMatch(/made later would be refused/);
    expect(told.notes.join()).toMatch(/made later would be refused/);
    expect(told.proof).toMatchObject({ uses: 2, would_refuse: 0 });
  });

  test("all objects stay where more than 20 were used, or the token lists or creates them", async () => {
    const many = await oldToken(["clients:view:*"]);
    const ids = Array.from({ length: 21 }, () => randomUUID());
    await record(many.id, ...ids.map((entityId) => use("clients.view", entityId)));
    const lister = await oldToken(["clients:view:*", "domains:list_clients", "groups:view:*"]);
    await record(lister.id, use("clients.view", c1), use("domains.list_clients", domainId));
    await record(lister.id, use("groups.view", g1));
    for (const [tokenId, why] of [
      [many.id, /21 objects, more than 20/],
      [lister.id, /may also do domains:list_clients/],
    ] as const) {
      const told = await propose(tokenId);
      expect(told.not_narrowed).toMatchObject([{ scope: { entity_id: "*" } }]);
      expect(told.not_narrowed[0].why).toMatch(why);
    }
    // Of another type it is still narrowed.
    expect((await propose(lister.id)).narrowed).toMatchObject([{ to: [g1] }]);
  });

  test("scopes stay whose operation was used on more objects than are counted one by one", async () => {
    const { id } = await oldToken(["clients:view:*", `clients:update:${c1}`]);
    const others = { domainId: "", allowed: 30 };
    await record(id, use("clients.view", c1), use("clients.view", "others", others));
    const told = await propose(id);
    expect(told.not_judged).toHaveLength(1);
    expect(told.not_judged[0].why).toMatch(/more objects a day/);
    expect(textsOf(told.scopes_proposed)).toEqual(["clients:view:*"]);
    expect(told.proof).toMatchObject({ uses: 1, not_decided: 30, would_refuse: 0 });
    const { scopes } = requireStatus(await ada.call("GET", `/pats/${id}/scope`), 200);
    const viewing = scopes.find(({ operation }: { operation: string }) => operation === "view");
    expect(viewing).toMatchObject({ uses_90d: 1, uses_90d_is_minimum: true });
  });

  test("lists of one's own domains are uses of each scope that opens a part of them", async () => {
    const token = await oldToken(["domains:list", "domains:list_invitation", "domains:read"]);
    const { id } = token;
    requireStatus(await token.call("GET", "/domains"), 200);
    requireStatus(await token.call("GET", "/invitations"), 200);
    const told = await propose(id);
    expect(textsOf(told.scopes_proposed).map((text) => text.split(":")[1])).toEqual([
      "list",
      "list_invitation",
    ]);
    expect(told.proof).toMatchObject({ uses: 2, would_refuse: 0, refused_already: 0 });
    const { scopes } = requireStatus(await ada.call("GET", `/pats/${id}/scope`), 200);
    for (const count of ["uses_90d", "use_count"]) {
      const used = scopes.map((each: Record<string, unknown>) => [each.operation, each[count]]);
      expect(Object.fromEntries(used)).toEqual({ list: 1, list_invitation: 1, read: 0 });
    }
    for (const each of scopes)
      expect(Date.parse(each.last_used_at) > 0).toBe(each.operation !== "read");
  });

  test("a use that was refused widens nothing and keeps nothing", async () => {
    const { id } = await oldToken([`clients:view:${c1}`, `clients:update:${c1}`]);
    const refused = { allowed: 0, refused: 5 };
    await record(id, use("clients.view", c1), use("clients.update", c1, refused));
    await record(id, use("clients.view", c2, refused), use("clients.delete", c1, refused));
    const told = await propose(id);
    expect(textsOf(told.scopes_proposed)).toEqual([`clients:view:${c1}`]);
    expect(told.proof).toMatchObject({ uses: 1, would_refuse: 0, refused_already: 0 });
  });

  test("the proof goes by what the owner may do now, as requests do", async () => {
    const bob = await server.newUser();
    const other = await server.newDomain(bob);
    const token = await server.newToken(bob, other, [`clients:view:${c1}`, "groups:view:*"]);
    await ageScopes(server.deps.database, token.id, server.clock.now - 100 * day);
    await record(token.id, use("clients.view", c1, { domainId: other, allowed: 4 }));
    const read = () => bob.call("GET", `/pats/${token.id}/proposal`);
    const before = requireStatus(await read(), 200);
    expect(before.proof).toMatchObject({ uses: 4, refused_already: 0, would_refuse: 0 });
    requireStatus(await bob.call("POST", `/domains/${other}/disable`), 200);
    const { proof } = requireStatus(await read(), 200);
    expect(proof).toMatchObject({ uses: 4, refused_already: 4, would_refuse: 0 });
  });

  test("the list of scopes tells when each was used last and how often in 90 days, or never", async () => {
    const token = await oldToken(["clients:view:*", `clients:update:${c1}`]);
    const long = { at: server.clock.now - 91 * day - 1 };
    await record(token.id, use("clients.view", c2, { allowed: 3 }), use("clients.view", c2, long));
    requireStatus(await token.call("GET", `/${domainId}/clients/${c1}`), 200);
    const list = requireStatus(await ada.call("GET", `/pats/${token.id}/scope`), 200);
    const byOperation = new Map(
      list.scopes.map((each: { operation: string }) => [each.operation, each]),
    );
    const now = new Date(server.clock.now).toISOString();
    expect(byOperation.get("view")).toMatchObject({ uses_90d: 4, last_used_at: now });
    expect(byOperation.get("update")).toMatchObject({
      uses_90d: 0,
      last_used_at: "0001-01-01T00:00:00Z",
    });
    expect(byOperation.get("view")).not.toHaveProperty("uses_90d_is_minimum");
    expect(list).toMatchObject({ uses_are_complete: true });
  });

  test("it is said since when all uses are counted, and where some are not", async () => {
    const { id } = await oldToken(["clients:view:*"]);
    const gap = { from_at: server.clock.now - 2000, to_at: server.clock.now - 1000, uses: 12 };
    await server.deps.database.inTransaction(async (trx) => {
      await trx.updateTable("tokens").set({ issued_at: 1 }).where("id", "=", id).execute();
      await trx
        .insertInto("usage_gaps")
        .values({ ...gap, recorder_id: randomUUID(), last_slice: null })
        .execute();
      await trx.deleteFrom("token_secrets").where("token_id", "=", id).execute();
    });
    const told = await propose(id);
    const [from, to] = [gap.from_at, gap.to_at].map((at) => new Date(at).toISOString());
    expect(told).toMatchObject({ complete: false, gaps: [{ from, to, uses: 12 }] });
    expect(told.notes.join()).toMatch(/not counted/);
    const list = requireStatus(await ada.call("GET", `/pats/${id}/scope`), 200);
    expect(list).toMatchObject({ uses_are_complete: false, uses_complete_since: to });
    await server.deps.database.inTransaction(async (trx) => {
      await trx.deleteFrom("usage_gaps").execute();
    });
    expect((await propose(id)).complete).toBe(true);
    // Counted by a server that kept no more than how often.
    await server.deps.database.inTransaction(async (trx) => {
      const counted = { token_id: id, day: dayOf(server.clock.now - 5 * day), uses: 3 };
      await trx.insertInto("token_daily_use").values(counted).execute();
    });
    await record(id, use("clients.view", c1));
    const older = await propose(id);
    expect(older).toMatchObject({ complete: false, gaps: [], narrowed: [] });
    expect(older.not_narrowed).toMatchObject([{ why: expect.stringMatching(/some days/) }]);
  });

  test("a scope that was used stays also where nobody knows on which object", async () => {
    const { id } = await oldToken(["clients:view:*", "clients:update:*"]);
    await server.deps.database.inTransaction(async (trx) => {
      await trx
        .updateTable("token_scopes")
        .set({ last_used_at: server.clock.now - 5 * day, use_count: 3 })
        .where("token_id", "=", id)
        .where("operation", "=", "view")
        .execute();
    });
    const told = await propose(id);
    expect(textsOf(told.scopes_proposed)).toEqual(["clients:view:*"]);
    expect(told.not_judged).toMatchObject([{ scope: { operation: "view" } }]);
  });

  test("the longest time without a use is told, for what is done seldom", async () => {
    const { id } = await oldToken(["clients:view:*"], 60);
    const daysAgo = [50, 49, 9, 0];
    for (const ago of daysAgo) {
      await record(id, use("clients.view", c1, { at: server.clock.now - ago * day }));
    }
    const { longest_gap: gap } = await propose(id, "30d");
    expect(gap).toEqual({
      days: 21,
      from: dayOf(server.clock.now - 30 * day),
      to: dayOf(server.clock.now - 10 * day),
    });
    expect((await propose(id, "90d")).longest_gap).toMatchObject({ days: 39 });
  });

  test("a window from 1d to 365d is taken, and any other is refused by its name", async () => {
    const { id } = await oldToken(["clients:view:*"]);
    for (const window of ["1d", "52w", "365d"]) {
      expect((await propose(id, window)).window).toBe(window);
    }
    for (const window of ["23h", "366d", "", "soon", "-5d"]) {
      const { status, body } = await ada.call("GET", `/pats/${id}/proposal?window=${window}`);
      expect([window, status, body.code, body.field]).toEqual([
        window,
        400,
        "invalid_query",
        "window",
      ]);
    }
  });

  test("only the owner's session sees, applies and undoes a proposal", async () => {
    const token = await oldToken(["clients:view:*"]);
    const bob = await server.newUser();
    const { etag } = await propose(token.id);
    const requests = [
      ["GET", "proposal", undefined],
      ["POST", "proposal/apply", { etag, window: "90d" }],
      ["POST", "proposal/undo", undefined],
    ] as const;
    for (const [method, path, body] of requests) {
      const at = `/pats/${token.id}/${path}`;
      for (const [caller, code] of [
        [token, "session_required"],
        [bob, "not_found"],
        [server.admin, "not_found"],
      ] as const) {
        expect((await caller.call(method, at, body)).body.code).toBe(code);
      }
    }
    expect(await scopesOf(token.id)).toEqual(["clients:view:*"]);
  });
});

function dayOf(at: number): string {
  return new Date(at).toISOString().slice(0, 10);
}
