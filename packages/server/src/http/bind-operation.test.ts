import { AppError, createCatalogue, type Endpoint } from "@tessera/contract";
import fastify, { type FastifyInstance } from "fastify";
import { afterEach, describe, expect, onTestFinished, test, vi } from "vitest";
import { z } from "zod";
import { compileScopes } from "../access/compiled-scopes.ts";
import type { Principal } from "../access/principal.ts";
import { createTakings } from "../changes/takings.ts";
import { readBearer } from "./authenticate.ts";
import { type BindDeps, bindEndpoint, demandGuards } from "./bind-operation.ts";
import type { Call } from "./endpoint-handlers.ts";
import { createInTurns } from "./in-turns.ts";
import { answerProblems } from "./problem.ts";
import { createIdentifyService } from "./service-credentials.ts";

const base = { userId: "u1", isAdmin: false, expiresAt: 2_000_000 };
const domainId = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const people: Readonly<Record<string, Principal>> = {
  session: { ...base, kind: "session", sessionId: "s1", confirmedAt: 0 },
  admin: { ...base, isAdmin: true, kind: "session", sessionId: "s2", confirmedAt: 0 },
  token: {
    ...base,
    kind: "token",
    tokenId: "t1",
    secretId: "s",
    secretDigest: "d",
    replyHeaders: {},
    scopes: compileScopes([]),
  },
};
const serviceSecret = "0f7c1b5e9a3d4862b1c7e0f5a9d3826471";
const apps: FastifyInstance[] = [];

afterEach(async () => {
  for (const app of apps.splice(0)) await app.close();
});

describe("a row for a token about itself", () => {
  const row = { access: { kind: "token_self" } } as const;

  test("is answered to any token, which the handler is told", async () => {
    const { send, calls } = await serve(row);
    expect((await send("token")).statusCode).toBe(200);
    expect(calls).toMatchObject([{ principal: { kind: "token", tokenId: "t1" } }]);
  });

  test("counts as a use of the token, by no scope", async () => {
    const { send, uses } = await serve(row);
    await send("token");
    expect(uses).toEqual([["t1", ["things.view"]]]);
  });

  test("is refused to sessions, services and nobody", async () => {
    const { send, calls } = await serve(row);
    expect(await codeOf(send("session"))).toEqual([403, "token_required"]);
    expect(await codeOf(send(serviceSecret))).toEqual([401, "unauthenticated"]);
    expect(await codeOf(send())).toEqual([401, "unauthenticated"]);
    expect(calls).toEqual([]);
  });
});

describe("a row for the members of a domain", () => {
  const row = { access: { kind: "domain_member" } } as const;

  test("is answered to whoever has a role on it", async () => {
    const { send, calls, memberOf } = await serve({ ...row, path: "/domains/:domainId/thing" });
    memberOf.add(domainId);
    expect((await send("session", { url: `/domains/${domainId}/thing` })).statusCode).toBe(200);
    expect(calls).toMatchObject([{ principal: { kind: "session", userId: "u1" } }]);
  });

  test("is refused to strangers, administrators of the platform among them, to tokens and to nobody", async () => {
    const { send, calls, memberOf } = await serve({ ...row, path: "/domains/:domainId/thing" });
    const ask = (bearer?: string) => codeOf(send(bearer, { url: `/domains/${domainId}/thing` }));
    expect(await ask("session")).toEqual([403, "owner_lacks_permission"]);
    expect(await ask("admin")).toEqual([403, "owner_lacks_permission"]);
    memberOf.add(domainId);
    expect(await ask("token")).toEqual([403, "session_required"]);
    expect(await ask()).toEqual([401, "unauthenticated"]);
    expect(calls).toEqual([]);
  });
});

describe("a row for services", () => {
  const row = { access: { kind: "service" } } as const;

  test("is answered to whoever presents a service's secret, and names the service", async () => {
    const { send, calls } = await serve(row);
    expect((await send(serviceSecret)).statusCode).toBe(200);
    expect(calls).toMatchObject([{ service: "broker", principal: undefined }]);
  });

  test("is refused to sessions, tokens, wrong secrets and nobody", async () => {
    const { send, calls } = await serve(row);
    for (const bearer of ["session", "token", `${serviceSecret}0`, undefined]) {
      expect(await codeOf(send(bearer))).toEqual([401, "unauthenticated"]);
    }
    expect(calls).toEqual([]);
  });
});

describe("a row for anyone, so many times", () => {
  const row = { access: { kind: "anonymous_limited", perMinute: 3 } } as const;

  test("is answered so often a minute to each network, and says when again", async () => {
    const { send, clock } = await serve(row);
    for (let count = 0; count < 3; count += 1) expect((await send()).statusCode).toBe(200);
    const refused = await send();
    expect(refused.json().code).toBe("rate_limited");
    expect(refused.headers["retry-after"]).toBe("20");
    expect((await send(undefined, { from: "198.51.100.7" })).statusCode).toBe(200);
    clock.now += 20_000;
    expect((await send()).statusCode).toBe(200);
  });
});

describe("any row", () => {
  test("that comes without a guard is refused at the start", () => {
    const app = fastify();
    apps.push(app);
    demandGuards(app);
    expect(() => app.get("/open", () => "")).toThrow("has no guard");
  });

  test("takes UUIDs in its path, but for the words that it names", async () => {
    const path = "/things/:id/roles/:roleId";
    const access = { kind: "anyone" } as const;
    const { app } = await serve({ access, path, wordParameters: ["roleId"] });
    const id = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
    expect((await app.inject(`/things/${id}/roles/admin_1`)).statusCode).toBe(200);
    const refused = await app.inject("/things/7/roles/admin_1");
    expect(refused.json()).toMatchObject({ code: "invalid_path", field: "id" });
  });

  test("hands its handler what its schemas read, and refuses what they do not by its name", async () => {
    const { app, calls } = await serve({
      access: { kind: "anyone" },
      method: "POST",
      body: z.object({ size: z.int().default(7) }),
    });
    const post = (payload: object) => app.inject({ method: "POST", url: "/thing", payload });
    expect((await post({})).statusCode).toBe(200);
    expect((await post({ size: "large" })).json()).toMatchObject({
      code: "invalid_body",
      field: "size",
    });
    expect(calls).toMatchObject([{ body: { size: 7 } }]);
  });

  test("lets nothing out that its reply does not name", async () => {
    const { app } = await serve({
      access: { kind: "anyone" },
      reply: z.object({ name: z.string() }),
    });
    expect((await app.inject("/thing")).json()).toEqual({ name: "thing" });
  });
});

/** A server with one row; bearers are the names of `people` or secrets of services. */
describe("an answer that nothing is changed for", () => {
  const row = { access: { kind: "session" } } as const;
  const pause = 60_000;

  /** The process, or its database, stands still while so many answers are made. */
  const serveWithPauses = async (pauses: number, goesMeanwhile = "") => {
    let time = 0;
    const now = vi.spyOn(performance, "now").mockImplementation(() => time);
    let left = pauses;
    onTestFinished(() => now.mockRestore());
    const served = await serve(row, () => {
      if (left > 0) time += pause;
      left -= 1;
      served.gone.add(goesMeanwhile);
    });
    return served;
  };

  test("is decided and read again where everything stood still since the first deciding", async () => {
    const { send, calls } = await serveWithPauses(1);
    expect((await send("session")).statusCode).toBe(200);
    expect(calls).toHaveLength(2);
  });

  test("is no yes where what allowed it went during the pause", async () => {
    const { send, calls } = await serveWithPauses(1, "session");
    expect(await codeOf(send("session"))).toEqual([401, "unauthenticated"]);
    expect(calls).toHaveLength(1);
  });

  test("is not given at all where everything keeps standing still", async () => {
    const { send } = await serveWithPauses(2);
    expect(await codeOf(send("session"))).toEqual([503, "unavailable"]);
  });
});

async function serve(row: Partial<Endpoint>, onCall: () => void = () => {}) {
  const clock = { now: 1_000_000 };
  const calls: Call<Endpoint>[] = [];
  const uses: unknown[] = [];
  const gone = new Set<string>();
  const memberOf = new Set<string>();
  const endpoint: Endpoint = {
    id: "things.view",
    method: "GET",
    path: "/thing",
    summary: "A thing",
    access: { kind: "anyone" },
    status: 200,
    reply: z.unknown(),
    ...row,
  };
  const deps: BindDeps = {
    listTimeoutMilliseconds: 2000,
    catalogue: createCatalogue(),
    authenticate: (request) => {
      const bearer = readBearer(request);
      const principal = people[bearer];
      if (principal === undefined || gone.has(bearer)) throw new AppError("unauthenticated");
      return principal;
    },
    authenticateHolder: () => {
      throw new Error("no row here is for holders");
    },
    identifyService,
    facts: {
      loadAuthority: () => Promise.reject(new Error("no row here asks for a right")),
      findParentGroupId: async () => undefined,
      findOwnDomains: async ({ isAdmin }, ids) => ids.filter((id) => isAdmin || memberOf.has(id)),
      clock: () => clock.now,
      passwordConfirmationLifetime: 0,
      onDecision: () => {},
    },
    groundOf: () => {
      throw new Error("nothing changes here");
    },
    shares: {
      areViewsFree: () => true,
      of: () => ({
        takeBody: () => {},
        take: () => {},
        countRefused: () => {},
        run: async (_request, work) => work({ weigh: () => {}, inTurns: createInTurns(() => {}) }),
      }),
    },
    spendUse: () => undefined,
    takings: createTakings(),
    tokenUses: {
      sessionRefused: () => {},
      credentialRefused: () => {},
      allowed: ({ tokenId }, used) => uses.push([tokenId, used.map(({ operation }) => operation)]),
      refused: ({ tokenId }, { operation, because }) => uses.push([tokenId, operation, because]),
    },
  };
  const app = fastify();
  apps.push(app);
  demandGuards(app);
  answerProblems(app, () => ({ kind: "other" }));
  const handler = (call: Call<Endpoint>) => {
    calls.push(call);
    onCall();
    return { name: "thing", secret: "s" };
  };
  bindEndpoint(app, endpoint, handler, deps);
  await app.ready();
  const send = async (bearer?: string, { from = "192.0.2.1", url = "/thing" } = {}) =>
    app.inject({
      url,
      remoteAddress: from,
      headers: bearer === undefined ? {} : { authorization: `Bearer ${bearer}` },
    });
  return { app, send, calls, uses, clock, gone, memberOf };
}

const identifyService = createIdentifyService({ broker: serviceSecret });

async function codeOf(sent: Promise<{ statusCode: number; json(): { code?: string } }>) {
  const reply = await sent;
  return [reply.statusCode, reply.json().code];
}
