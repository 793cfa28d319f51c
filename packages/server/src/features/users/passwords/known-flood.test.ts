import { afterAll, beforeAll, expect, test } from "vitest";
import { onOneDatabase } from "../../../testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

interface Known {
  readonly user: Pick<TestUser, "username" | "password">;
  readonly device: string;
}

const accounts = 22;
const attemptsOfAccount = 11;

onOneDatabase("right passwords sent all at once from known browsers", (kind) => {
  let testApp: TestApp;
  let addresses = 0;
  const newAddress = () => {
    addresses += 1;
    return `10.${Math.floor(addresses / 250)}.${addresses % 250}.7`;
  };
  beforeAll(async () => {
    testApp = await startApp(kind, {
      passwords: "dear",
      environment: { TESSERA_TRUSTED_PROXIES: "127.0.0.1" },
    });
  });
  afterAll(() => testApp.close());

  const issue = (user: Known["user"] | undefined, address: string, cookie = "", at = testApp) =>
    at.nobody.call(
      "POST",
      "/users/tokens/issue",
      { username: user?.username, password: user?.password },
      { "x-forwarded-for": address, cookie },
    );
  /** Signs in with a browser; its device cookie. */
  const newDevice = async (at: TestApp, { username, password }: TestUser) => {
    const headers = { "x-tessera-csrf": "1", "x-forwarded-for": newAddress() };
    const answer = await at.nobody.call("POST", "/session", { username, password }, headers);
    requireStatus(answer, 201);
    const lines = [answer.headers["set-cookie"] ?? []].flat() as string[];
    return lines.find((line) => line.startsWith("tessera_device="))?.split(";", 1)[0] ?? "";
  };
  const newKnown = async (at = testApp): Promise<Known> => {
    const user = await at.newUser();
    return { user, device: await newDevice(at, user) };
  };
  const countSessions = async (at: TestApp) =>
    (await at.deps.database.read.selectFrom("sessions").select("id").execute()).length;

  test("by many accounts at one address keep out neither strangers nor known browsers elsewhere", async () => {
    const [stranger, owner] = [await testApp.newUser(), await newKnown()];
    const known = [];
    for (let n = 0; n < accounts; n += 1) known.push(await newKnown());
    const from = newAddress();
    const statuses: number[] = [];
    const sent = known.flatMap(({ user, device }) =>
      Array.from({ length: attemptsOfAccount }, async () => {
        statuses.push((await issue(user, from, device)).status);
      }),
    );
    // They come when the places of the flood are full.
    await expect.poll(() => statuses.length, { timeout: 20_000 }).toBeGreaterThan(0);
    for (let n = 0; n < 3; n += 1) {
      expect((await issue(stranger, newAddress())).status).toBe(201);
      expect((await issue(owner.user, newAddress(), owner.device)).status).toBe(201);
    }
    expect(statuses.length).toBeLessThan(sent.length);
    await Promise.all(sent);
    expect(new Set(statuses)).toEqual(new Set([201, 429]));
  });

  test("count for the address too, four times as patiently as those of strangers", async () => {
    const limited = await startApp(kind, {
      passwords: "dear",
      environment: { TESSERA_TRUSTED_PROXIES: "127.0.0.1", TESSERA_SIGN_INS_PER_ADDRESS: "3" },
    });
    const known = await Promise.all(Array.from({ length: 5 }, () => newKnown(limited)));
    const from = newAddress();
    const statuses = [];
    // Strangers' attempts use up what strangers have there, and nothing of what known browsers have.
    for (let n = 0; n < 4; n += 1) {
      const { username } = await limited.newUser();
      statuses.push((await issue({ username, password: "wrong" }, from, "", limited)).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429]);
    for (const { user, device } of known.slice(0, 4)) {
      for (let n = 0; n < 3; n += 1) {
        expect((await issue(user, from, device, limited)).status).toBe(201);
      }
    }
    const [last] = known.slice(4);
    const sessions = await countSessions(limited);
    const refused = await issue(last?.user, from, last?.device, limited);
    expect([refused.status, refused.body.code, refused.headers["retry-after"]]).toEqual([
      429,
      "rate_limited",
      "5",
    ]);
    expect(await countSessions(limited)).toBe(sessions);
    expect((await issue(last?.user, newAddress(), last?.device, limited)).status).toBe(201);
    await limited.close();
  });
});
