import { SignJWT } from "jose";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  checkpointLine,
  publicKeySet,
  readCheckpoint,
  readPublicKeys,
} from "../features/audit/checkpoint-lines.ts";
import { verifyDatabase } from "../features/audit/verify-database.ts";
import { addKnownDevice, findKnownDevice } from "../features/users/passwords/known-device.ts";
import { followKeysJob } from "../jobs/follow-keys.ts";
import { deriveKeys, type Keys, requireKnownKeys } from "../keys.ts";
import {
  countUnderKey,
  insertServerKey,
  listServerKeys,
  updateServerKey,
} from "../server-keys-store.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp } from "../testing/start-app.ts";
import { dropKey, listKeys, rotateKey } from "./server-keys.ts";

const secret = "only tests sign by these words, 32 long";
const otherSecret = "Wn3vYkq0c2mJ5s8xTz1bLd7fRh4gPa6eUo9iKyQ2";
const first = deriveKeys(secret).version;

onEveryDatabase("the server's keys", (kind) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(kind);
  });
  afterAll(() => server.close());

  const under = (id: string) => countUnderKey(server.deps.database.read, id, server.deps.clock());
  const refresh = async (refreshToken: string, app = server) =>
    app.bearer(refreshToken).call("POST", "/users/tokens/refresh");
  const statusOf = async (credential: string, path: string, app = server) =>
    (await app.bearer(credential).call("GET", path)).status;
  /** As the job of the running server does. */
  const follow = () => followKeysJob(server.deps).run(new AbortController().signal);
  const rotate = async () => {
    const said = await rotateKey(server.deps);
    await follow();
    return said;
  };
  const listRows = () => listServerKeys(server.deps.database.read);
  /** As a start reads them. */
  const start = async (...[present = "", ...previous]: readonly string[]): Promise<Keys> => {
    const keys = deriveKeys(present, previous);
    await requireKnownKeys(server.deps.database, keys, server.deps.clock());
    return keys;
  };
  const forge = (sessionId: string, userId: string, kid: string | undefined) =>
    new SignJWT({ iss: "tessera", sub: userId, sid: sessionId, type: 0 })
      .setProtectedHeader({ alg: "EdDSA", ...(kid === undefined ? {} : { kid }) })
      .setExpirationTime(Math.floor(server.clock.now / 1000) + 600)
      .sign(deriveKeys(secret).sessionSigningKey);
  const newFeed = async (owner: { call: TestApp["nobody"]["call"] }) => {
    const { address } = requireStatus(await owner.call("POST", "/calendar/feed"), 201);
    return String(address);
  };

  test("all that was good before a rotation is good after it, and moves to the new key when it is used", async () => {
    const [ada, bob, eve] = [
      await server.newUser(),
      await server.newUser(),
      await server.newUser(),
    ];
    const domainId = await server.newDomain(ada);
    const token = await server.newToken(ada, domainId, ["clients:view:*"]);
    const inviting = await server.newToken(ada, domainId, [
      "domains:send_invitation",
      "domains:read",
    ]);
    const role = await ada.call("POST", `/domains/${domainId}/roles`, {
      role_name: "readers",
      optional_actions: ["read"],
    });
    const invitation = { invitee_user_id: bob.id, role_id: requireStatus(role, 201).id };
    const invited = await inviting.call("POST", `/domains/${domainId}/invitations`, invitation);
    requireStatus(invited, 201);
    const unused = await server.newToken(ada, domainId, ["clients:view:*"]);
    // Stays under the first key, as nobody ever uses it.
    await server.newToken(ada, domainId, ["clients:view:*"]);
    const feed = await newFeed(ada);
    const device = { id: ada.id, password_hash: "h" };
    const cookie = addKnownDevice(server.deps.keys, undefined, device, {
      now: server.clock.now,
      randomBytes: server.deps.randomBytes,
    });
    const replaced = requireStatus(await refresh(bob.refreshToken), 201);
    const before = await under(first);
    expect(before).toMatchObject({ calendarFeeds: 1, accountLinks: 0 });

    expect(await rotate()).toContain(`${first} stays good until`);
    const present = server.deps.keys.version;
    expect(present).not.toBe(first);
    expect(await under(first)).toMatchObject({ ...before, auditEntries: expect.any(Number) });

    expect(await statusOf(ada.accessToken, "/users/profile")).toBe(200);
    expect(await statusOf(token.secret, "/pats/self")).toBe(200);
    expect((await server.nobody.call("GET", feed)).status).toBe(200);
    expect(findKnownDevice(server.deps.keys, cookie, device, server.clock.now)).toBeDefined();
    // Two tabs that refresh at the same moment are told the same, though a key was made in between.
    expect((await refresh(bob.refreshToken)).body).toEqual(replaced);
    const next = requireStatus(await refresh(eve.refreshToken), 201);
    expect(await statusOf(next.access_token, "/users/profile")).toBe(200);
    expect((await refresh(next.refresh_token)).status).toBe(201);

    expect(await statusOf(inviting.secret, "/pats/self")).toBe(200);
    await expect.poll(async () => (await under(present)).tokens, { interval: 100 }).toBe(2);
    expect(await under(present)).toMatchObject({ sessions: 1, tokens: 2, calendarFeeds: 1 });
    expect(await under(first)).toMatchObject({
      sessions: before.sessions - 1,
      tokens: before.tokens - 2,
      calendarFeeds: 0,
    });
    const accepted = await bob.call("POST", "/invitations/accept", { domain_id: domainId });
    expect(accepted.status).toBe(204);
    expect(await statusOf(token.secret, "/pats/self")).toBe(200);
    expect((await server.nobody.call("GET", feed)).status).toBe(200);
    expect(await statusOf(unused.secret, "/pats/self")).toBe(200);
    expect(await listKeys(server.deps)).toMatch(
      new RegExp(`^${first} {2}made .*old, of TESSERA_SECRET_KEY or secret.key\\n.*\\n${present} `),
    );
  });

  test("a client secret that is taken is found, whichever key it was stored under", async () => {
    const ada = await server.newUser();
    const domainId = await server.newDomain(ada);
    const create = () =>
      ada.call("POST", `/${domainId}/clients`, { credentials: { secret: "of-the-pump" } });
    expect((await create()).status).toBe(201);
    await rotate();
    expect((await create()).status).toBe(409);
  });

  test.runIf(kind.name === "PostgreSQL")(
    "another server refuses nothing that is stored under a key of which it has not heard",
    async () => {
      const other = await startApp(kind, { sameDatabaseAs: server });
      const known = other.deps.keys.version;
      await rotate();
      const { keys } = server.deps;
      expect([other.deps.keys.version, keys.standing(known)]).toEqual([known, "good"]);
      const ada = await server.newUser();
      expect(await statusOf(ada.accessToken, "/users/profile", other)).toBe(200);
      await rotate();
      const token = await server.newToken(ada, await server.newDomain(ada), ["clients:view:*"]);
      expect(await statusOf(token.secret, "/pats/self", other)).toBe(200);
      expect(other.deps.keys.version).toBe(keys.version);
      await other.close();
    },
  );

  test("the present key is not dropped, nor one that is not there, nor one with something under it", async () => {
    const drop = (id: string) => dropKey(server.deps, { id, isForced: false });
    await expect(drop(server.deps.keys.version)).rejects.toThrow(/is the present key/);
    await expect(drop("0123456789ab")).rejects.toThrow(/^There is no key 0123456789ab/);
    await expect(drop(first)).rejects.toThrow(
      /is not dropped, as that would end \d+ sessions.* tokens?/,
    );
    expect(server.deps.keys.standing(first)).toBe("good");
  });

  test("nothing is good any more that a dropped key proves, and the audit trail is still proven", async () => {
    const { deps } = server;
    const [head] = await deps.database.read
      .selectFrom("audit_events")
      .select(["chain", "seq", "hash"])
      .where("key_version", "=", first)
      .where("chain", "=", "platform")
      .orderBy("seq", "desc")
      .execute();
    const point = { chain: "platform", seq: head?.seq ?? 0, hash: head?.hash ?? "" };
    const line = checkpointLine({ ...point, count: point.seq, at: 1 }, deriveKeys(secret).audit);

    const victim = await server.newUser();
    const [session] = await deps.database.read
      .selectFrom("sessions")
      .select("id")
      .where("user_id", "=", victim.id)
      .execute();
    const forged = [first, undefined].map((kid) => forge(session?.id ?? "", victim.id, kid));
    for (const text of await Promise.all(forged)) {
      expect(await statusOf(text, "/users/profile")).toBe(200);
    }
    const old = await deps.database.read
      .selectFrom("sessions")
      .select("id")
      .where("key_version", "=", first)
      .where("ended_at", "is", null)
      .execute();
    expect(old.length).toBeGreaterThan(0);

    const said = await dropKey(deps, { id: first, isForced: true });
    expect(said).toMatch(/^The key \w+ is dropped, and with it \d+ sessions/);
    await follow();
    expect(deps.keys.standing(first)).toBe("dropped");
    for (const text of await Promise.all(forged)) {
      expect(await statusOf(text, "/users/profile")).toBe(401);
    }
    expect(await statusOf(victim.accessToken, "/users/profile")).toBe(200);
    expect(await under(first)).toMatchObject({ sessions: 0, tokens: 0, calendarFeeds: 0 });
    await dropKey(deps, { id: first, isForced: false });
    const recorded = await deps.database.read
      .selectFrom("audit_events")
      .select(["action", "entity_id"])
      .where("entity_type", "=", "keys")
      .where("action", "=", "keys.drop")
      .execute();
    expect(recorded.map((row) => ({ ...row }))).toEqual([
      { action: "keys.drop", entity_id: first },
    ]);

    const keyOf = readPublicKeys(JSON.stringify(publicKeySet(deps.keys.audit)));
    const again = await start(secret);
    expect([again.version, again.standing(first)]).toEqual([deps.keys.version, "dropped"]);
    const verdict = await verifyDatabase(deps.database, again.audit, [readCheckpoint(line, keyOf)]);
    expect(verdict).toMatchObject({ faults: [], checkpoints: 1 });
  });

  test("a token whose secret is under a dropped key is revoked, and says so", async () => {
    const owner = await server.newUser();
    const token = await server.newToken(owner, await server.newDomain(owner), ["clients:view:*"]);
    const old = server.deps.keys.version;
    await rotate();
    await dropKey(server.deps, { id: old, isForced: true });
    await follow();
    expect(await statusOf(token.secret, "/pats/self")).toBe(401);
    const row = await server.deps.database.read
      .selectFrom("tokens")
      .select("revoked_at")
      .where("id", "=", token.id)
      .executeTakeFirst();
    expect(row?.revoked_at).toBe(server.clock.now);
  });

  test("the operator's secret is changed as before, and the database's keys come with it", async () => {
    const made = server.deps.keys.version;
    const moved = await start(otherSecret, secret);
    expect([moved.standing(made), moved.standing(first)]).toEqual(["good", "dropped"]);
    expect(moved.version).toBe(deriveKeys(otherSecret).version);
    expect((await start(otherSecret)).standing(made)).toBe("good");
    await expect(start(secret)).rejects.toThrow(
      /TESSERA_SECRET_KEY is not the key under which .* name it in TESSERA_PREVIOUS_SECRET_KEYS/,
    );
  });

  test("a key that somebody puts into the database, or changes there, is none", async () => {
    const [row] = (await listRows()).filter(({ wrapped, dropped_at }) => wrapped && !dropped_at);
    if (row?.wrapped == null) throw new Error("there is no key to change");
    const [begin, end] = [row.wrapped.slice(0, -2), row.wrapped.slice(-2)];
    const change = (wrapped: string) =>
      server.deps.database.inTransaction((trx) => updateServerKey(trx, row.id, { wrapped }));
    await change(`${begin}${end === "AA" ? "BA" : "AA"}`);
    await expect(start(otherSecret)).rejects.toThrow(row.id);
    await change(row.wrapped);
    expect((await start(otherSecret)).standing(row.id)).toBe("good");
  });

  test("a key that somebody wrote into the database is one line of the list, whatever it says", async () => {
    const id = "x\nFORGED  \u001b[2J";
    const row = { fingerprint: "f", wrapped: null, wrapped_by: null, created_at: 9e15 };
    const { database } = server.deps;
    await database.inTransaction((trx) => insertServerKey(trx, { id, ...row }));
    const lines = (await listKeys(server.deps)).trimEnd().split("\n");
    const keys = await listRows();
    await database.inTransaction((trx) =>
      trx.deleteFrom("server_keys").where("id", "=", id).execute(),
    );
    expect(lines).toHaveLength(2 * keys.length);
    expect(lines).toContainEqual(
      "x\\u000aFORGED  \\u001b[2J  made at 9000000000000000 ms  old, of TESSERA_SECRET_KEY or secret.key",
    );
  });
});
