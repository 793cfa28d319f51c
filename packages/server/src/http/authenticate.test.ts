import { AppError } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import { describe, expect, test, vi } from "vitest";
import type { Principal } from "../access/principal.ts";
import { type AuthenticateDeps, createAuthenticate } from "./authenticate.ts";

const person: Principal = {
  kind: "session",
  userId: "u1",
  isAdmin: false,
  sessionId: "s1",
  expiresAt: 2000,
  confirmedAt: 0,
};
const cookies = { tessera_access: "a-session" };
const ownPage = { "x-tessera-csrf": "1" };

describe("the caller", () => {
  test("is whoever the bearer proves; a token of this server is looked up as one", async () => {
    const { authenticate, deps } = setUp();
    expect(await authenticate(requestOf({ authorization: "Bearer pat_abc" }))).toBe(person);
    expect(deps.identifyToken).toHaveBeenCalledWith("pat_abc", "192.0.2.1");
    expect(await authenticate(requestOf({ authorization: "Bearer ey.a.b" }))).toBe(person);
    expect(deps.identifySession).toHaveBeenCalledWith("ey.a.b");
  });

  test.for(["bearer ey.a.b", "BEARER ey.a.b", "bEaReR ey.a.b", "Bearer  ey.a.b"])(
    "is proved by a bearer whose scheme is written %j",
    async (authorization) => {
      const { authenticate, deps } = setUp();
      expect(await authenticate(requestOf({ authorization }))).toBe(person);
      expect(deps.identifySession).toHaveBeenCalledWith("ey.a.b");
    },
  );

  test.for([
    undefined,
    "Basic YTpi",
    "bearer",
    "bearers a",
    "xbearer a",
    " bearer a",
    "bearer\ta",
    "bearera",
    "Bearer",
    "Bearer ",
    "Bearer a b",
    "Bearer a,b",
    "Bearer a, Bearer b",
  ])("is nobody with the header %j", (authorization) => {
    const { authenticate, deps } = setUp();
    expect(() => authenticate(requestOf({ authorization }))).toThrow(AppError);
    expect(deps.identifySession).not.toHaveBeenCalled();
  });

  test("is nobody with two Authorization headers, of which Node shows the first", () => {
    const { authenticate } = setUp();
    const request = requestOf({ authorization: "Bearer a" });
    request.raw.rawHeaders.push("authorization", "Bearer b");
    expect(() => authenticate(request)).toThrow("one Authorization header");
  });

  test("is the browser's session where there is no bearer", async () => {
    const { authenticate, deps } = setUp();
    await authenticate(requestOf({ cookies }));
    expect(deps.identifySession).toHaveBeenCalledWith("a-session");
  });

  test("is not the browser's session where the bearer is wrong", () => {
    const { authenticate, deps } = setUp();
    expect(() => authenticate(requestOf({ authorization: "Basic x", cookies }))).toThrow(AppError);
    expect(deps.identifySession).not.toHaveBeenCalled();
  });

  test("is never a token that was planted as the browser's cookie", () => {
    const { authenticate, deps } = setUp();
    const planted = requestOf({ cookies: { tessera_access: "pat_abc" } });
    expect(() => authenticate(planted)).toThrow(AppError);
    expect(deps.identifyToken).not.toHaveBeenCalled();
  });

  test.for([
    {},
    { ...ownPage, "sec-fetch-site": "same-site" },
    { ...ownPage, "sec-fetch-site": "cross-site" },
    { ...ownPage, "sec-fetch-site": "none" },
  ])("changes nothing by the browser's cookie with the headers %j", (headers) => {
    const { authenticate, deps } = setUp();
    const request = requestOf({ method: "POST", cookies, headers });
    expect(() => authenticate(request)).toThrow(
      expect.objectContaining({ code: "csrf_refused" }) as Error,
    );
    expect(deps.identifySession).not.toHaveBeenCalled();
  });

  test("changes things by the browser's cookie from this site's own pages", async () => {
    const { authenticate } = setUp();
    const headers = { ...ownPage, "sec-fetch-site": "same-origin" };
    expect(await authenticate(requestOf({ method: "POST", cookies, headers }))).toBe(person);
  });
});

describe("a caller who is known", () => {
  test("is answered at once, without asking again", async () => {
    const { authenticate, deps } = setUp();
    await authenticate(requestOf({ authorization: "Bearer ey.a.b" }));
    expect(authenticate(requestOf({ authorization: "Bearer ey.a.b" }))).toBe(person);
    expect(deps.identifySession).toHaveBeenCalledTimes(1);
  });

  test("is asked for again at the moment of its end", async () => {
    const { authenticate, deps, clock } = setUp();
    await authenticate(requestOf({ authorization: "Bearer ey.a.b" }));
    clock.now = 2000;
    await authenticate(requestOf({ authorization: "Bearer ey.a.b" }));
    expect(deps.identifySession).toHaveBeenCalledTimes(2);
  });

  test("is kept under a hash, not under the credential", async () => {
    const { authenticate, known } = setUp();
    await authenticate(requestOf({ authorization: "Bearer ey.a.b" }));
    expect([...known.keys()].join()).not.toContain("ey.a.b");
  });
});

function setUp() {
  const clock = { now: 1000 };
  const known = new Map<string, Principal>();
  const deps = {
    tokenPrefix: "pat",
    isSecure: () => false,
    identifyToken: vi.fn(async () => person),
    identifySession: vi.fn(async () => person),
    principals: {
      peek: (key) => known.get(key),
      load: async (key, read) => {
        const found = await read();
        known.set(key, found);
        return found;
      },
    },
    clock: () => clock.now,
    onCacheLookup: () => {},
  } satisfies AuthenticateDeps;
  return { authenticate: createAuthenticate(deps), deps, clock, known };
}

function requestOf({
  method = "GET",
  authorization,
  cookies: sent = {},
  headers = {},
}: {
  method?: string;
  authorization?: string | undefined;
  cookies?: Readonly<Record<string, string>>;
  headers?: Readonly<Record<string, string>>;
}): FastifyRequest {
  const cookie = Object.entries(sent).map(([name, value]) => `${name}=${value}`);
  return {
    method,
    ip: "192.0.2.1",
    headers: {
      ...headers,
      authorization,
      ...(cookie.length === 0 ? {} : { cookie: cookie.join("; ") }),
    },
    server: { parseCookie: () => sent },
    raw: { rawHeaders: authorization === undefined ? [] : ["Authorization", authorization] },
  } as unknown as FastifyRequest;
}
