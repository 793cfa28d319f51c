import { afterEach, describe, expect, test } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { sampled } from "../packages/server/src/testing/soak.ts";
import { openTestPostgres } from "../packages/server/src/testing/test-databases.ts";
import { signedInClient, useToken } from "./demo-data.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const admin = { email: "admin@example.test", password: "usage-test-password" };

const patience = { timeout: 30_000, interval: 200 };

const cleanUps: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanUp of cleanUps.splice(0).toReversed()) await cleanUp();
});

type Settings = Readonly<Record<string, string>>;

/** Starts servers on one database; each has it to itself on SQLite. */
const databases: readonly (readonly [
  string,
  () => Promise<(settings: Settings) => Promise<ServerProcess>>,
])[] = [
  ["SQLite", async () => startOn({})],
  [
    "PostgreSQL",
    async () => {
      const { options, close } = await openTestPostgres();
      cleanUps.push(close);
      return startOn({ DATABASE_URL: options.databaseUrl ?? "" });
    },
  ],
];

async function startOn(database: Settings) {
  const dataDir = await newDataDir();
  cleanUps.push(() => removeDataDir(dataDir));
  return async (settings: Settings) => {
    const server = await startServerProcess(dataDir, {
      TESSERA_ADMIN_EMAIL: admin.email,
      TESSERA_ADMIN_PASSWORD: admin.password,
      TESSERA_LOG_LEVEL: "warn",
      ...database,
      ...settings,
    });
    cleanUps.push(() => server.stop("SIGKILL"));
    return server;
  };
}

describe.each(sampled(databases, databases.length))("the use of tokens, on %s", (_, prepare) => {
  test("is whole after SIGTERM; what a killed server had not written is told as a gap", async () => {
    const start = await prepare();
    const ending = await start({ TESSERA_USAGE_FLUSH_INTERVAL: "1h" });
    const { id, secret } = await (await signIn(ending)).tokens.create({
      body: { name: "ci", duration: "1d" },
    });
    await useUntil(ending, secret, (count) => count === 25);
    await ending.stop("SIGTERM");

    const killed = await start({ TESSERA_USAGE_FLUSH_INTERVAL: "100ms" });
    expect(await usageOf(await signIn(killed), id)).toEqual({ uses: 25, refused: 25, gaps: [] });
    const startedAt = Date.now();
    const answeredAt = await useUntil(killed, secret, () => Date.now() > startedAt + 1000);
    await killed.stop("SIGKILL");
    const killedAt = Date.now();

    const next = await signIn(await start({ TESSERA_USAGE_FLUSH_INTERVAL: "100ms" }));
    await expect.poll(async () => (await usageOf(next, id)).gaps.length, patience).toBe(1);
    const { uses, refused, gaps } = await usageOf(next, id);
    const [from = 0, to = 0] = [gaps[0]?.from, gaps[0]?.to].map((time) => Date.parse(time ?? ""));
    expect(from).toBeGreaterThan(startedAt);
    expect(to).toBeGreaterThanOrEqual(killedAt);
    const known = answeredAt.filter((at) => at < from).length;
    for (const kept of [uses - 25, refused - 25]) {
      expect(kept).toBeGreaterThanOrEqual(known);
      expect(kept).toBeLessThanOrEqual(answeredAt.length);
    }
    expect(known).toBeGreaterThan(0);
  });
});

async function signIn(server: ServerProcess): Promise<Client> {
  return signedInClient(server.url, admin.email, admin.password);
}

/** Uses the token, allowed and refused in turns, until it is enough; returns when each use was answered. */
async function useUntil(
  { url }: ServerProcess,
  secret: string,
  isEnough: (count: number) => boolean,
): Promise<readonly number[]> {
  const answeredAt: number[] = [];
  while (!isEnough(answeredAt.length)) {
    expect(await useToken(url, secret, "/domains")).toBe(200);
    expect(await useToken(url, secret, "/pats")).toBe(403);
    answeredAt.push(Date.now());
  }
  return answeredAt;
}

async function usageOf(client: Client, tokenId: string) {
  const { days, gaps } = await client.tokens.usage({ tokenId, query: { days: 2 } });
  const total = (count: "uses" | "refused") => days.reduce((sum, day) => sum + day[count], 0);
  return { uses: total("uses"), refused: total("refused"), gaps };
}
