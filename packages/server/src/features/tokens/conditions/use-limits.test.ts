import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleCatalogueFile } from "../../../testing/example-catalogue.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { openTestPostgres } from "../../../testing/test-databases.ts";

type Token = { readonly id: string; readonly secret: string } & Caller;

const example = exampleCatalogueFile();
const file = {
  ...example,
  routes: [{ method: "GET", path: "/domains-of/{domain}", operation: "domains.read" }],
};

async function newToken(
  server: TestApp,
  owner: TestUser,
  domainId: string,
  conditions: object,
): Promise<Token> {
  const scopes = ["read", "update"].map((operation) => ({
    domain_id: domainId,
    entity_type: "domains",
    entity_id: domainId,
    operation,
  }));
  const body = { name: "ci", duration: "30d", scopes, conditions };
  const { id, secret } = requireStatus(await owner.call("POST", "/pats", body), 201);
  return { id, secret, ...server.bearer(secret) };
}

/** How each of so many requests, one after the other or all at once, was answered: `200` or a code. */
async function answersOf(caller: Caller, path: string, times: number, atOnce = 1) {
  const answers: (string | number)[] = [];
  const ask = async () => {
    const { status, body } = await caller.call("GET", path);
    answers.push(status === 200 ? 200 : body.code);
  };
  for (let asked = 0; asked < times; asked += atOnce) {
    await Promise.all(Array.from({ length: Math.min(atOnce, times - asked) }, ask));
  }
  return answers;
}

const countYes = (answers: readonly unknown[]) => answers.filter((answer) => answer === 200).length;

onEveryDatabase("a token that may be used so often in all", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let path: string;

  beforeAll(async () => {
    server = await startApp(kind, { file });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    path = `/domains/${domainId}`;
  });
  afterAll(() => server.close());

  const tokenOf = (conditions: object) => newToken(server, ada, domainId, conditions);
  const change = async (token: Token, body: object) =>
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/conditions`, body), 200);
  const reservedOf = async ({ id }: Token) =>
    requireStatus(await ada.call("GET", `/pats/${id}`), 200).uses_reserved;

  test("works so often, and is refused with 401 from then on", async () => {
    const token = await tokenOf({ max_uses: 3 });
    expect(await answersOf(token, path, 5)).toEqual([
      200,
      200,
      200,
      "token_exhausted",
      "token_exhausted",
    ]);
    const refused = await token.call("GET", path);
    expect(refused.status).toBe(401);
    expect(refused.headers["www-authenticate"]).toMatch(/^Bearer error="invalid_token"/);
    expect(await reservedOf(token)).toBe(3);
  });

  test("works no more often where all of its requests come at once", async () => {
    const token = await tokenOf({ max_uses: 150 });
    expect(countYes(await answersOf(token, path, 200, 50))).toBe(150);
    expect(await reservedOf(token)).toBe(150);
  });

  test("is used by what its scopes do not cover, and not by what another condition refuses", async () => {
    const token = await tokenOf({ max_uses: 2, addresses: { deny: ["198.51.100.1"] } });
    for (let times = 0; times < 5; times += 1) {
      const refused = await server.app.inject({
        url: path,
        remoteAddress: "198.51.100.1",
        headers: { authorization: token.authorization ?? "" },
      });
      expect(refused.json().code).toBe("condition_address");
    }
    expect((await token.call("GET", `${path}/invitations`)).body.code).toBe("scope_missing");
    expect(await answersOf(token, path, 2)).toEqual([200, "token_exhausted"]);
  });

  test("is used once by a request with a body, which is looked at several times", async () => {
    const token = await tokenOf({ max_uses: 3 });
    for (const tag of ["a", "b", "c"]) {
      requireStatus(await token.call("PATCH", path, { tags: [tag] }), 200);
    }
    expect((await token.call("PATCH", path, { tags: ["d"] })).body.code).toBe("token_exhausted");
    expect(requireStatus(await ada.call("GET", path), 200).tags).toEqual(["c"]);
  });

  test("is used by each question of a batch, and by each request of a gateway", async () => {
    const token = await tokenOf({ max_uses: 4 });
    const question = {
      domain_id: domainId,
      entity_type: "domains",
      entity_id: domainId,
      operation: "read",
    };
    const asked = await server.app.inject({
      url: "/forward-auth",
      headers: {
        authorization: token.authorization ?? "",
        "x-original-method": "GET",
        "x-original-uri": `/domains-of/${domainId}`,
      },
    });
    expect(asked.statusCode).toBe(200);
    const { body } = await token.call("POST", "/authorize", Array(5).fill(question));
    const told = body.map((answer: { because?: string }) => answer.because ?? "yes");
    expect(told).toEqual(["yes", "yes", "yes", "token_exhausted", "token_exhausted"]);
    const refused = await server.app.inject({
      url: "/forward-auth",
      headers: {
        authorization: token.authorization ?? "",
        "x-original-method": "GET",
        "x-original-uri": `/domains-of/${domainId}`,
      },
    });
    expect([refused.statusCode, refused.headers["x-tessera-error"]]).toEqual([
      401,
      "token_exhausted",
    ]);
    const explained = await token.call("POST", "/authorize?explain=true", question);
    expect(explained.body).toMatchObject({ allowed: false, failed_step: "max_uses" });
  });

  test("is given nothing back by a clock that is set back", async () => {
    const token = await tokenOf({ max_uses: 2 });
    expect(countYes(await answersOf(token, path, 3))).toBe(2);
    const { now } = server.clock;
    server.clock.now = now - 60_000;
    expect(await answersOf(token, path, 2)).toEqual(["token_exhausted", "token_exhausted"]);
    server.clock.now = now;
  });

  test("goes on where it may be used more often, and stops at once where less, whatever a server had taken", async () => {
    const token = await tokenOf({ max_uses: 2 });
    expect(countYes(await answersOf(token, path, 4))).toBe(2);
    await change(token, { max_uses: 400 });
    // Of these the server has taken more than it has given.
    expect(countYes(await answersOf(token, path, 3))).toBe(3);
    const reserved = await reservedOf(token);
    expect(reserved).toBeGreaterThan(5);
    await change(token, { max_uses: 5 });
    expect(await answersOf(token, path, 2)).toEqual(["token_exhausted", "token_exhausted"]);
    await change(token, { max_uses: reserved + 1 });
    expect(await answersOf(token, path, 2)).toEqual([200, "token_exhausted"]);
  });

  test("is counted on where the limit is taken away and set again", async () => {
    const token = await tokenOf({ max_uses: 2 });
    expect(countYes(await answersOf(token, path, 3))).toBe(2);
    await change(token, { max_uses: null });
    expect(countYes(await answersOf(token, path, 5))).toBe(5);
    await change(token, { max_uses: 3 });
    expect(await answersOf(token, path, 2)).toEqual([200, "token_exhausted"]);
  });
});

onEveryDatabase("a token that may be used so often in a time", (kind) => {
  let server: TestApp;
  let token: Token;
  let path: string;

  beforeAll(async () => {
    server = await startApp(kind);
    const ada = await server.newUser();
    const domainId = await server.newDomain(ada);
    path = `/domains/${domainId}`;
    token = await newToken(server, ada, domainId, { rate: { limit: 3, per: "1m" }, max_uses: 5 });
  });
  afterAll(() => server.close());

  test("waits for as long as 429 says, and what came too early is no use of it", async () => {
    expect(await answersOf(token, path, 5)).toEqual([
      200,
      200,
      200,
      "rate_limited",
      "rate_limited",
    ]);
    const refused = await token.call("GET", path);
    expect([refused.status, refused.headers["retry-after"]]).toEqual([429, "20"]);
    expect(refused.headers).toMatchObject({
      "ratelimit-policy": '"pat";q=3;w=60',
      ratelimit: '"pat";r=0;t=60',
    });
    server.clock.now += 20_000;
    expect(await answersOf(token, path, 2)).toEqual([200, "rate_limited"]);
    server.clock.now += 60_000;
    expect(await answersOf(token, path, 3)).toEqual([200, "token_exhausted", "token_exhausted"]);
  });
});

describe("with several servers, a token that may be used so often", () => {
  const postgres = { name: "PostgreSQL", open: openTestPostgres } as const;
  let here: TestApp;
  let ada: TestUser;
  let domainId: string;
  let path: string;

  beforeAll(async () => {
    here = await startApp(postgres);
    ada = await here.newUser();
    domainId = await here.newDomain(ada);
    path = `/domains/${domainId}`;
  });
  afterAll(() => here.close());

  const startAnother = () => startApp(postgres, { sameDatabaseAs: here });

  test("is used at all of them together so often", async () => {
    const there = await startAnother();
    const token = await newToken(here, ada, domainId, { max_uses: 130 });
    const answers = await Promise.all(
      [here, there].map((server) => answersOf(server.bearer(token.secret), path, 140, 10)),
    );
    expect(countYes(answers.flat())).toBe(130);
    await there.close();
  });

  test("loses what a server had taken that is gone, and is never given it twice", async () => {
    const gone = await startAnother();
    const token = await newToken(here, ada, domainId, { max_uses: 120 });
    expect(countYes(await answersOf(gone.bearer(token.secret), path, 1))).toBe(1);
    await gone.close();
    const { uses_reserved: lost } = requireStatus(await ada.call("GET", `/pats/${token.id}`), 200);
    expect(countYes(await answersOf(token, path, 125, 10))).toBe(120 - lost);
  });

  test("in a time is counted by each for itself", async () => {
    const there = await startAnother();
    there.clock.now = here.clock.now;
    const token = await newToken(here, ada, domainId, { rate: { limit: 2, per: "1h" } });
    for (const server of [here, there]) {
      expect(countYes(await answersOf(server.bearer(token.secret), path, 4))).toBe(2);
    }
    await there.close();
  });
});
