import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { addToSecrets } from "../usage/secret-use-store.ts";
import { readSecretsOf } from "./secret-store.ts";
import { settleSecretsJob } from "./settle-secrets.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** Tests move the clock by days; nobody is to sign in again. */
const environment = {
  TESSERA_ACCESS_TOKEN_LIFETIME: "1000d",
  TESSERA_REFRESH_TOKEN_LIFETIME: "1000d",
  TESSERA_MAX_ROTATION_OVERLAP: "10d",
};
const file = { routes: [{ method: "GET", path: "/{domain}", operation: "domains.read" }] };

onEveryDatabase("rotating a token", (kind) => {
  let server: TestApp;
  let owner: TestUser;
  let domainId: string;
  let token: Awaited<ReturnType<TestApp["newToken"]>>;
  /** How many changes were asked for. */
  let counted = 0;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment,
      file,
      aroundHub: (hub) => ({
        ...hub,
        change: (actor, work) => {
          counted += 1;
          return hub.change(actor, work);
        },
      }),
    });
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    owner = await server.newUser();
    domainId = await server.newDomain(owner);
    token = await server.newToken(owner, domainId, ["domains:read", "clients:view:*"], "30d");
  });

  const rotate = (body: object = {}) => {
    // No two secrets are of the same moment.
    server.clock.now += 1;
    return owner.call("POST", `/pats/${token.id}/rotate`, body);
  };
  const rotated = async (body: object = {}): Promise<Caller> =>
    server.bearer(requireStatus(await rotate(body), 201).secret);
  const cancel = () => owner.call("POST", `/pats/${token.id}/rotate/cancel`);
  const use = async (caller: Caller) => {
    const { status, body } = await caller.call("GET", `/domains/${domainId}`);
    return status === 200 ? "good" : body.code;
  };
  const view = async () => requireStatus(await owner.call("GET", `/pats/${token.id}`), 200);
  const states = async (): Promise<string[]> =>
    (await view()).secrets.map(({ state }: { state: string }) => state);
  const settle = () => settleSecretsJob(server.deps).run(new AbortController().signal);
  const events = async (name: string) =>
    server.deps.database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("entity_id", "=", token.id)
      .where("action", "=", name)
      .execute();

  describe("once the new one is used", () => {
    test("answers with the new secret, and the old one still works", async () => {
      const answer = await rotate({ cutover: "first_use" });
      const { secret, secrets, id } = requireStatus(answer, 201);
      expect([id, secret === token.secret]).toEqual([token.id, false]);
      expect(secret).toMatch(/^pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$/);
      expect(secrets.map(({ state }: { state: string }) => state)).toEqual(["live", "pending"]);
      expect(await use(token)).toBe("good");
      expect(await states()).toEqual(["live", "pending"]);
      expect(JSON.stringify(await view())).not.toContain("digest");
    });

    const ways: readonly [string, (caller: Caller) => Promise<number>][] = [
      ["a route", async (caller) => (await caller.call("GET", `/domains/${domainId}`)).status],
      ["GET /pats/self", async (caller) => (await caller.call("GET", "/pats/self")).status],
      [
        "/authorize",
        async (caller) => {
          const question = { domain_id: domainId, entity_type: "domains", entity_id: domainId };
          const asked = { ...question, operation: "read" };
          return (await caller.call("POST", "/authorize", asked)).status;
        },
      ],
      [
        "/forward-auth",
        async (caller) => {
          const original = { "x-original-method": "GET", "x-original-uri": `/${domainId}` };
          return (await caller.call("GET", "/forward-auth", undefined, original)).status;
        },
      ],
      [
        "a request that is refused for want of a scope",
        async (caller) => {
          const { status } = await caller.call("POST", `/${domainId}/clients`, { name: "c" });
          return status === 403 ? 200 : status;
        },
      ],
    ];
    test.each(ways)("retires the old one before the reply leaves, also by %s", async (_, ask) => {
      const next = await rotated();
      expect(await use(token)).toBe("good");
      expect(await ask(next)).toBe(200);
      const stored = await server.deps.database.read
        .selectFrom("token_secrets")
        .select("state")
        .where("token_id", "=", token.id)
        .orderBy("created_at")
        .execute();
      expect(stored.map(({ state }) => state).toSorted()).toEqual(["live", "retired"]);
      expect([await use(token), await use(next)]).toEqual(["secret_rotated", "good"]);
      expect(await events("tokens.secret_confirmed")).toHaveLength(1);
    });

    const from = async (caller: Caller, remoteAddress: string, path = `/domains/${domainId}`) => {
      const headers = { authorization: caller.authorization ?? "" };
      const reply = await server.app.inject({ url: path, remoteAddress, headers });
      return reply.statusCode === 200 ? "good" : reply.json().code;
    };
    const conditions = async (body: object) => {
      requireStatus(await owner.call("PATCH", `/pats/${token.id}/conditions`, body), 200);
    };
    /** As the recorder writes down that each secret was shown, refused or not. */
    const flush = async () => {
      const { database, clock } = server.deps;
      const uses = (await readSecretsOf(database.read, token.id)).map(({ id: secretId }) => ({
        ...{ tokenId: token.id, secretId, firstAt: clock(), lastAt: clock() },
        address: "203.0.113.9",
      }));
      await database.inTransaction((trx) => addToSecrets(trx, database, uses));
    };
    const stillWaits = async () => {
      await flush();
      const { secrets } = await view();
      expect(secrets.map(({ state }: { state: string }) => state)).toEqual(["live", "pending"]);
      expect(Date.parse(secrets[1].first_used_at)).toBeLessThan(0);
      expect(await events("tokens.secret_confirmed")).toHaveLength(0);
    };

    test("is not brought about by a new one that is shown where the token does not work", async () => {
      await conditions({ addresses: { allow: ["10.9.9.0/24"] } });
      const next = await rotated();
      for (const path of [`/domains/${domainId}`, "/pats/self"]) {
        expect(await from(next, "203.0.113.9", path)).toBe("condition_address");
      }
      const asked = {
        ...{ domain_id: domainId, entity_type: "domains", entity_id: domainId, operation: "read" },
        context: { address: "203.0.113.9" },
      };
      const answer = requireStatus(await next.call("POST", "/authorize", asked), 200);
      expect(answer.because).toBe("condition_address");
      await stillWaits();
      expect(await from(token, "10.9.9.1")).toBe("good");
      expect(await from(next, "10.9.9.1")).toBe("good");
      expect(await from(token, "10.9.9.1")).toBe("secret_rotated");
      expect(await events("tokens.secret_confirmed")).toHaveLength(1);
    });

    test("is not brought about by a new one that is shown before its time", async () => {
      const next = await rotated();
      await conditions({ not_before: new Date(server.clock.now + hour).toISOString() });
      expect(await use(next)).toBe("not_yet_valid");
      await stillWaits();
      await conditions({ not_before: null });
      expect([await use(token), await use(next)]).toEqual(["good", "good"]);
      expect(await use(token)).toBe("secret_rotated");
    });

    test("is not brought about by a new one that has no uses left, or is used too often", async () => {
      await conditions({ max_uses: 1 });
      expect(await use(token)).toBe("good");
      const next = await rotated();
      expect(await use(next)).toBe("token_exhausted");
      await stillWaits();
      await conditions({ max_uses: null, rate: { limit: 1, per: "1h" } });
      expect([await use(token), await use(next)]).toEqual(["good", "rate_limited"]);
      await stillWaits();
      await conditions({ rate: null });
      expect([await use(next), await use(token)]).toEqual(["good", "secret_rotated"]);
    });

    const noUses: readonly [string, (caller: Caller) => Promise<number>][] = [
      ["GET /ready", async (caller) => (await caller.call("GET", "/ready")).status],
      [
        "a gateway's question that no rule is for",
        async (caller) => {
          const original = { "x-original-method": "GET", "x-original-uri": "/no/such/rule" };
          return (await caller.call("GET", "/forward-auth", undefined, original)).status;
        },
      ],
      [
        "a question that is none",
        async (caller) => (await caller.call("POST", "/authorize", { operation: "read" })).status,
      ],
      ["a path that is none", async (caller) => (await caller.call("GET", "/domains/x")).status],
    ];
    test.each(noUses)("is not brought about by what is no use: %s", async (_, ask) => {
      const next = await rotated();
      expect([200, 400, 403]).toContain(await ask(next));
      await stillWaits();
      expect([await use(token), await use(next)]).toEqual(["good", "good"]);
      expect(await use(token)).toBe("secret_rotated");
    });

    test("a new one that was only refused is replaced by another rotation, also by a deadline", async () => {
      await conditions({ addresses: { allow: ["10.9.9.0/24"] } });
      const refused = await rotated({ cutover: "deadline", overlap: "5d" });
      expect(await from(refused, "203.0.113.9")).toBe("condition_address");
      await flush();
      const next = await rotated();
      expect(await from(refused, "10.9.9.1")).toBe("secret_rotated");
      expect(await from(next, "10.9.9.1")).toBe("good");
    });

    test("many questions at once about a new one are one first use", async () => {
      const next = await rotated();
      const asked = { domain_id: domainId, entity_type: "domains", entity_id: domainId };
      const questions = Array(20).fill({ ...asked, operation: "read" });
      const begun = counted;
      requireStatus(await next.call("POST", "/authorize", questions), 200);
      expect(counted - begun).toBe(1);
      expect(await use(token)).toBe("secret_rotated");
    });

    test("is not brought about by an administrator who is given the new one", async () => {
      const { secret } = requireStatus(await rotate(), 201);
      const path = "/admin/tokens/lookup";
      requireStatus(await server.admin.call("POST", path, { token: secret }), 200);
      expect([await use(token), await states()]).toEqual(["good", ["live", "pending"]]);
    });

    test("is not brought about by a new one that is refused because its owner is disabled", async () => {
      const next = await rotated();
      requireStatus(await server.admin.call("POST", `/users/${owner.id}/disable`), 200);
      expect(await use(next)).toBe("owner_disabled");
      const stored = await server.deps.database.read
        .selectFrom("token_secrets")
        .select("state")
        .where("token_id", "=", token.id)
        .execute();
      expect(stored.map(({ state }) => state).toSorted()).toEqual(["live", "pending"]);
    });

    test("lets the old one work for as long as it was told to linger, and no longer", async () => {
      const next = await rotated({ linger: "10m" });
      expect([await use(next), await use(token)]).toEqual(["good", "good"]);
      expect(await states()).toEqual(["retiring", "live"]);
      server.clock.now += 10 * minute - 1;
      expect(await use(token)).toBe("good");
      server.clock.now += 1;
      expect([await use(token), await use(next)]).toEqual(["secret_rotated", "good"]);
      expect(await states()).toEqual(["retired", "live"]);
    });

    test("is over at the deadline: a new one that nobody used is discarded, and the old one lives on to its own end", async () => {
      const { expires_at } = await view();
      const next = await rotated({ overlap: "2h" });
      server.clock.now += 2 * hour;
      expect([await use(next), await use(token)]).toEqual(["secret_rotated", "good"]);
      expect(await states()).toEqual(["live", "discarded"]);
      await settle();
      expect(await events("tokens.rotation_unfinished")).toHaveLength(1);
      await settle();
      expect(await events("tokens.rotation_unfinished")).toHaveLength(1);
      expect((await view()).expires_at).toBe(expires_at);
      server.clock.now += 30 * day - 2 * hour - 2;
      expect(await use(token)).toBe("good");
      server.clock.now += 1;
      expect(await use(token)).toBe("token_expired");
    });

    test("a new one that was refused is not remembered beyond the time at which it is discarded", async () => {
      await conditions({ addresses: { allow: ["10.9.9.0/24"] } });
      const next = await rotated({ overlap: "2h" });
      expect(await from(next, "203.0.113.9")).toBe("condition_address");
      server.clock.now += 2 * hour;
      for (const address of ["203.0.113.9", "10.9.9.1"]) {
        expect(await from(next, address)).toBe("secret_rotated");
      }
      expect(await from(token, "10.9.9.1")).toBe("good");
    });

    test("never discards the last that works: where the old one has expired by the deadline, the new one stays", async () => {
      server.clock.now += 29 * day;
      const next = await rotated({ overlap: "2d" });
      server.clock.now += 2 * day;
      expect(await use(token)).toBe("secret_rotated");
      expect((await view()).status).toBe("active");
      await settle();
      expect(await events("tokens.rotation_unfinished")).toHaveLength(0);
      expect(await states()).toEqual(["retired", "live"]);
      expect(await use(next)).toBe("good");
    });
  });

  describe("by a deadline", () => {
    test("lets both work until it has passed, then the old one dies whatever happened", async () => {
      const next = await rotated({ cutover: "deadline", overlap: "5d" });
      expect([await use(next), await use(token)]).toEqual(["good", "good"]);
      server.clock.now += 5 * day - 1;
      expect([await use(next), await use(token)]).toEqual(["good", "good"]);
      server.clock.now += 1;
      expect([await use(next), await use(token)]).toEqual(["good", "secret_rotated"]);
    });

    test("says so in every reply to the one that is retiring", async () => {
      const next = await rotated({ cutover: "deadline", overlap: "5d" });
      const dies = new Date(server.clock.now + 5 * day).toISOString();
      const old = await token.call("GET", `/domains/${domainId}`);
      expect(old.headers["tessera-token-secret"]).toBe(`retiring; dies=${dies}`);
      const refused = await token.call("POST", `/${domainId}/clients`, { name: "c" });
      expect([refused.status, refused.headers["tessera-token-secret"]]).toEqual([
        403,
        `retiring; dies=${dies}`,
      ]);
      const other = await next.call("GET", `/domains/${domainId}`);
      expect(other.headers).not.toHaveProperty("tessera-token-secret");
      expect(other.headers["tessera-token-expires"]).toBe((await view()).expires_at);
      const session = await owner.call("GET", `/domains/${domainId}`);
      expect(session.headers).not.toHaveProperty("tessera-token-expires");
    });
  });

  describe("at once", () => {
    test("does what a reset does", async () => {
      const next = await rotated({ cutover: "now", duration: "7d" });
      expect([await use(token), await use(next)]).toEqual(["secret_rotated", "good"]);
      expect(await states()).toEqual(["retired", "live"]);
      const path = `/pats/${token.id}/secret/reset`;
      const { secret } = requireStatus(await owner.call("PATCH", path, { duration: "7d" }), 200);
      expect([await use(next), await use(server.bearer(secret))]).toEqual([
        "secret_rotated",
        "good",
      ]);
    });

    test("ends both secrets while a rotation is under way", async () => {
      const pending = await rotated();
      const next = await rotated({ cutover: "now" });
      expect([await use(token), await use(pending), await use(next)]).toEqual([
        "secret_rotated",
        "secret_rotated",
        "good",
      ]);
    });

    test("makes a token work again that has expired or was revoked, which no other cut-over does", async () => {
      requireStatus(await owner.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
      for (const cutover of ["first_use", "deadline"]) {
        expect((await rotate({ cutover })).body.code).toBe("conflict");
      }
      expect(await use(await rotated({ cutover: "now" }))).toBe("good");
      server.clock.now += 31 * day;
      expect((await rotate()).body.code).toBe("conflict");
      expect(await use(await rotated({ cutover: "now" }))).toBe("good");
    });
  });

  describe("again", () => {
    test("replaces a new one whose reply was lost", async () => {
      const lost = await rotated();
      const next = await rotated();
      expect([await use(lost), await use(token)]).toEqual(["secret_rotated", "good"]);
      expect([await use(next), await use(token)]).toEqual(["good", "secret_rotated"]);
    });

    test("also where it was to be by a deadline, while nobody has used the new one", async () => {
      const lost = await rotated({ cutover: "deadline" });
      const next = await rotated();
      expect([await use(lost), await use(token), await use(next)]).toEqual([
        "secret_rotated",
        "good",
        "good",
      ]);
      expect(await use(token)).toBe("secret_rotated");
    });

    test("is refused while two secrets are in use, and changes nothing", async () => {
      const next = await rotated({ cutover: "deadline" });
      expect(await use(next)).toBe("good");
      for (const answer of [
        await rotate(),
        await rotate({ cutover: "deadline" }),
        await cancel(),
      ]) {
        expect([answer.status, answer.body.code]).toEqual([409, "conflict"]);
      }
      expect([await use(next), await use(token)]).toEqual(["good", "good"]);
      expect(await states()).toEqual(["retiring", "live"]);
    });

    test("a hundred times at once leaves two that work, and the last ones before", async () => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => rotate()));
      // Among so many at once on one token PostgreSQL may give some up, which have done nothing.
      const made = answers.filter(({ status }) => status !== 503);
      expect(made.length).toBeGreaterThan(10);
      const codes = [];
      for (const answer of made) {
        codes.push(await use(server.bearer(requireStatus(answer, 201).secret)));
      }
      expect(codes.filter((code) => code === "good")).toHaveLength(1);
      expect(await use(token)).toBe("secret_rotated");
      expect((await view()).secrets.length).toBeLessThanOrEqual(6);
    });
  });

  describe("is taken back", () => {
    test("by discarding a new one that nobody has used", async () => {
      for (const cutover of ["first_use", "deadline"]) {
        const next = await rotated({ cutover });
        requireStatus(await cancel(), 200);
        expect([await use(next), await use(token)]).toEqual(["secret_rotated", "good"]);
        server.clock.now += 2 * day;
        expect(await use(token)).toBe("good");
      }
      expect(await events("tokens.rotation_unfinished")).toHaveLength(0);
    });

    test("only while there is one, and the old one has not expired", async () => {
      expect((await cancel()).body.code).toBe("conflict");
      server.clock.now += 29 * day;
      const next = await rotated({ overlap: "2d" });
      server.clock.now += day + 1;
      expect((await cancel()).body.code).toBe("conflict");
      expect(await use(next)).toBe("good");
    });
  });

  describe("gives the new secret a life of its own", () => {
    test("as long as the token's first, counted from then", async () => {
      server.clock.now += 10 * day;
      requireStatus(await rotate({ cutover: "now", duration: "1h" }), 201);
      const { expires_at, secrets } = requireStatus(await rotate(), 201);
      expect(Date.parse(expires_at)).toBe(server.clock.now + 30 * day);
      expect(secrets.at(-1).expires_at).toBe(expires_at);
    });

    test("as long as is asked for, while the old one keeps its own", async () => {
      const { expires_at: before } = await view();
      const { expires_at } = requireStatus(await rotate({ duration: "60d" }), 201);
      expect(Date.parse(expires_at)).toBe(server.clock.now + 60 * day);
      expect((await view()).secrets[0].expires_at).toBe(before);
      const listed = requireStatus(await owner.call("GET", "/pats?order=expires_at"), 200);
      expect(listed.pats[0].expires_at).toBe(expires_at);
      requireStatus(await cancel(), 200);
      expect((await view()).expires_at).toBe(before);
    });
  });

  test.each([
    [{ cutover: "later" }, "cutover"],
    [{ overlap: "0s" }, "overlap"],
    [{ overlap: "soon" }, "overlap"],
    [{ overlap: "11d" }, "overlap"],
    [{ overlap: "2h", duration: "1h" }, "overlap"],
    [{ linger: "25h" }, "linger"],
    [{ linger: "-1h" }, "linger"],
    [{ cutover: "deadline", linger: "1h" }, "linger"],
    [{ cutover: "now", overlap: "1h" }, "overlap"],
    [{ duration: "367d" }, "duration"],
    [{ duration: "" }, "duration"],
  ])("refuses %j, naming the field, and changes nothing", async (body, field) => {
    const refused = await rotate(body);
    expect([refused.status, refused.body.field]).toEqual([400, field]);
    expect(await states()).toEqual(["live"]);
  });

  test("is for the token's owner alone", async () => {
    const other = await server.newUser();
    for (const caller of [other, server.admin]) {
      for (const path of ["/rotate", "/rotate/cancel"]) {
        const refused = await caller.call("POST", `/pats/${token.id}${path}`, {});
        expect(refused.status).toBe(404);
      }
    }
    expect((await token.call("POST", `/pats/${token.id}/rotate`, {})).body.code).toBe(
      "session_required",
    );
    expect(await states()).toEqual(["live"]);
  });

  test("is decided from memory again once the cut-over is over: a further request reads nothing", async () => {
    const next = await rotated({ cutover: "deadline" });
    await use(next);
    await use(next);
    await use(token);
    const writes = await events("tokens.secret_confirmed");
    const looked = async () => {
      server.clock.now += 1_000;
      const { body } = await server.nobody.call("GET", "/metrics");
      return Number(/principal_cache_lookups_total\{[^}]*miss[^}]*\} (\d+)/.exec(body)?.[1] ?? 0);
    };
    // On a busy machine a heartbeat may be late, and then it is read again.
    await vi.waitFor(async () => {
      const before = await looked();
      for (let count = 0; count < 5; count += 1) {
        expect([await use(next), await use(token)]).toEqual(["good", "good"]);
      }
      expect(await looked()).toBe(before);
    }, 10_000);
    expect(await events("tokens.secret_confirmed")).toEqual(writes);
  });

  describe("leaves secrets that work no more", () => {
    test("which are told so, and their owner from where they are still tried", async () => {
      const next = await rotated();
      await use(next);
      for (let count = 0; count < 3; count += 1) {
        expect(await use(token)).toBe("secret_rotated");
      }
      const [retired, live] = (await view()).secrets;
      expect(retired).toMatchObject({
        state: "retired",
        tries: [{ address: "127.0.0.1", tries: 3 }],
      });
      expect(live).not.toHaveProperty("tries");
      expect(await view()).toMatchObject({ refused_count: 0 });
    });

    test("of which the last five are known for 90 days, and nothing is said of others", async () => {
      const old = [token as Caller];
      for (let count = 0; count < 6; count += 1) old.push(await rotated({ cutover: "now" }));
      const codes = [];
      for (const caller of old) codes.push(await use(caller));
      expect(codes).toEqual(["unauthenticated", ...Array(5).fill("secret_rotated"), "good"]);
      requireStatus(await rotate({ cutover: "now", duration: "366d" }), 201);
      server.clock.now += 90 * day + 1;
      await settle();
      expect(await states()).toEqual(["live"]);
      expect(await use(old[6] as Caller)).toBe("unauthenticated");
    });

    test("which end the token where its owner wanted that, but not one that nobody ever used", async () => {
      const body = { name: "ci", duration: "30d", on_retired_use: "revoke" };
      const made = requireStatus(await owner.call("POST", "/pats", body), 201);
      token = { ...made, ...server.bearer(made.secret) };
      const self = async (caller: Caller) => (await caller.call("GET", "/pats/self")).body;
      const lost = await rotated();
      const next = await rotated();
      expect((await self(lost)).code).toBe("secret_rotated");
      expect((await self(next)).status).toBe("active");
      expect((await self(token)).code).toBe("secret_rotated");
      expect((await self(next)).code).toBe("token_revoked");
      const [event] = await events("tokens.revoke");
      expect(JSON.parse(event?.details ?? "")).toEqual({
        because: "retired_secret_used",
        address: "127.0.0.1",
      });
    });
  });
});
