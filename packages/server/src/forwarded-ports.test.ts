import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { startApp, type TestApp } from "./testing/start-app.ts";

onEveryDatabase("behind a gateway that writes the client's port", (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind, {
      environment: {
        TESSERA_TRUSTED_PROXIES: "127.0.0.1,10.0.0.0/8,fd00::/8",
        // Two at once.
        TESSERA_REGISTRATIONS_PER_ADDRESS: "6",
      },
    });
  });
  afterAll(() => testApp.close());

  const from = (address: string) => ({ "x-forwarded-for": address });
  let count = 0;
  const register = async (address: string) => {
    count += 1;
    const body = {
      first_name: "Ada",
      last_name: "Byron",
      email: `ada${count}@example.test`,
      credentials: { username: `ada${count}`, secret: "a-good-password" },
    };
    const { status } = await testApp.nobody.call("POST", "/users", body, from(address));
    return status;
  };

  test.each([
    ["203.0.113.7", (port: number) => `203.0.113.7:${port}`],
    ["[2001:db8:9::7]", (port: number) => `[2001:db8:9::7]:${port}`],
  ])("the limits of %s count, whatever its port is", async (_, written) => {
    expect(await register(written(4001))).toBe(201);
    expect(await register(written(4002))).toBe(201);
    expect(await register(written(4003))).toBe(429);
  });

  test.each([
    ["198.51.100.7:4711", "198.51.100.7"],
    ["[2001:db8::7]:4711", "2001:db8::7"],
    ["198.51.100.8:4711, 10.0.0.9:80", "198.51.100.8"],
    ["198.51.100.9:4711, [fd00::9]:80", "198.51.100.9"],
    // What the client itself wrote before it came to the gateway.
    ["10.6.6.6:1, 198.51.100.10:4711", "198.51.100.10"],
  ])("%s is recorded as %s, of a session and of a change", async (written, address) => {
    const ada = await testApp.newUser();
    const domainId = await testApp.newDomain(ada);
    const credentials = { username: ada.username, password: ada.password };
    await testApp.nobody.call("POST", "/users/tokens/issue", credentials, from(written));
    await ada.call("PATCH", `/domains/${domainId}`, { name: "Plant" }, from(written));
    const { database } = testApp.deps;
    const sessions = await database.read
      .selectFrom("sessions")
      .select("address")
      .where("user_id", "=", ada.id)
      .execute();
    expect(sessions.map((session) => session.address)).toContain(address);
    const recorded = await database.read
      .selectFrom("audit_events")
      .select("address")
      .where("actor_user_id", "=", ada.id)
      .where("action", "=", "domains.update")
      .execute();
    expect(recorded).toEqual([{ address }]);
  });

  test("no use of a token is kept with a port", async () => {
    const ada = await testApp.newUser();
    const domainId = await testApp.newDomain(ada);
    const token = await testApp.newToken(ada, domainId, ["domains:read:*"]);
    const read = await token.call("GET", `/domains/${domainId}`, undefined, from("192.0.2.1:4711"));
    expect(read.status).toBe(200);
    // Uses are written down at the latest when the server stops.
    await testApp.app.close();
    const used = await testApp.deps.database.read
      .selectFrom("tokens")
      .select("last_used_address")
      .where("id", "=", token.id)
      .execute();
    expect(used).toEqual([{ last_used_address: "192.0.2.1" }]);
  });
});
