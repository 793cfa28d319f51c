import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { ageScopes, type PastUse, recordUses } from "../../../testing/recorded-uses.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { newMember } from "../../../testing/test-people.ts";
import { pruneUsesJob } from "../usage/prune-uses.ts";

const day = 86_400_000;

onEveryDatabase("a token that is narrowed", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let [c1, c2] = ["", ""];
  let startedAt: number;

  beforeAll(async () => {
    server = await startApp(kind);
    startedAt = server.clock.now;
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    [c1, c2] = [await newClient(), await newClient()];
  });
  afterAll(() => server.close());

  const newClient = async (): Promise<string> =>
    requireStatus(await ada.call("POST", `/${domainId}/clients`, { name: "pump" }), 201).id;
  /** A token that may view all clients and update one, and has viewed two of them. */
  const usedToken = async (
    scopes = ["clients:view:*", `clients:update:${c1}`],
    ids: readonly string[] = [c1, c2],
  ) => {
    const token = await server.newToken(ada, domainId, scopes, "300d");
    await ageScopes(server.deps.database, token.id, startedAt - 100 * day);
    const at = { operation: "clients.view", domainId, at: startedAt, allowed: 1 };
    const uses = ids.map((entityId): PastUse => ({ ...at, entityId }));
    await recordUses(server.deps.database, token.id, uses);
    return token;
  };
  const propose = async (tokenId: string, caller = ada) =>
    requireStatus(await caller.call("GET", `/pats/${tokenId}/proposal`), 200);
  const apply = async (tokenId: string, caller = ada) => {
    const { etag } = await propose(tokenId, caller);
    return caller.call("POST", `/pats/${tokenId}/proposal/apply`, { etag, window: "90d" });
  };
  const undo = (tokenId: string, caller = ada) =>
    caller.call("POST", `/pats/${tokenId}/proposal/undo`);
  const rowsOf = (tokenId: string) =>
    server.deps.database.read
      .selectFrom("token_scopes")
      .where("token_id", "=", tokenId)
      .selectAll()
      .orderBy("id")
      .execute();
  const textsOf = async (tokenId: string) =>
    (await rowsOf(tokenId)).map((each) => `${each.operation}:${each.entity_id}`).sort();
  const view = (caller: Pick<TestUser, "call">, id: string) =>
    caller.call("GET", `/${domainId}/clients/${id}`);
  const eventsOf = async (tokenId: string) => {
    const rows = await server.deps.database.read
      .selectFrom("audit_events")
      .where("entity_id", "=", tokenId)
      .select("action")
      .orderBy("at")
      .execute();
    return rows.map(({ action }) => action).filter((action) => action.endsWith("_proposal"));
  };

  test("may do at once what it did, and nothing else, and its undo gives back exactly what was there", async () => {
    const token = await usedToken();
    const before = await rowsOf(token.id);
    const other = await newClient();
    expect((await view(token, other)).status).toBe(200);
    await server.deps.database.inTransaction(async (trx) => {
      await trx.deleteFrom("token_use").where("entity_id", "=", other).execute();
    });
    // What this server has counted and not written yet is known, too.
    const { narrowed } = await propose(token.id);
    expect(narrowed).toMatchObject([{ to: [c1, c2, other].sort() }]);

    const applied = requireStatus(await apply(token.id), 200);
    expect(applied.scopes).toHaveLength(3);
    expect(applied.undo_until).toBe(new Date(startedAt + 30 * day).toISOString());
    expect(await textsOf(token.id)).toEqual([c1, c2, other].map((id) => `view:${id}`).sort());
    expect((await view(token, c1)).status).toBe(200);
    const made = await newClient();
    expect((await view(token, made)).body.code).toBe("scope_missing");
    const { undo: offered } = await propose(token.id);
    expect(offered).toMatchObject({ until: applied.undo_until });

    const undone = requireStatus(await undo(token.id), 200);
    expect(undone).toMatchObject({ left_out: [] });
    expect(undone.scopes).toHaveLength(2);
    expect(await rowsOf(token.id)).toEqual(before);
    expect((await view(token, made)).status).toBe(200);
    expect(await propose(token.id)).not.toHaveProperty("undo");
    const events = await eventsOf(token.id);
    expect(events.toSorted()).toEqual(["tokens.apply_proposal", "tokens.undo_proposal"]);
    expect((await undo(token.id)).body.code).toBe("invalid_state");
  });

  test("is judged again at once: what is narrowed is as old as what it came of", async () => {
    const token = await usedToken();
    requireStatus(await apply(token.id), 200);
    const told = await propose(token.id);
    expect(told).toMatchObject({ not_judged: [], dropped: [], narrowed: [] });
    const again = await apply(token.id);
    expect([again.status, again.body.code]).toEqual([400, "invalid_state"]);
    expect((await eventsOf(token.id)).length).toBe(1);
  });

  test("is left as it was where its scopes or the proposal changed meanwhile", async () => {
    const token = await usedToken();
    const { etag } = await propose(token.id);
    const post = (body: object) => ada.call("POST", `/pats/${token.id}/proposal/apply`, body);
    const add = {
      scopes: [{ domain_id: domainId, entity_type: "groups", entity_id: "*", operation: "view" }],
    };
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/scope/add`, add), 200);
    const before = await rowsOf(token.id);
    const changed = await post({ etag, window: "90d" });
    expect([changed.status, changed.body.code]).toEqual([409, "proposal_changed"]);

    const { etag: second } = await propose(token.id);
    // Another window is another proposal, and one more use may make it another one.
    expect((await post({ etag: second, window: "30d" })).body.code).toBe("proposal_changed");
    const body = { name: "renamed" };
    requireStatus(await token.call("PATCH", `/${domainId}/clients/${c1}`, body), 200);
    expect((await post({ etag: second, window: "90d" })).body.code).toBe("proposal_changed");
    expect(await rowsOf(token.id)).toEqual(before);
    expect(await eventsOf(token.id)).toEqual([]);
    // More of what was known changes nothing.
    const { etag: third } = await propose(token.id);
    expect((await view(token, c1)).status).toBe(200);
    expect((await post({ etag: third, window: "90d" })).status).toBe(200);
  });

  test("loses no scope that is added while it is narrowed", async () => {
    const token = await usedToken();
    const { etag } = await propose(token.id);
    const scope = { domain_id: domainId, entity_type: "groups", entity_id: "*", operation: "view" };
    const [added, applied] = await Promise.all([
      ada.call("PATCH", `/pats/${token.id}/scope/add`, { scopes: [scope] }),
      ada.call("POST", `/pats/${token.id}/proposal/apply`, { etag, window: "90d" }),
    ]);
    expect(added.status).toBe(200);
    expect([200, 409]).toContain(applied.status);
    const groups = (await rowsOf(token.id)).filter(({ entity_type }) => entity_type === "groups");
    expect(groups).toHaveLength(1);
  });

  test("gets nothing back by undo once its scopes were changed by hand", async () => {
    const changes = [
      (id: string) =>
        ada.call("PATCH", `/pats/${id}/scope/add`, {
          scopes: [
            { domain_id: domainId, entity_type: "groups", entity_id: "*", operation: "view" },
          ],
        }),
      async (id: string) => {
        const [first] = await rowsOf(id);
        return ada.call("PATCH", `/pats/${id}/scope/remove`, { scopes_id: [first?.id ?? ""] });
      },
      (id: string) => ada.call("DELETE", `/pats/${id}/scope`),
    ];
    for (const change of changes) {
      const token = await usedToken();
      requireStatus(await apply(token.id), 200);
      requireStatus(await change(token.id), 200);
      const before = await rowsOf(token.id);
      const refused = await undo(token.id);
      expect([refused.status, refused.body.code]).toEqual([409, "scopes_changed"]);
      expect(await rowsOf(token.id)).toEqual(before);
      expect(await propose(token.id)).not.toHaveProperty("undo");
    }
  });

  test("gets back by undo all but scopes on objects that were deleted meanwhile", async () => {
    const [kept, deleted, dropped] = [await newClient(), await newClient(), await newClient()];
    const scopes = ["groups:view:*", `clients:update:${dropped}`, `clients:update:${kept}`];
    const token = await usedToken([...scopes, "clients:view:*"], [kept, deleted]);
    requireStatus(await apply(token.id), 200);
    for (const id of [deleted, dropped]) {
      requireStatus(await ada.call("DELETE", `/${domainId}/clients/${id}`), 204);
    }
    const undone = requireStatus(await undo(token.id), 200);
    expect(undone.left_out).toMatchObject([{ entity_id: dropped, operation: "update" }]);
    expect(await textsOf(token.id)).toEqual(["view:*", "view:*", `update:${kept}`].sort());
  });

  test("gets its scopes back for 30 days, and is told clearly when that is over", async () => {
    const token = await usedToken();
    requireStatus(await apply(token.id), 200);
    const before = await rowsOf(token.id);
    const appliedAt = (at: number) =>
      server.deps.database.inTransaction(async (trx) => {
        await trx
          .updateTable("token_narrowings")
          .set({ applied_at: at })
          .where("token_id", "=", token.id)
          .execute();
      });
    await appliedAt(startedAt - 30 * day - 1);
    const refused = await undo(token.id);
    expect([refused.status, refused.body.code]).toEqual([409, "undo_expired"]);
    expect(await propose(token.id)).not.toHaveProperty("undo");
    expect(await rowsOf(token.id)).toEqual(before);
    await appliedAt(startedAt - 30 * day);
    expect((await undo(token.id)).status).toBe(200);
  });

  test("may by undo do nothing that its owner may not do any more", async () => {
    const bob = await newMember(server, ada, domainId, ["read", "client_read"]);
    const token = await server.newToken(bob, domainId, ["clients:view:*", "clients:update:*"]);
    await ageScopes(server.deps.database, token.id, startedAt - 100 * day);
    expect((await view(token, c1)).status).toBe(200);
    requireStatus(await apply(token.id, bob), 200);
    const members = { members: [bob.id] };
    const { roles } = requireStatus(await ada.call("GET", `/domains/${domainId}/roles`), 200);
    const { id: role } = roles.find(({ name }: { name: string }) => name.startsWith("role "));
    const leave = await ada.call(
      "POST",
      `/domains/${domainId}/roles/${role}/members/delete`,
      members,
    );
    requireStatus(leave, 204);
    requireStatus(await undo(token.id, bob), 200);
    expect(await textsOf(token.id)).toEqual(["update:*", "view:*"]);
    for (const id of [c1, c2]) {
      expect((await view(token, id)).body.code).toBe("owner_lacks_permission");
    }
  });

  test("is neither narrowed nor undone once it is revoked or has expired", async () => {
    const revoked = await usedToken();
    const expired = await usedToken();
    const both = await usedToken();
    requireStatus(await apply(both.id), 200);
    for (const { id } of [revoked, both]) {
      requireStatus(await ada.call("PATCH", `/pats/${id}/secret/revoke`), 204);
    }
    await server.deps.database.inTransaction(async (trx) => {
      await trx
        .updateTable("tokens")
        .set({ expires_at: startedAt })
        .where("id", "=", expired.id)
        .execute();
    });
    for (const [answer, tokenId, words] of [
      [await apply(revoked.id), revoked.id, /revoked/],
      [await apply(expired.id), expired.id, /expired/],
      [await undo(both.id), both.id, /revoked/],
    ] as const) {
      expect([answer.status, answer.body.code]).toEqual([409, "conflict"]);
      expect(answer.body.message).toMatch(words);
      expect(await rowsOf(tokenId)).toHaveLength(2);
    }
    expect(await propose(both.id)).not.toHaveProperty("undo");
  });

  test("leaves nothing behind once it is deleted, or once it was narrowed long ago", async () => {
    const [deleted, old] = [await usedToken(), await usedToken()];
    for (const { id } of [deleted, old]) requireStatus(await apply(id), 200);
    const kept = async () =>
      (
        await server.deps.database.read
          .selectFrom("token_narrowings")
          .where("token_id", "in", [deleted.id, old.id])
          .select("token_id")
          .execute()
      ).map(({ token_id }) => token_id);
    requireStatus(await ada.call("DELETE", `/pats/${deleted.id}`), 204);
    expect(await kept()).toEqual([old.id]);
    const later = { ...server.deps, clock: () => startedAt + 401 * day };
    await pruneUsesJob(later).run(new AbortController().signal);
    expect(await kept()).toEqual([]);
  });
});
