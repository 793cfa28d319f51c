import { describe, expect, test } from "vitest";
import { createClient } from "./client.ts";
import type { SessionTokens } from "./session.ts";
import { TesseraError } from "./tessera-error.ts";

const expired = () => answer(401, { message: "expired", code: "token_expired" });

describe("a program's session", () => {
  test("is renewed once for all calls that fail meanwhile, and they are sent again", async () => {
    const server = serveSession("a1", "r1");
    server.expire();
    const renewed: SessionTokens[] = [];
    const client = server.client({ onRenewed: (tokens) => void renewed.push(tokens) });
    const calls = [client.users.profile(), client.users.profile(), client.users.profile()];
    expect((await Promise.all(calls)).map(({ id }) => id)).toEqual(["u", "u", "u"]);
    expect(renewed).toEqual([{ accessToken: "a2", refreshToken: "r2" }]);
    expect(server.refreshedBy).toEqual(["r1"]);
  });

  test("is renewed by the newest refresh token each time", async () => {
    const server = serveSession("a1", "r1");
    const client = server.client();
    for (let times = 0; times < 3; times += 1) {
      server.expire();
      expect((await client.users.profile()).id).toBe("u");
    }
    expect(server.refreshedBy).toEqual(["r1", "r2", "r3"]);
  });

  test("is kept before the call goes on", async () => {
    const server = serveSession("a1", "r1");
    server.expire();
    let kept: string | undefined;
    const client = server.client({
      onRenewed: async ({ refreshToken }) => {
        await Promise.resolve();
        kept = refreshToken;
      },
    });
    server.onProfile = () => expect(kept).toBe("r2");
    await client.users.profile();
    expect(kept).toBe("r2");
  });

  test("that is over fails with the call's own failure, and is not renewed for ever", async () => {
    const server = serveSession("a1", "r1");
    server.expire();
    server.end();
    const failure = await server
      .client()
      .users.profile()
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(TesseraError);
    expect(failure).toMatchObject({ status: 401, code: "token_expired" });
    expect(server.refreshedBy).toEqual(["r1"]);
  });

  test("is not replaced by what is no session, such as a portal's answer", async () => {
    for (const access_token of ["a2\r\nX-Evil: 1", "", 5, "a".repeat(5000), "\u00e9"]) {
      const server = serveSession("a1", "r1");
      server.expire();
      const renewed: SessionTokens[] = [];
      const serve = server.fetch;
      server.fetch = (async (url: string, init: RequestInit) =>
        url.endsWith("/refresh")
          ? answer(201, { access_token, refresh_token: "r2" })
          : serve(url, init)) as typeof fetch;
      const client = server.client({ onRenewed: (tokens) => void renewed.push(tokens) });
      await expect(client.users.profile()).rejects.toMatchObject({ code: "unexpected_reply" });
      expect(renewed).toEqual([]);
    }
  });

  test("is not renewed for a wrong password, which would count twice", async () => {
    const server = serveSession("a1", "r1");
    server.expire({ code: "wrong_credentials", message: "wrong" });
    const body = { old_secret: "a", new_secret: "b" };
    const call = server.client().users.change_password({ body });
    await expect(call).rejects.toMatchObject({ code: "wrong_credentials" });
    expect(server.refreshedBy).toEqual([]);
  });

  test("without renewal is a bearer, which nothing renews", async () => {
    const server = serveSession("a1", "r1");
    server.expire();
    const client = createClient({
      baseUrl: "https://tokens.example.test/",
      credentials: { kind: "bearer", token: "a1" },
      fetch: server.fetch,
    });
    await expect(client.users.profile()).rejects.toMatchObject({ code: "token_expired" });
    expect(server.refreshedBy).toEqual([]);
  });
});

function answer(status: number, body: object): Response {
  return Response.json(body, { status });
}

/** A server with one session, whose tokens count upwards. */
function serveSession(access: string, refresh: string) {
  const next = (token: string) => `${token.slice(0, 1)}${Number(token.slice(1)) + 1}`;
  let current = { access, refresh };
  let refusal: object | undefined;
  let isOver = false;
  const server = {
    refreshedBy: [] as string[],
    onProfile: () => {},
    expire: (body: object = { message: "expired", code: "token_expired" }) => {
      refusal = body;
      current = { ...current, access: next(current.access) };
    },
    end: () => {
      isOver = true;
    },
    fetch: (async (url: string, init: RequestInit) => {
      const bearer = new Headers(init.headers).get("authorization")?.slice("Bearer ".length) ?? "";
      if (url === "https://tokens.example.test/users/tokens/refresh") {
        server.refreshedBy.push(bearer);
        if (isOver || bearer !== current.refresh) return expired();
        current = { ...current, refresh: next(current.refresh) };
        return answer(201, { access_token: current.access, refresh_token: current.refresh });
      }
      if (bearer !== current.access) return answer(401, refusal ?? {});
      server.onProfile();
      return answer(200, { id: "u" });
    }) as typeof fetch,
    client: (options: { onRenewed?: (tokens: SessionTokens) => void | Promise<void> } = {}) =>
      createClient({
        baseUrl: "https://tokens.example.test/",
        credentials: {
          kind: "session",
          tokens: { accessToken: access, refreshToken: refresh },
          ...options,
        },
        fetch: server.fetch,
      }),
  };
  return server;
}
