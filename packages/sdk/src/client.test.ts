import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { accountEndpoints, builtInOperations } from "@tessera/contract";
import { afterEach, describe, expect, test } from "vitest";
import { createClient } from "./client.ts";
import { TesseraError } from "./tessera-error.ts";

interface SeenRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}

type Answer = (request: SeenRequest, response: ServerResponse) => void;

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close().closeAllConnections();
});

async function serve(answer: Answer): Promise<{ baseUrl: string; seen: SeenRequest[] }> {
  const seen: SeenRequest[] = [];
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
    incoming.on("end", () => {
      const request = {
        method: incoming.method ?? "",
        url: incoming.url ?? "",
        headers: incoming.headers,
        body: Buffer.concat(chunks).toString(),
      };
      seen.push(request);
      answer(request, response);
    });
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): Answer =>
  (_, response) => {
    response.writeHead(status, { "content-type": "application/json", ...headers });
    response.end(JSON.stringify(body));
  };

async function failureOf(call: Promise<unknown>): Promise<TesseraError> {
  const failure = await call.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(failure instanceof TesseraError)) throw new Error(`no TesseraError but ${failure}`);
  return failure;
}

test("a call for one object is never one for all, or for what is above: an id is no dots, and is not empty", async () => {
  const { baseUrl, seen } = await serve(json(200, {}));
  const client = createClient({ baseUrl });
  for (const id of [".", "..", ""]) {
    await expect(client.tokens.delete({ tokenId: id })).rejects.toThrow(
      /tokenId (must be|is missing)/,
    );
    const role = { domainId: "d", id: "c", roleId: id };
    await expect(client.clients.roles.remove(role)).rejects.toThrow(/roleId (must be|is missing)/);
  }
  expect(seen).toEqual([]);
  for (const id of ["...", "%2e", "a/..", "..\\", ". "])
    await client.tokens.delete({ tokenId: id });
  expect(seen.map(({ url }) => url.split("/").length)).toEqual([3, 3, 3, 3, 3]);
});

describe("a call that needs the password again", () => {
  const refusal = { message: "Give it", code: "password_confirmation_required" };

  test("is sent once more after the password was given, and not without", async () => {
    let isConfirmed = false;
    const { baseUrl, seen } = await serve((request, response) =>
      isConfirmed
        ? json(200, { id: "u" })(request, response)
        : json(403, refusal)(request, response),
    );
    const update = (confirmPassword?: () => Promise<boolean>) =>
      createClient({
        baseUrl,
        ...(confirmPassword === undefined ? {} : { confirmPassword }),
      }).users.update_email({ userId: "u", body: { email: "a@b.test" } });
    expect((await failureOf(update())).code).toBe(refusal.code);
    expect((await failureOf(update(async () => false))).code).toBe(refusal.code);
    expect(seen).toHaveLength(2);
    const confirm = async () => {
      isConfirmed = true;
      return true;
    };
    expect(await update(confirm)).toEqual({ id: "u" });
    expect(seen.slice(2).map(({ body }) => body)).toEqual(Array(2).fill('{"email":"a@b.test"}'));
  });

  test("that is refused again fails, and is not sent for ever", async () => {
    const { baseUrl, seen } = await serve(json(403, refusal));
    const client = createClient({ baseUrl, confirmPassword: async () => true });
    const failure = await failureOf(client.users.delete({ userId: "u" }));
    expect([failure.code, seen.length]).toEqual([refusal.code, 2]);
  });
});

describe("a call", () => {
  test("sends method, filled path, body and bearer of its row", async () => {
    const { baseUrl, seen } = await serve(json(200, { id: "c/1" }));
    const client = createClient({ baseUrl, credentials: { kind: "bearer", token: "pat_x" } });
    const reply = await client.clients.update_tags({
      domainId: "d 1",
      id: "c/1",
      body: { tags: ["a"] },
    });
    expect(reply.id).toBe("c/1");
    expect(seen).toHaveLength(1);
    expect(seen[0]).toMatchObject({
      method: "PATCH",
      url: "/d%201/clients/c%2F1/tags",
      body: '{"tags":["a"]}',
    });
    expect(seen[0]?.headers).toMatchObject({
      authorization: "Bearer pat_x",
      "content-type": "application/json",
      accept: "application/json",
    });
  });

  test("writes objects of the query as JSON, arrays with commas, and leaves out what is unset", async () => {
    const { baseUrl, seen } = await serve(
      json(200, { total: 0, offset: 0, limit: 10, clients: [] }),
    );
    await createClient({ baseUrl }).clients.list({
      domainId: "d",
      query: { metadata: { k: [1] }, tags: "a+b", name: undefined, only_total: true },
    });
    const query = new URL(seen[0]?.url ?? "", baseUrl).searchParams;
    expect(Object.fromEntries(query)).toEqual({
      metadata: '{"k":[1]}',
      tags: "a+b",
      only_total: "true",
    });
  });

  test("sends no number that JSON does not have, and says where it stands", async () => {
    const { baseUrl, seen } = await serve(json(201, {}));
    const { clients } = createClient({ baseUrl });
    for (const number of [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
      const metadata = { limits: { highest: number } };
      await expect(clients.create({ domainId: "d", body: { metadata } })).rejects.toThrow(
        `highest: JSON has no number ${number}`,
      );
      await expect(clients.list({ domainId: "d", query: { metadata } })).rejects.toThrow("highest");
    }
    expect(seen).toEqual([]);
  });

  test("without a body sends none and no content type, and resolves to nothing on 204", async () => {
    const { baseUrl, seen } = await serve((_, response) => response.writeHead(204).end());
    expect(await createClient({ baseUrl }).tokens.revoke({ tokenId: "t" })).toBeUndefined();
    expect(seen[0]).toMatchObject({ method: "PATCH", url: "/pats/t/secret/revoke", body: "" });
    expect(seen[0]?.headers["content-type"]).toBeUndefined();
    expect(seen[0]?.headers.authorization).toBeUndefined();
  });

  test("refuses an empty path parameter before anything is sent", async () => {
    const { baseUrl, seen } = await serve(json(200, {}));
    await expect(createClient({ baseUrl }).tokens.view({ tokenId: "" })).rejects.toThrow("tokenId");
    expect(seen).toHaveLength(0);
  });

  test("can be aborted and then fails as an abort", async () => {
    const { baseUrl } = await serve(() => undefined);
    const controller = new AbortController();
    const call = createClient({ baseUrl }).service.health({}, { signal: controller.signal });
    controller.abort();
    await expect(call).rejects.toMatchObject({ name: "AbortError" });
  });
});

describe("every endpoint of the contract", () => {
  test("has a method under its id", () => {
    const client: unknown = createClient({ baseUrl: "" });
    const endpoints = [
      ...builtInOperations.flatMap((row) => [...row.endpoints]),
      ...accountEndpoints,
    ];
    for (const { id } of endpoints) {
      const found = id
        .split(".")
        .reduce<unknown>((branch, name) => (branch as Record<string, unknown>)[name], client);
      expect(found, id).toBeTypeOf("function");
    }
  });
});

describe("a failure", () => {
  test("carries what the server says of it", async () => {
    const missing_scope = {
      domain_id: "d",
      entity_type: "clients",
      entity_id: "*",
      operation: "view",
    };
    const { baseUrl } = await serve(
      json(403, { message: "no", code: "scope_missing", missing_scope, request_id: "r7" }),
    );
    const failure = await failureOf(
      createClient({ baseUrl }).clients.view({ domainId: "d", id: "c" }),
    );
    expect(failure).toMatchObject({
      status: 403,
      code: "scope_missing",
      message: "no",
      missingScope: missing_scope,
      requestId: "r7",
    });
  });

  test("names the field and how long to wait", async () => {
    const { baseUrl } = await serve(
      json(
        429,
        { message: "wait", code: "rate_limited", field: "username" },
        { "retry-after": "30" },
      ),
    );
    const client = createClient({ baseUrl, retries: { times: 0, longestWaitSeconds: 0 } });
    expect(await failureOf(client.users.profile())).toMatchObject({
      status: 429,
      field: "username",
      retryAfterSeconds: 30,
    });
  });

  test("of a server that cannot be reached has the code unreachable and status 0", async () => {
    const { baseUrl } = await serve((_, response) => response.destroy());
    expect(await failureOf(createClient({ baseUrl }).service.health())).toMatchObject({
      status: 0,
      code: "unreachable",
    });
  });

  test("of a server that sends elsewhere has the code unexpected_reply, and what was asked goes nowhere else", async () => {
    let asked = 0;
    const other = await serve((_, response) => {
      asked += 1;
      response.writeHead(200, { "content-type": "application/json" }).end("{}");
    });
    const { baseUrl } = await serve((_, response) =>
      response.writeHead(307, { location: `${other.baseUrl}/users/tokens/issue` }).end(),
    );
    const body = { username: "ada", password: "never to be sent on" };
    const failure = await failureOf(createClient({ baseUrl }).sessions.issue({ body }));
    expect(failure).toMatchObject({ status: 307, code: "unexpected_reply" });
    expect(failure.message).toContain(other.baseUrl);
    expect(asked).toBe(0);
  });

  test.each([200, 502])(
    "of status %i that is not JSON has the code unexpected_reply",
    async (status) => {
      const { baseUrl } = await serve((_, response) => response.writeHead(status).end("<html>"));
      expect(await failureOf(createClient({ baseUrl }).service.health())).toMatchObject({
        status,
        code: "unexpected_reply",
      });
    },
  );
});

describe("a browser's session", () => {
  const expired = json(401, { message: "expired", code: "unauthenticated" });

  test("is renewed once for all calls that fail meanwhile, and they are sent again", async () => {
    let isFresh = false;
    const { baseUrl, seen } = await serve((request, response) => {
      if (request.url === "/session/refresh") {
        setTimeout(() => {
          isFresh = true;
          response.writeHead(204).end();
        }, 50);
      } else (isFresh ? json(200, { id: "u" }) : expired)(request, response);
    });
    const client = createClient({ baseUrl, credentials: { kind: "cookies" } });
    const replies = await Promise.all([
      client.users.profile(),
      client.users.profile(),
      client.users.profile(),
    ]);
    expect(replies.map(({ id }) => id)).toEqual(["u", "u", "u"]);
    expect(seen.filter(({ url }) => url === "/session/refresh")).toHaveLength(1);
    expect(seen.every(({ headers }) => headers["x-tessera-csrf"] === "1")).toBe(true);
  });

  test("renews in its turn where turns are to be taken", async () => {
    let turns = 0;
    const { baseUrl } = await serve((request, response) =>
      request.url === "/session/refresh" || turns === 0
        ? expired(request, response)
        : json(200, {})(request, response),
    );
    const client = createClient({
      baseUrl,
      credentials: {
        kind: "cookies",
        takeTurns: async (renew) => {
          turns += 1;
          await renew();
        },
      },
    });
    await failureOf(client.users.profile());
    expect(turns).toBe(1);
  });

  test("that cannot be renewed fails with the first answer", async () => {
    const { baseUrl, seen } = await serve((request, response) =>
      request.url === "/session/refresh"
        ? json(401, { message: "over", code: "token_revoked" })(request, response)
        : expired(request, response),
    );
    const client = createClient({ baseUrl, credentials: { kind: "cookies" } });
    expect(await failureOf(client.users.profile())).toMatchObject({ message: "expired" });
    expect(seen.map(({ url }) => url)).toEqual(["/users/profile", "/session/refresh"]);
  });

  test("can be renewed again after a renewal that failed", async () => {
    let isServerUp = false;
    let isFresh = false;
    const { baseUrl } = await serve((request, response) => {
      if (request.url !== "/session/refresh") {
        (isFresh ? json(200, { id: "u" }) : expired)(request, response);
      } else if (isServerUp) {
        isFresh = true;
        response.writeHead(204).end();
      } else response.destroy();
    });
    const client = createClient({ baseUrl, credentials: { kind: "cookies" } });
    expect((await failureOf(client.users.profile())).code).toBe("unreachable");
    isServerUp = true;
    expect((await client.users.profile()).id).toBe("u");
  });

  test("is not renewed for a wrong password, which would count twice", async () => {
    const { baseUrl, seen } = await serve(
      json(401, { message: "wrong", code: "wrong_credentials" }),
    );
    const client = createClient({ baseUrl, credentials: { kind: "cookies" } });
    const body = { old_secret: "a", new_secret: "b" };
    expect((await failureOf(client.users.change_password({ body }))).code).toBe(
      "wrong_credentials",
    );
    expect(seen).toHaveLength(1);
  });
});
