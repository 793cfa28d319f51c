import { afterEach, describe, expect, test } from "vitest";
import { startApp, type TestApp } from "../testing/start-app.ts";
import { openTestSqlite } from "../testing/test-databases.ts";

const sqlite = { name: "SQLite", open: openTestSqlite } as const;
const publicUrl = { TESSERA_PUBLIC_URL: "https://tokens.example.test" };

describe("behind a proxy that ends TLS", () => {
  let server: TestApp;
  afterEach(() => server.close());

  const signInThrough = (headers: Readonly<Record<string, string>>) => {
    const { email: username, password } = server.admin;
    const body = { username, password };
    return server.nobody.call("POST", "/session", body, { "x-tessera-csrf": "1", ...headers });
  };
  const told = () =>
    server.logLines.filter((line) => line.includes("TESSERA_TRUSTED_PROXIES does not name"));

  test("which nobody trusts, cookies are Secure all the same, and the log says once what is missing", async () => {
    server = await startApp(sqlite, { environment: publicUrl });
    expect(told()).toEqual([]);
    for (let times = 0; times < 3; times += 1) {
      const signedIn = await signInThrough({ "x-forwarded-for": "203.0.113.7" });
      expect(signedIn.status).toBe(201);
      const cookies = [signedIn.headers["set-cookie"]].flat().map(String);
      expect(cookies.length).toBeGreaterThan(0);
      for (const cookie of cookies) expect(cookie).toMatch(/^__Host-tessera_\w+=.*; Secure/);
    }
    expect(told()).toHaveLength(1);
    expect(told()[0]).toContain('"address":"127.0.0.1"');
  });

  test("which is trusted, nothing is missing", async () => {
    server = await startApp(sqlite, {
      environment: { ...publicUrl, TESSERA_TRUSTED_PROXIES: "loopback" },
    });
    const headers = { "x-forwarded-for": "127.0.0.1", "x-forwarded-proto": "https" };
    expect((await signInThrough(headers)).status).toBe(201);
    expect(told()).toEqual([]);
  });
});
