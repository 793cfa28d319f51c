import { Agent, request as send } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../testing/start-app.ts";
import { giveRole } from "../testing/test-people.ts";

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

interface Question {
  readonly method: "GET" | "HEAD" | "POST";
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** A token of a member, and what it may: to view one client. */
interface Right {
  readonly id: string;
  readonly secret: string;
  readonly member: TestUser;
  readonly roleId: string;
  readonly domainId: string;
  readonly clientId: string;
}

interface Change {
  readonly name: string;
  readonly make: (right: Right) => Promise<unknown>;
  /** What nobody may any more. */
  readonly takes: readonly ("right" | "view")[];
  /** Whether the view is another one. */
  readonly shows?: boolean;
}

/** Of the connection and of the moment. */
const ofTheReply = ["date", "connection", "keep-alive"];

onEveryDatabase("a request that is sent again in the same words", (kind) => {
  let server: TestApp;
  let owner: TestUser;
  let origin: URL;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  /** Of all requests, those that were read as if for the first time. */
  let read = 0;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_LOG_LEVEL: "info", TESSERA_USAGE_FLUSH_INTERVAL: "1h" },
      file: {
        routes: [{ method: "GET", path: "/devices/{domain}/{id}", operation: "clients.view" }],
      },
      configure: (app) => {
        app.addHook("onRequest", (_request, _reply, done) => {
          read += 1;
          done();
        });
      },
    });
    owner = await server.newUser();
    origin = new URL(await server.address());
  });
  afterAll(async () => {
    agent.destroy();
    await server.close();
  });

  async function newRight(scopes: readonly string[] = ["clients:view:*"]): Promise<Right> {
    const domainId = await server.newDomain(owner);
    const member = await server.newUser();
    const actions = ["read", "client_read"];
    const roleId = await giveRole(owner, `/domains/${domainId}`, member, actions);
    const made = await owner.call("POST", `/${domainId}/clients`, { name: "pump" });
    const token = await server.newToken(member, domainId, scopes);
    const { id: clientId } = requireStatus(made, 201);
    return { ...token, member, roleId, domainId, clientId };
  }

  const bearer = ({ secret }: Pick<Right, "secret">) => ({ authorization: `Bearer ${secret}` });
  const questions: Readonly<Record<string, (right: Right) => Question>> = {
    "a gateway's question": (right) => ({
      method: "GET",
      path: "/forward-auth",
      headers: {
        ...bearer(right),
        "x-forwarded-method": "GET",
        "x-forwarded-uri": `/devices/${right.domainId}/${right.clientId}`,
      },
    }),
    "a service's question": (right) => ({
      method: "POST",
      path: "/authorize",
      headers: { ...bearer(right), "content-type": "application/json" },
      body: JSON.stringify({
        domain_id: right.domainId,
        entity_type: "clients",
        entity_id: right.clientId,
        operation: "view",
      }),
    }),
    "a view": (right) => ({
      method: "GET",
      path: `/${right.domainId}/clients/${right.clientId}`,
      headers: bearer(right),
    }),
  };
  /** Views are read anew where other processes change what is viewed. */
  const isKept = (question: string) => question !== "a view" || kind.name === "SQLite";

  /** As clients do. */
  function ask({ body, ...question }: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
      const headers = { ...question.headers, ...length };
      const { hostname, port } = origin;
      const request = send({ ...question, hostname, port, headers, agent }, (reply) => {
        const chunks: Buffer[] = [];
        reply.on("data", (chunk: Buffer) => chunks.push(chunk));
        reply.on("end", () =>
          resolve({
            status: reply.statusCode ?? 0,
            headers: withoutMoment(reply.headers),
            body: Buffer.concat(chunks).toString(),
          }),
        );
      });
      request.on("error", reject).end(body);
    });
  }

  /** Past all that stands before Fastify. */
  async function askAnew({ method, path, headers, body }: Question): Promise<Answer> {
    const host = origin.host;
    const reply = await server.app.inject({
      method,
      url: path,
      headers: { ...headers, host },
      ...(body === undefined ? {} : { payload: body }),
    });
    return {
      status: reply.statusCode,
      headers: withoutMoment(reply.headers),
      body: reply.body,
    };
  }

  const withoutMoment = (headers: object) =>
    Object.fromEntries(Object.entries(headers).filter(([name]) => !ofTheReply.includes(name)));

  /** What says of which request it speaks. */
  const withoutId = ({ status, headers, body }: Answer) => ({
    status,
    headers,
    body: body.replace(/"request_id":"[^"]*"/, ""),
  });

  async function askUntilKept(question: Question): Promise<Answer> {
    await ask(question);
    await ask(question);
    return ask(question);
  }

  const usesOf = async ({ id, member }: Right): Promise<number> => {
    const { scopes } = requireStatus(await member.call("GET", `/pats/${id}/scope`), 200);
    return scopes[0].use_count;
  };

  const object = ({ domainId, clientId }: Right) => `/${domainId}/clients/${clientId}`;
  const all = ["right", "view"] as const;
  const changes: readonly Change[] = [
    {
      name: "the token is revoked",
      make: ({ id, member }) => member.call("PATCH", `/pats/${id}/secret/revoke`),
      takes: all,
    },
    {
      name: "the token is deleted",
      make: ({ id, member }) => member.call("DELETE", `/pats/${id}`),
      takes: all,
    },
    {
      name: "the token gets another secret at once",
      make: ({ id, member }) =>
        member.call("PATCH", `/pats/${id}/secret/reset`, { duration: "24h" }),
      takes: all,
    },
    {
      name: "the token gets another name",
      make: ({ id, member }) => member.call("PATCH", `/pats/${id}/name`, { name: "other" }),
      takes: [],
    },
    {
      name: "its uses are counted down from now on",
      make: ({ id, member }) => member.call("PATCH", `/pats/${id}/conditions`, { max_uses: 100 }),
      takes: [],
    },
    {
      name: "its scope is removed",
      make: async ({ id, member }) => {
        const { scopes } = requireStatus(await member.call("GET", `/pats/${id}/scope`), 200);
        const body = { scopes_id: [scopes[0].id] };
        return member.call("PATCH", `/pats/${id}/scope/remove`, body);
      },
      takes: all,
    },
    {
      name: "it may be used from elsewhere alone",
      make: ({ id, member }) => {
        const conditions = { addresses: { allow: ["192.0.2.0/24"] } };
        return member.call("PATCH", `/pats/${id}/conditions`, conditions);
      },
      takes: all,
    },
    {
      name: "the owner's role is removed",
      make: ({ domainId, roleId }) => owner.call("DELETE", `/domains/${domainId}/roles/${roleId}`),
      takes: all,
    },
    {
      name: "the owner is disabled",
      make: ({ member }) => server.admin.call("POST", `/users/${member.id}/disable`),
      takes: all,
    },
    {
      name: "the domain is disabled",
      make: ({ domainId }) => owner.call("POST", `/domains/${domainId}/disable`),
      takes: all,
    },
    {
      name: "the domain is frozen",
      make: ({ domainId }) => server.admin.call("POST", `/domains/${domainId}/freeze`),
      takes: all,
    },
    {
      name: "the object gets another name",
      make: (right) => owner.call("PATCH", object(right), { name: "valve" }),
      takes: [],
      shows: true,
    },
    {
      name: "the object is disabled",
      make: (right) => owner.call("POST", `${object(right)}/disable`),
      takes: [],
      shows: true,
    },
    {
      name: "the object is deleted",
      make: (right) => owner.call("DELETE", object(right)),
      takes: ["view"],
    },
    {
      name: "the token has ended",
      make: async () => {
        server.clock.now += 25 * 3_600_000;
      },
      takes: all,
    },
  ];

  describe.each(Object.entries(questions))("%s", (name, questionOf) => {
    test("gets the same answer, without being read again", async () => {
      const question = questionOf(await newRight());
      const anew = await askAnew(question);
      expect(anew.status).toBe(200);
      await askUntilKept(question);
      const before = read;
      for (let times = 0; times < 3; times += 1) expect(await ask(question)).toEqual(anew);
      expect(read - before).toBe(isKept(name) ? 0 : 3);
    });

    test("is counted each time", async () => {
      const right = await newRight();
      for (let times = 1; times <= 6; times += 1) {
        expect((await ask(questionOf(right))).status).toBe(200);
        expect(await usesOf(right)).toBe(times);
      }
    });

    test("is told by what others trace it with, and is the same question", async () => {
      const question = questionOf(await newRight());
      await askUntilKept(question);
      const before = read;
      for (const id of ["1", "2"]) {
        const headers = { ...question.headers, traceparent: id, "X-Request-Id": id };
        expect((await ask({ ...question, headers })).status).toBe(200);
      }
      expect(read - before).toBe(isKept(name) ? 0 : 2);
    });

    test("is another one where anything else is another", async () => {
      const [right, other] = [await newRight(), await newRight()];
      const question = questionOf(right);
      await askUntilKept(question);
      for (const changed of [
        questionOf({ ...right, secret: other.secret }),
        questionOf({ ...right, clientId: other.clientId }),
        questionOf({ ...right, domainId: other.domainId }),
        { ...question, path: `${question.path}?explain=true` },
        { ...question, headers: { ...question.headers, authorization: "Bearer nonsense" } },
        { ...question, headers: { ...question.headers, accept: "text/html" } },
        { ...question, headers: { ...question.headers, upgrade: "h2c" } },
      ]) {
        expect(withoutId(await ask(changed))).toEqual(withoutId(await askAnew(changed)));
      }
    });

    test.each(changes)("$name: it is answered as if for the first time", async (change) => {
      const right = await newRight();
      const question = questionOf(right);
      const before = await askUntilKept(question);
      const { now } = server.clock;
      const made = await change.make(right);
      if (made !== undefined) expect(made).toMatchObject({ status: expect.toSatisfy(isSuccess) });
      const after = await ask(question);
      expect(withoutId(after)).toEqual(withoutId(await askAnew(question)));
      const allowed = name === "a service's question" ? /"allowed":true/.test(after.body) : true;
      const isAllowed = after.status === 200 && allowed;
      expect(isAllowed).toBe(!change.takes.includes(name === "a view" ? "view" : "right"));
      if (change.shows === true && name === "a view") expect(after.body).not.toBe(before.body);
      expect(withoutId(await ask(question))).toEqual(withoutId(await askAnew(question)));
      server.clock.now = now;
    });

    test("of a token with conditions is never answered so", async () => {
      const right = await newRight();
      const conditions = { max_uses: 4 };
      const path = `/pats/${right.id}/conditions`;
      requireStatus(await right.member.call("PATCH", path, conditions), 200);
      const answers = [];
      for (let times = 0; times < 6; times += 1) answers.push(await ask(questionOf(right)));
      const isAllowed = ({ status, body }: Answer) =>
        status === 200 && !body.includes('"allowed":false');
      expect(answers.map(isAllowed)).toEqual([true, true, true, true, false, false]);
    });

    test("of a session is never answered so", async () => {
      const right = await newRight();
      const question = questionOf({ ...right, secret: right.member.accessToken });
      await askUntilKept(question);
      const before = read;
      expect((await ask(question)).status).toBe(200);
      expect(read - before).toBe(1);
    });
  });

  test("a body that comes late, in parts or is long is read by those who read all others", async () => {
    const question = questions["a service's question"]?.(await newRight()) as Question;
    const { body = "" } = question;
    const anew = await askAnew(question);
    const long = `${" ".repeat(2000)}${body}`;
    for (let times = 0; times < 4; times += 1) {
      expect(await sendSlowly(question, [body.slice(0, 20), body.slice(20)])).toContain(anew.body);
      expect((await ask({ ...question, body: long })).body).toBe(anew.body);
    }
  });

  test("a body in pieces is looked at as a whole", async () => {
    const [right, other] = [await newRight(), await newRight()];
    const question = questions["a service's question"]?.(right) as Question;
    const { path, headers, body = "" } = question;
    const about = (clientId: string) => {
      const [before = "", after = ""] = body.split(right.clientId);
      return [before, `${clientId}${after}`];
    };
    const [allowed, refused] = [about(right.clientId), about(other.clientId)];
    const asOther = { authorization: `Bearer ${other.secret}` };
    for (let times = 0; times < 4; times += 1) {
      expect(await sendPieces(path, headers, allowed)).toContain('"allowed":true');
    }
    const domain = (pieces: readonly string[]) =>
      pieces.map((piece) => piece.replace(right.domainId, other.domainId));
    expect(await sendPieces(path, headers, domain(refused))).toContain('"allowed":false');
    expect(await sendPieces(path, { ...headers, ...asOther }, allowed)).toContain(
      '"allowed":false',
    );
    const deletes = allowed.map((piece) => piece.replace('"view"', '"delete"'));
    expect(await sendPieces(path, headers, deletes)).toContain('"allowed":false');
  });

  function sendPieces(
    path: string,
    headers: Question["headers"],
    pieces: readonly string[],
  ): Promise<string> {
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const chunks = pieces.map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`);
    const socket = connect(Number(origin.port), origin.hostname);
    socket
      .setEncoding("utf8")
      .write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ntransfer-encoding: chunked\r\n${lines.join("")}\r\n${chunks.join("")}0\r\n\r\n`,
      );
    return new Promise((resolve, reject) => {
      let text = "";
      socket.on("data", (part) => {
        text += part;
      });
      socket.on("end", () => resolve(text)).on("error", reject);
    });
  }

  function sendSlowly({ path, headers }: Question, parts: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect(Number(origin.port), origin.hostname);
      const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
      const length = parts.join("").length;
      const chunks: Buffer[] = [];
      socket.on("data", (chunk: Buffer) => chunks.push(chunk));
      socket.on("end", () => resolve(Buffer.concat(chunks).toString()));
      socket.on("error", reject);
      socket.write(
        `POST ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n${lines.join("")}content-length: ${length}\r\n\r\n`,
      );
      const [first = "", ...others] = parts;
      socket.write(first, () => {
        setImmediate(() => setImmediate(() => socket.write(others.join(""))));
      });
    });
  }

  test("replies that are given again are in the metrics like all others", async () => {
    const question = questions["a gateway's question"]?.(await newRight()) as Question;
    await askUntilKept(question);
    const before = await count(server, "tessera_http_requests_total", "2xx");
    const allowedBefore = await count(server, "tessera_decisions_total", "allowed");
    const knownBefore = await count(server, "tessera_principal_cache_lookups_total", "hit");
    for (let times = 0; times < 5; times += 1) await ask(question);
    // The answer itself is counted once it is sent.
    const told = ["tessera_http_requests_total", "2xx"] as const;
    await expect
      .poll(async () => (await count(server, ...told)) - before)
      .toBeGreaterThanOrEqual(5);
    const known = ["tessera_principal_cache_lookups_total", "hit"] as const;
    expect((await count(server, ...known)) - knownBefore).toBe(5);
    const allowed = ["tessera_decisions_total", "allowed"] as const;
    expect((await count(server, ...allowed)) - allowedBefore).toBe(5);
  });

  test("HEAD has the headers that it has at first", async () => {
    const asked = questions["a gateway's question"]?.(await newRight()) as Question;
    const question = { ...asked, method: "HEAD" } as const;
    const first = await ask(question);
    for (let times = 0; times < 4; times += 1) expect(await ask(question)).toEqual(first);
  });
});

const isSuccess = (status: number) => status >= 200 && status < 300;

async function count({ app, clock }: TestApp, name: string, word: string): Promise<number> {
  clock.now += 1_001;
  const { body } = await app.inject({ url: "/metrics" });
  return Number(new RegExp(`${name}\\{[a-z]+="${word}"\\} (\\d+)`).exec(body)?.[1]);
}
