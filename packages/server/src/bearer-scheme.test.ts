import { afterAll, beforeAll, expect, test } from "vitest";
import { startApp, type TestApp, type TestUser } from "./testing/start-app.ts";
import { openTestSqlite } from "./testing/test-databases.ts";

const metricsToken = "a-token-for-the-figures-of-this-server";

let testApp: TestApp;
let ada: TestUser;
beforeAll(async () => {
  testApp = await startApp(
    { name: "SQLite", open: openTestSqlite },
    { environment: { TESSERA_METRICS_TOKEN: metricsToken } },
  );
  ada = await testApp.newUser();
});
afterAll(() => testApp.close());

test.each(["bearer", "BEARER", "bEARER", "Bearer"])(
  "the scheme %s names the caller wherever one is read (RFC 9110, section 11.1)",
  async (scheme) => {
    const domainId = await testApp.newDomain(ada);
    const token = await testApp.newToken(ada, domainId, ["domains:read:*"]);
    const ask = async (method: "GET" | "POST", url: string, credential: string) => {
      const headers = { authorization: `${scheme} ${credential}` };
      return (await testApp.app.inject({ method, url, headers })).statusCode;
    };
    expect(await ask("GET", `/domains/${domainId}`, token.secret)).toBe(200);
    expect(await ask("GET", `/domains/${domainId}`, ada.accessToken)).toBe(200);
    expect(await ask("POST", "/users/tokens/refresh", (await testApp.newUser()).refreshToken)).toBe(
      201,
    );
    expect(await ask("GET", "/metrics", metricsToken)).toBe(200);
    // Known, but no rule says what it asks for.
    expect(await ask("GET", "/forward-auth", token.secret)).toBe(403);
  },
);

test.each(["Basic", "bearerx", "Token"])(
  "the scheme %s names nobody, though the credential is a good one",
  async (scheme) => {
    for (const url of ["/domains", "/metrics", "/seen-request", "/forward-auth"]) {
      const headers = { authorization: `${scheme} ${ada.accessToken}` };
      expect((await testApp.app.inject({ url, headers })).statusCode, url).toBe(401);
    }
  },
);
