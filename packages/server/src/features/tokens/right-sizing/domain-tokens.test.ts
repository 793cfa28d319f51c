import { domainAdminActions } from "@tessera/contract";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { explainReads } from "../../../testing/query-plans.ts";
import { recordUses } from "../../../testing/recorded-uses.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { newMember } from "../../../testing/test-people.ts";
import {
  countTokensInDomain,
  listMembersWithMore,
  listTokensInDomain,
} from "./domain-tokens-store.ts";

const day = 86_400_000;

onEveryDatabase("the tokens that reach into a domain", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let bob: TestUser;
  let domainId: string;
  beforeAll(async () => {
    server = await startApp(kind, { environment: { TESSERA_USAGE_FLUSH_INTERVAL: "20ms" } });
    ada = await server.newUser();
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    domainId = await server.newDomain(ada);
    bob = await newMember(server, ada, domainId, ["read", "client_read"]);
  });

  const overview = (caller: Caller, query = "") =>
    caller.call("GET", `/domains/${domainId}/pats${query}`);
  const told = async (query = "") => requireStatus(await overview(ada, query), 200);
  /** Makes scopes of the token on that type used then. */
  const use = (tokenId: string, entityType: string, at: number) =>
    server.deps.database.inTransaction(async (trx) => {
      await trx
        .updateTable("token_scopes")
        .set({ last_used_at: at })
        .where("token_id", "=", tokenId)
        .where("entity_type", "=", entityType)
        .execute();
    });

  test("are told to its administrators: by owner, ends of the text, scopes and their use in it", async () => {
    const token = await server.newToken(bob, domainId, ["clients:view:*", "channels:view:*"]);
    const at = server.clock.now - day;
    await use(token.id, "clients", at);
    const past = { operation: "clients.view", domainId, at, allowed: 1 };
    await recordUses(server.deps.database, token.id, [
      { ...past, entityId: "one" },
      { ...past, entityId: "two" },
    ]);
    const { total, tokens, counts } = await told();
    expect([total, counts]).toEqual([
      1,
      { all: 1, never_used: 0, unused_scopes: 1, all_objects: 1 },
    ]);
    const last = new Date(at).toISOString();
    const unset = "0001-01-01T00:00:00Z";
    const onAll = { entity_id: "*", operation: "view", since: expect.any(String) };
    expect(tokens).toEqual([
      {
        user_id: bob.id,
        starts_with: token.secret.slice(0, 8),
        ends_with: token.secret.slice(-4),
        since: expect.any(String),
        last_used_at: last,
        scopes_count: 2,
        unused_scopes_count: 1,
        scopes: [
          { ...onAll, entity_type: "channels", last_used_at: unset, objects_used: 0 },
          { ...onAll, entity_type: "clients", last_used_at: last, objects_used: 2 },
        ],
      },
    ]);
  });

  test("are told with nothing of other domains, nor with names and ids", async () => {
    const elsewhere = await server.newDomain(bob);
    const both = await server.newToken(bob, elsewhere, ["groups:view:*"]);
    await server.newToken(bob, elsewhere, ["groups:delete:*"]);
    const scope = {
      domain_id: domainId,
      entity_type: "clients",
      entity_id: "*",
      operation: "view",
    };
    const add = { scopes: [scope] };
    requireStatus(await bob.call("PATCH", `/pats/${both.id}/scope/add`, add), 200);
    await use(both.id, "groups", server.clock.now);
    const used = { operation: "clients.view", domainId: elsewhere, entityId: "far", allowed: 1 };
    await recordUses(server.deps.database, both.id, [{ ...used, at: server.clock.now }]);
    const reply = await told();
    // It works elsewhere: here it was never used.
    expect(reply).toMatchObject({ total: 1, counts: { never_used: 1, unused_scopes: 1 } });
    expect(reply.tokens).toMatchObject([
      { scopes_count: 1, scopes: [{ entity_type: "clients", objects_used: 0 }] },
    ]);
    const { name } = requireStatus(await bob.call("GET", `/pats/${both.id}`), 200);
    for (const secret of [elsewhere, both.id, name, "groups"]) {
      expect(JSON.stringify(reply)).not.toContain(secret);
    }
  });

  test("count as used by lists that name no domain, where a scope for it was there already", async () => {
    const elsewhere = await server.newDomain(bob);
    const token = await server.newToken(bob, domainId, ["domains:list", "domains:read"]);
    requireStatus(await token.call("GET", "/domains"), 200);
    const at = new Date(server.clock.now).toISOString();
    await expect
      .poll(async () => (await told()).counts)
      .toEqual({ all: 1, never_used: 0, unused_scopes: 1, all_objects: 0 });
    server.clock.now += 1000;
    const scopes = ["list", "list_invitation"].map((operation) => ({
      domain_id: operation === "list" ? elsewhere : domainId,
      entity_type: "domains",
      entity_id: operation === "list" ? elsewhere : domainId,
      operation,
    }));
    requireStatus(await bob.call("PATCH", `/pats/${token.id}/scope/add`, { scopes }), 200);
    const listed = (await told()).tokens[0].scopes.map((scope: Record<string, string>) => [
      scope.operation,
      scope.last_used_at,
    ]);
    const unset = "0001-01-01T00:00:00Z";
    expect(Object.fromEntries(listed)).toEqual({ list: at, list_invitation: unset, read: unset });
    const own = requireStatus(await bob.call("GET", `/pats/${token.id}/scope`), 200).scopes;
    const counts = own.map(({ domain_id, operation, use_count }: Record<string, unknown>) => [
      `${domain_id === domainId ? "here" : "elsewhere"} ${operation}`,
      use_count,
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      "here list": 1,
      "here list_invitation": 0,
      "here read": 0,
      "elsewhere list": 0,
    });
  });

  test("are found by what is wrong with them, the longest unused first", async () => {
    const never = await server.newToken(bob, domainId, ["clients:view:*"]);
    const old = await server.newToken(bob, domainId, ["clients:view:*", "channels:view:*"]);
    const tidy = await server.newToken(bob, domainId, [`clients:view:${domainId}`]);
    await use(old.id, "clients", server.clock.now - 9 * day);
    await use(tidy.id, "clients", server.clock.now - day);
    const ends = async (query: string) =>
      (await told(query)).tokens.map((token: { ends_with: string }) => token.ends_with);
    const endOf = ({ secret }: { secret: string }) => secret.slice(-4);
    expect(await ends("")).toEqual([never, old, tidy].map(endOf));
    expect(await ends("?show=never_used")).toEqual([endOf(never)]);
    expect(await ends("?show=unused_scopes")).toEqual([never, old].map(endOf));
    expect(await ends("?show=all_objects")).toEqual([never, old].map(endOf));
    const second = await told("?show=unused_scopes&limit=1&offset=1");
    expect(second.tokens).toHaveLength(1);
    expect(second).toMatchObject({ total: 2, counts: { all: 3 } });
  });

  test("are those of members that work, and no others", async () => {
    const stranger = await server.newUser();
    for (const owner of [stranger, server.admin, bob]) {
      await server.newToken(owner, domainId, ["clients:view:*"]);
    }
    const revoked = await server.newToken(bob, domainId, ["clients:view:*"]);
    requireStatus(await bob.call("PATCH", `/pats/${revoked.id}/secret/revoke`), 204);
    expect((await told()).tokens).toMatchObject([{ user_id: bob.id }]);
  });

  test("are the newest twenty of one who has more, and it is said who", async () => {
    const few = await newMember(server, ada, domainId, ["read"]);
    await server.newToken(few, domainId, ["clients:view:*"]);
    const tokens = [];
    for (let count = 0; count < 21; count += 1) {
      server.clock.now += 1;
      tokens.push(await server.newToken(bob, domainId, ["clients:view:*"]));
    }
    const { total, members_with_more, tokens: listed } = await told("?limit=100");
    expect(total).toBe(21);
    expect(members_with_more).toEqual([{ user_id: bob.id, tokens_count: 21 }]);
    const ends = listed.map(({ ends_with }: { ends_with: string }) => ends_with);
    expect(ends).not.toContain(tokens[0]?.secret.slice(-4));
    expect(ends).toContain(tokens.at(-1)?.secret.slice(-4));
  });

  test("are looked for among the members', whatever strangers wrote into their scopes", async () => {
    const asked = { domainId, now: server.clock.now };
    const plans = await explainReads(server.deps.database, async (database) => {
      await countTokensInDomain(database, asked);
      await listTokensInDomain(database, asked, { show: "all", offset: 0, limit: 10 });
      await listMembersWithMore(database, asked);
    });
    expect(plans).toHaveLength(3);
    for (const plan of plans) {
      expect(plan).toContain("role_members");
      // PostgreSQL goes by the sizes that it knows; SQLite knows none.
      if (kind.name === "SQLite") expect(plan).not.toContain("token_scopes_by_entity");
    }
  });

  test("are told to no plain member, no other domain's administrator, no token and no stranger", async () => {
    await server.newToken(bob, domainId, ["clients:view:*"]);
    const eve = await server.newUser();
    await server.newDomain(eve);
    // All that an administrator may, but for one thing.
    const [, ...fewer] = domainAdminActions;
    const nearly = await newMember(server, ada, domainId, fewer);
    const token = await server.newToken(ada, domainId, ["domains:read", "clients:view:*"]);
    for (const [caller, status] of [
      [bob, 403],
      [nearly, 403],
      [eve, 403],
      [token, 403],
      [server.bearer("nobody"), 401],
    ] as const) {
      const refused = await overview(caller);
      expect(refused.status).toBe(status);
      expect(JSON.stringify(refused.body)).not.toContain(bob.id);
    }
    const unknown = await eve.call("GET", `/domains/${server.deps.newId()}/pats`);
    expect([unknown.status, unknown.body.code]).toEqual([403, (await overview(eve)).body.code]);
    const whole = await newMember(server, ada, domainId, domainAdminActions);
    for (const caller of [ada, whole, server.admin]) {
      expect(requireStatus(await overview(caller), 200).total).toBe(2);
    }
  });
});
