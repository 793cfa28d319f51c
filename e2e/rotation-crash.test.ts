import { afterAll, beforeAll, expect, test } from "vitest";
import { isSoak } from "../packages/server/src/testing/soak.ts";
import { call } from "./call.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const kills = isSoak ? 30 : 2;
const admin = {
  TESSERA_ADMIN_EMAIL: "admin@example.test",
  TESSERA_ADMIN_PASSWORD: "crash-test-password",
  TESSERA_LOG_LEVEL: "warn",
};

let dataDir: string;
let server: ServerProcess;

beforeAll(async () => {
  dataDir = await newDataDir();
  server = await startServerProcess(dataDir, admin);
});
afterAll(async () => {
  await server.stop();
  await removeDataDir(dataDir);
});

/** What was answered of one token before the server was killed. */
interface Rotated {
  readonly old: string;
  next?: string;
  /** `asked`: whose answer never came: both outcomes are right. */
  firstUse: "none" | "asked" | "answered";
}

test(`a token is never left without a secret that works, by ${kills} kills around its first use`, async () => {
  const session = await signIn();
  const answered = { none: 0, asked: 0, answered: 0 };
  for (let round = 0; round < kills; round += 1) {
    const tokens: Rotated[] = [];
    const isKilled = { value: false };
    const working = Promise.all([1, 2, 3].map(() => rotate(session, tokens, isKilled)));
    await expect
      .poll(() => tokens.filter(({ next }) => next !== undefined).length)
      .toBeGreaterThan(3);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 100));
    isKilled.value = true;
    await server.stop("SIGKILL");
    await working;
    server = await startServerProcess(dataDir, admin);
    for (const token of tokens) {
      answered[token.firstUse] += 1;
      await expectNotLockedOut(token);
    }
  }
  expect(answered.answered).toBeGreaterThan(kills);
});

/** Makes tokens and rotates each, until the server is gone; some are left unused, and the old ones are still shown. */
async function rotate(
  session: string,
  tokens: Rotated[],
  isKilled: { value: boolean },
): Promise<void> {
  for (let count = 0; !isKilled.value; count += 1) {
    try {
      const body = { name: "crash", duration: "24h" };
      const made = await call(server.url, "POST", "/pats", { bearer: session, body });
      const token: Rotated = { old: made.body.secret, firstUse: "none" };
      tokens.push(token);
      const path = `/pats/${made.body.id}/rotate`;
      const rotated = await call(server.url, "POST", path, { bearer: session, body: {} });
      expect(rotated.status).toBe(201);
      token.next = rotated.body.secret;
      if (count % 3 === 2) continue;
      token.firstUse = "asked";
      expect(await show(token.next)).toBe(200);
      token.firstUse = "answered";
    } catch (error) {
      if (!isKilled.value) throw error;
      return;
    }
  }
}

async function expectNotLockedOut({ old, next, firstUse }: Rotated): Promise<void> {
  const oldStatus = await show(old);
  if (firstUse === "none") expect(oldStatus).toBe(200);
  if (firstUse === "answered") expect(oldStatus).toBe(401);
  // Whatever came of the first use, the new one works, and then alone.
  if (next === undefined) return;
  expect(await show(next)).toBe(200);
  expect(await show(old)).toBe(401);
}

async function show(bearer: string | undefined): Promise<number> {
  return (await call(server.url, "GET", "/pats/self", { bearer })).status;
}

async function signIn(): Promise<string> {
  const body = {
    username: admin.TESSERA_ADMIN_EMAIL,
    password: admin.TESSERA_ADMIN_PASSWORD,
  };
  return (await call(server.url, "POST", "/users/tokens/issue", { body })).body.access_token;
}
