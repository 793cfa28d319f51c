import { AppError } from "@tessera/contract";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { purgeDeletedUsers } from "./features/users/people/purge-deleted-users.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { tokenRow } from "./testing/test-rows.ts";

const minute = 60_000;
const perMinute = 120;
/** So many rows cost as much as one change. */
const rowsOfChange = 50;
const most = 20_000;

onEveryDatabase("deletions of what very much hangs on", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let changesLeft = Number.POSITIVE_INFINITY;
  let changesMade = 0;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_CHANGES_PER_MINUTE: `${perMinute}` },
      aroundHub: (hub) => ({
        ...hub,
        change: async (actor, work) => {
          changesMade += 1;
          if (changesLeft <= 0) throw new AppError("busy", "The test lets no more changes through");
          changesLeft -= 1;
          return hub.change(actor, work);
        },
      }),
    });
  });
  beforeEach(async () => {
    changesLeft = Number.POSITIVE_INFINITY;
    server.clock.now += 3 * minute;
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const write = (statement: ReturnType<typeof sql>) =>
    server.deps.database.inTransaction((trx) => statement.execute(trx));
  /** The numbers from 1 on, as `n`, for a statement that makes many rows. */
  const numbers = (count: number) => sql`with recursive series(n) as (
    select 1 union all select n + 1 from series where n < ${sql.lit(count)}
  )`;
  const make = async (type: string): Promise<string> =>
    requireStatus(await ada.call("POST", `/${domainId}/${type}`, { name: "a" }), 201).id;
  const fill = (groupId: string, count: number) =>
    write(sql`insert into entities (domain_id, type, id, parent_id, created_at, touched_at)
      ${numbers(count)}
      select ${domainId}, 'clients', ${groupId} || cast(n as text), ${groupId}, 1, 1 from series`);
  const contents = async (groupId: string) => {
    const { count } = await server.deps.database.read
      .selectFrom("entities")
      .where("domain_id", "=", domainId)
      .where("parent_id", "=", groupId)
      .select((eb) => eb.fn.countAll<number>().as("count"))
      .executeTakeFirstOrThrow();
    return count;
  };
  const remove = (type: string, id: string) => ada.call("DELETE", `/${domainId}/${type}/${id}`);
  const isThere = async (type: string, id: string) =>
    (await ada.call("GET", `/${domainId}/${type}/${id}`)).status === 200;

  test("are refused where one statement would change too many rows, say how to go on, and end no scope", async () => {
    const group = await make("groups");
    await fill(group, most + 1);
    await nameInScopes("groups", group, 3000);
    const refused = await remove("groups", group);
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([
      400,
      "limit_reached",
      "id",
    ]);
    expect(refused.body.message).toContain("too many objects in it");
    expect(refused.body.message).toContain("take them out or delete them in parts first (groups");
    expect(refused.body.message).toContain("DELETE /{domain}/clients/{id}/parent");
    expect(await isThere("groups", group)).toBe(true);
    expect(await contents(group)).toBe(most + 1);
    const stranger = await server.newUser();
    const forbidden = await stranger.call("DELETE", `/${domainId}/groups/${group}`);
    expect(forbidden.status).toBe(403);
    expect(await scopesOn(group)).toBe(3000);

    const client = await make("clients");
    const roles = `/${domainId}/clients/${client}/roles`;
    const role = requireStatus(await ada.call("POST", roles, { role_name: "many" }), 201);
    await write(sql`insert into role_actions (role_id, action) ${numbers(most + 1)}
      select ${role.id}, 'a' || cast(n as text) from series`);
    const alsoRefused = await remove("clients", client);
    expect([alsoRefused.status, alsoRefused.body.code]).toEqual([400, "limit_reached"]);
    expect(alsoRefused.body.message).toContain("actions of its roles");
    expect(await isThere("clients", client)).toBe(true);
    requireStatus(await ada.call("DELETE", `${roles}/${role.id}`), 204);
    requireStatus(await remove("clients", client), 204);
  });

  test("of groups cost as much as the objects that they let go of", async () => {
    const groups = [await make("groups"), await make("groups"), await make("groups")] as const;
    const count = (perMinute / 2) * rowsOfChange;
    for (const group of groups) await fill(group, count);
    for (const group of groups.slice(0, 2)) {
      requireStatus(await remove("groups", group), 204);
      expect(await contents(group)).toBe(0);
    }
    const [, , last] = groups;
    expect((await remove("groups", last)).body.code).toBe("rate_limited");
    expect(await contents(last)).toBe(count);
    const { total } = (await ada.call("GET", `/${domainId}/clients?only_total=true`)).body;
    expect(total).toBe(3 * count);
  });

  test("of clients and channels cost as much as the connections that go along", async () => {
    const client = await make("clients");
    const count = (perMinute / 2) * rowsOfChange;
    await write(sql`insert into entities (domain_id, type, id, created_at, touched_at)
      ${numbers(count)}
      select ${domainId}, 'channels', ${client} || cast(n as text), 1, 1 from series`);
    await write(sql`insert into channel_details (domain_id, id)
      select domain_id, id from entities where domain_id = ${domainId} and type = 'channels'`);
    await write(sql`insert into connections (domain_id, channel_id, client_id, kind)
      select c.domain_id, c.id, ${client}, k.kind
      from channel_details c cross join (select 1 as kind union all select 2) k
      where c.domain_id = ${domainId}`);
    const other = await make("clients");
    requireStatus(await remove("clients", client), 204);
    expect((await remove("clients", other)).body.code).toBe("rate_limited");
    expect(await isThere("clients", other)).toBe(true);
  });

  /** Scopes on the object, as tokens of somebody else have them who has no right to it. */
  const nameInScopes = async (type: string, id: string, count: number) => {
    const stranger = await server.newUser();
    const rows = Array.from({ length: 3 }, () => tokenRow({ user_id: stranger.id }));
    await server.deps.database.inTransaction((trx) =>
      trx.insertInto("tokens").values(rows).execute(),
    );
    await write(sql`insert into token_scopes
        (id, token_id, domain_id, entity_type, entity_id, operation, created_at)
      ${numbers(count / 3)}
      select t.id || cast(n as text), t.id, ${domainId}, ${type}, ${id}, 'o' || cast(n as text), 1
      from tokens t, series where t.user_id = ${stranger.id}`);
  };
  const scopesOn = async (id: string) => {
    const found = server.deps.database.read.selectFrom("token_scopes").where("entity_id", "=", id);
    return (await found.select("id").execute()).length;
  };
  /** As the records of the object say. */
  const endedScopes = async (id: string) => {
    const records = server.deps.database.read
      .selectFrom("audit_events")
      .where("entity_id", "=", id)
      .where("domain_id", "=", domainId);
    const counts = (await records.select("details").execute()).map(({ details }) =>
      Number(JSON.parse(details).scopes_ended ?? 0),
    );
    return counts.reduce((sum, one) => sum + one, 0);
  };
  const changesOf = async (work: () => Promise<unknown>) => {
    const before = changesMade;
    await work();
    return changesMade - before;
  };

  test("take scopes on the object from others' tokens in parts, and cost as much as the scopes", async () => {
    const client = await make("clients");
    const count = perMinute * rowsOfChange;
    await nameInScopes("clients", client, count);
    const other = await make("clients");
    await nameInScopes("clients", other, 3);
    const parts = await changesOf(async () => requireStatus(await remove("clients", client), 204));
    expect(parts).toBeGreaterThan(count / 1000);
    expect(await scopesOn(client)).toBe(0);
    expect(await scopesOn(other)).toBe(3);
    expect(await recorded("clients.delete")).toEqual([client]);
    expect(await endedScopes(client)).toBe(count);
    expect((await remove("clients", other)).body.code).toBe("rate_limited");
    expect(await scopesOn(other)).toBe(3);
    server.clock.now += 3 * minute;
    expect(await changesOf(() => remove("clients", other))).toBe(1);
    expect(await scopesOn(other)).toBe(0);
  });

  test("that are cut short among scopes leave the object, and are made by asking again", async () => {
    const channel = await make("channels");
    await nameInScopes("channels", channel, 3000);
    changesLeft = 2;
    expect((await remove("channels", channel)).status).toBe(503);
    expect(await isThere("channels", channel)).toBe(true);
    expect(await scopesOn(channel)).toBe(1000);
    expect(await recorded("channels.delete")).toEqual([]);
    expect(await recorded("channels.end_scopes")).toEqual([channel, channel]);
    expect(await endedScopes(channel)).toBe(2000);
    changesLeft = Number.POSITIVE_INFINITY;
    requireStatus(await remove("channels", channel), 204);
    expect(await scopesOn(channel)).toBe(0);
    expect(await endedScopes(channel)).toBe(3000);
  });

  const person = sql`'00000000-0000-4000-8000-' || cast(100000000000 + n as text)`;
  /** People who have the role, as many as given. */
  const fillRole = async (roleId: string, target: { type: string; id: string }, count: number) => {
    await write(sql`insert into users
        (id, username, username_key, email, email_key, password_hash, created_at)
      ${numbers(count)}
      select u, u, u, u, u, '', 1 from (select ${person} as u from series) v`);
    await write(sql`insert into role_members
        (role_id, user_id, domain_id, entity_type, entity_id, created_at)
      ${numbers(count)}
      select ${roleId}, ${person}, ${domainId}, ${target.type}, ${target.id}, 1
      from series`);
  };
  /** Roles of theirs, each on another object of the domain. */
  const giveRoles = async (userId: string, count: number) => {
    await write(sql`insert into roles
        (id, domain_id, entity_type, entity_id, name, created_at)
      ${numbers(count)}
      select ${domainId} || cast(n as text), ${domainId}, 'clients', cast(n as text), 'own', 1
      from series`);
    await write(sql`insert into role_members
        (role_id, user_id, domain_id, entity_type, entity_id, created_at)
      select id, ${userId}, domain_id, entity_type, entity_id, 1
      from roles where domain_id = ${domainId} and entity_type = 'clients'`);
  };
  const rolesOf = async (userId: string) => {
    const held = server.deps.database.read.selectFrom("role_members").where("user_id", "=", userId);
    return (await held.where("domain_id", "=", domainId).select("role_id").execute()).length;
  };

  test("of roles with very many members are refused, and say how to go on", async () => {
    const id = await make("clients");
    const roles = `/${domainId}/clients/${id}/roles`;
    const role = requireStatus(await ada.call("POST", roles, { role_name: "many" }), 201);
    await fillRole(role.id, { type: "clients", id }, most + 1);
    const members = `${roles}/${role.id}/members`;
    for (const refused of [
      await ada.call("DELETE", `${roles}/${role.id}`),
      await ada.call("POST", `${members}/delete-all`),
    ]) {
      expect([refused.status, refused.body.code, refused.body.field]).toEqual([
        400,
        "limit_reached",
        "roleId",
      ]);
      expect(refused.body.message).toContain("remove members in parts first, by their ids");
    }
    expect((await ada.call("GET", members)).body.total).toBe(most + 1);
    const [first] = (await ada.call("GET", members)).body.members;
    requireStatus(await ada.call("POST", `${members}/delete`, { members: [first] }), 204);
    server.clock.now += 3 * minute;
    requireStatus(await ada.call("DELETE", `${roles}/${role.id}`), 204);
    expect((await ada.call("GET", members)).status).toBe(404);
    expect((await ada.call("DELETE", `${roles}/${role.id}`)).body.code).toBe("rate_limited");
  });

  test("of people from a domain take very many roles in it in parts, the domain's at last", async () => {
    const bob = await server.newUser();
    const roles = `/domains/${domainId}/roles`;
    const added = await ada.call("POST", roles, {
      role_name: "readers",
      optional_actions: ["read"],
      optional_members: [bob.id],
    });
    const members = `${roles}/${requireStatus(added, 201).id}/members`;
    await giveRoles(bob.id, 12_000);
    const removeBob = () => ada.call("POST", `${members}/delete`, { members: [bob.id] });
    changesLeft = 1;
    expect((await removeBob()).status).toBe(503);
    expect(await rolesOf(bob.id)).toBe(12_001 - 5000);
    expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(200);
    expect(await recorded("domains.roles.remove_members")).toEqual([domainId]);
    changesLeft = Number.POSITIVE_INFINITY;
    server.clock.now += 3 * minute;
    expect(await changesOf(async () => requireStatus(await removeBob(), 204))).toBe(2);
    expect(await rolesOf(bob.id)).toBe(0);
    expect((await bob.call("GET", `/domains/${domainId}`)).status).toBe(403);
    expect((await removeBob()).body.code).toBe("rate_limited");
  });

  test("of a domain's last administrator are refused before any role is taken", async () => {
    await giveRoles(ada.id, 6000);
    const refused = await ada.call("DELETE", `/domains/${domainId}/roles`, {
      member_ids: [ada.id],
    });
    expect([refused.status, refused.body.code]).toEqual([403, "protected_role"]);
    expect(await rolesOf(ada.id)).toBe(6001);
  });

  const tokensOf = async (userId: string) => {
    const ofUser = server.deps.database.read.selectFrom("tokens").where("user_id", "=", userId);
    return (await ofUser.select("id").execute()).map(({ id }) => id);
  };
  /** A token that works, and others; each with a thousand scopes. */
  const makeTokens = async (count: number) => {
    const token = await server.newToken(ada, domainId, []);
    const rows = Array.from({ length: count - 1 }, () => tokenRow({ user_id: ada.id }));
    await server.deps.database.inTransaction((trx) =>
      trx.insertInto("tokens").values(rows).execute(),
    );
    await write(sql`insert into token_scopes
        (id, token_id, domain_id, entity_type, entity_id, operation, created_at)
      ${numbers(1000)}
      select t.id || cast(n as text), t.id, ${domainId}, 'clients', cast(n as text), 'view', 1
      from tokens t, series where t.user_id = ${ada.id}`);
    return token;
  };
  const recorded = async (action: string) => {
    const events = server.deps.database.read
      .selectFrom("audit_events")
      .where("actor_user_id", "=", ada.id)
      .where("action", "=", action);
    return (await events.select("entity_id").execute()).map(({ entity_id }) => entity_id);
  };

  test("of all tokens are made in parts, recorded token by token, and cost as much as the scopes", async () => {
    const token = await makeTokens(8);
    const ids = (await tokensOf(ada.id)).toSorted();
    expect(ids).toHaveLength(8);
    requireStatus(await ada.call("DELETE", "/pats"), 200);
    expect(await tokensOf(ada.id)).toEqual([]);
    expect((await recorded("tokens.delete")).toSorted()).toEqual(ids);
    expect((await token.call("GET", "/domains")).status).toBe(401);
    expect((await ada.call("DELETE", "/pats")).body.code).toBe("rate_limited");
  });

  test("of all tokens that are cut short leave none that works or could be restored", async () => {
    const token = await makeTokens(8);
    changesLeft = 2;
    expect((await ada.call("DELETE", "/pats")).status).toBe(503);
    const left = await tokensOf(ada.id);
    expect(left.length).toBeGreaterThan(0);
    expect(left.length).toBeLessThan(8);
    expect((await recorded("tokens.revoke")).toSorted()).toHaveLength(8);
    expect((await token.call("GET", "/domains")).status).toBe(401);
    changesLeft = Number.POSITIVE_INFINITY;
    server.clock.now += 3 * minute;
    for (const id of left) {
      expect((await ada.call("POST", `/pats/${id}/restore`)).status).not.toBe(200);
    }
    requireStatus(await ada.call("DELETE", "/pats"), 200);
    expect(await tokensOf(ada.id)).toEqual([]);
  });

  /** Uses of the token on very many objects, as days of 200. */
  const useToken = async (tokenId: string, days: number) => {
    await write(sql`insert into token_daily_use (token_id, day, uses, refused, objects)
      ${numbers(days)}
      select ${tokenId}, cast(n as text), 200, 0, 200 from series`);
    await write(sql`insert into token_use
        (token_id, day, operation, domain_id, entity_id, entity_type, allowed, refused)
      ${numbers(days * 200)}
      select ${tokenId}, cast(1 + (n - 1) / 200 as text), 'clients.view', ${domainId},
        cast(n as text), 'clients', 1, 0 from series`);
  };
  const usesOf = async (tokenId: string) => {
    const kept = server.deps.database.read.selectFrom("token_use").where("token_id", "=", tokenId);
    return (await kept.select("day").execute()).length;
  };

  test("of a token of very many uses revoke it at once, are made in parts, and cost as much", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view:*"]);
    await useToken(token.id, 60);
    const removeToken = () => ada.call("DELETE", `/pats/${token.id}`);
    changesLeft = 2;
    expect((await removeToken()).status).toBe(503);
    expect((await token.call("GET", "/domains")).body.code).toBe("token_revoked");
    expect(await recorded("tokens.revoke")).toEqual([token.id]);
    expect(await usesOf(token.id)).toBe(12_000 - 5000);
    changesLeft = Number.POSITIVE_INFINITY;
    server.clock.now += 3 * minute;
    expect(await changesOf(async () => requireStatus(await removeToken(), 204))).toBe(3);
    expect(await usesOf(token.id)).toBe(0);
    expect(await recorded("tokens.delete")).toEqual([token.id]);
    expect((await removeToken()).body.code).toBe("rate_limited");
  });

  test("of users take their roles along in parts", async () => {
    const bob = await server.newUser();
    await giveRoles(bob.id, 6000);
    const admin = await server.signIn("admin", server.admin.password);
    requireStatus(await admin.call("DELETE", `/users/${bob.id}`), 204);
    const purge = () =>
      purgeDeletedUsers({ ...server.deps, clock: () => server.clock.now + 31 * 86_400_000 });
    changesLeft = 1;
    await expect(purge()).rejects.toThrow("no more changes");
    expect(await rolesOf(bob.id)).toBe(1000);
    changesLeft = Number.POSITIVE_INFINITY;
    await purge();
    expect(await rolesOf(bob.id)).toBe(0);
  });

  test("of users take what they were told along in parts, and what nobody else was", async () => {
    const [bob, other] = [await server.newUser(), await server.newUser()];
    const tell = (userId: string, count: number) =>
      write(sql`insert into notices (id, user_id, kind, cause, created_at) ${numbers(count)}
        select ${userId} || cast(n as text), ${userId}, 'role_changed', cast(n as text), n from series`);
    await tell(bob.id, 6000);
    await tell(other.id, 1);
    const noticesOf = async ({ id }: TestUser) => {
      const { count } = await server.deps.database.read
        .selectFrom("notices")
        .where("user_id", "=", id)
        .select(({ fn }) => fn.countAll<number>().as("count"))
        .executeTakeFirstOrThrow();
      return count;
    };
    const admin = await server.signIn("admin", server.admin.password);
    requireStatus(await admin.call("DELETE", `/users/${bob.id}`), 204);
    const later = () => server.clock.now + 31 * 86_400_000;
    const purge = () => purgeDeletedUsers({ ...server.deps, clock: later });
    changesLeft = 1;
    await expect(purge()).rejects.toThrow("no more changes");
    expect(await noticesOf(bob)).toBe(1000);
    changesLeft = Number.POSITIVE_INFINITY;
    await purge();
    expect([await noticesOf(bob), await noticesOf(other)]).toEqual([0, 1]);
  });

  test("of users take their tokens along in parts, and nobody else's", async () => {
    const other = await server.newUser();
    const kept = await server.newToken(other, await server.newDomain(other), []);
    await makeTokens(12);
    const admin = await server.signIn("admin", server.admin.password);
    requireStatus(await admin.call("DELETE", `/users/${ada.id}`), 204);
    const later = () => server.clock.now + 31 * 86_400_000;
    changesLeft = 3;
    const purge = () => purgeDeletedUsers({ ...server.deps, clock: later });
    await expect(purge()).rejects.toThrow("no more changes");
    expect((await tokensOf(ada.id)).length).toBeLessThan(12);
    changesLeft = Number.POSITIVE_INFINITY;
    await purge();
    expect(await tokensOf(ada.id)).toEqual([]);
    expect(await tokensOf(other.id)).toEqual([kept.id]);
    requireStatus(await kept.call("GET", "/domains"), 200);
  });
});
