import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { isSoak, sampled } from "../../packages/server/src/testing/soak.ts";
import { openTestPostgres } from "../../packages/server/src/testing/test-databases.ts";
import { verifyTrail } from "../../packages/server/src/testing/verify-trail.ts";
import { call } from "../call.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "../server-process.ts";
import { type DatabaseName, databaseNames } from "./stage.ts";
import { type AskedToken, differences, type Ledger, newLedger, work } from "./work.ts";

const admin = { username: "admin@example.test", password: "crash-test-password" };
const flushMilliseconds = 250;
const workers = [1, 2, 3, 4];

const killed = [
  ["SQLite", isSoak ? 100 : 2],
  ["PostgreSQL", isSoak ? 30 : 1],
] as const;

test.each(sampled(killed, 2))(
  "on %s nothing acknowledged is lost, and nothing refused is done, by %i kills at random moments under load",
  { timeout: isSoak ? 3_600_000 : 120_000 },
  async (databaseName, kills) => {
    const settings = await settingsOf(databaseName);
    const start = () => startServerProcess(settings.TESSERA_DATA_DIR, settings);
    let server = await start();
    onTestFinished(() => server.stop("SIGKILL"));
    const { body } = await call(server.url, "POST", "/users/tokens/issue", { body: admin });
    const session: string = body.access_token;
    const all = { changes: 0, refused: 0, uses: 0, lostUses: 0, longestGap: 0 };
    for (let round = 0; round < kills; round += 1) {
      const since = new Date();
      const { ledger, endedAt: killedAt } = await endUnderLoad(server, session, round, "SIGKILL");

      server = await start();
      const uses = await expectUsesToBeTold(server, session, ledger, killedAt);
      expect(await differences({ url: server.url, session }, ledger, since)).toEqual([]);
      expect(await verifyTrail(settings)).toMatchObject({ exitCode: 0 });
      all.changes += ledger.acknowledged.length;
      all.refused += ledger.refusedNames.length;
      all.uses += uses.answered;
      all.lostUses += uses.answered - uses.kept;
      all.longestGap = Math.max(all.longestGap, uses.gapMilliseconds);
    }
    if (isSoak) console.log(`${kills} kills on ${databaseName}: ${JSON.stringify(all)}`);
    expect(server.output()).not.toContain('"level":50');
  },
);

test.each(sampled(databaseNames, 2))(
  "on %s a server that is told to end under load ends with 0, keeps what it acknowledged, and every use of a token",
  async (databaseName) => {
    // Nothing is written down before the end.
    const settings = { ...(await settingsOf(databaseName)), TESSERA_USAGE_FLUSH_INTERVAL: "1h" };
    const start = () => startServerProcess(settings.TESSERA_DATA_DIR, settings);
    let server = await start();
    onTestFinished(() => server.stop("SIGKILL"));
    const { body } = await call(server.url, "POST", "/users/tokens/issue", { body: admin });
    const session: string = body.access_token;
    const since = new Date();
    const { ledger } = await endUnderLoad(server, session, 0, "SIGTERM");
    expect(await server.exited).toBe(0);
    server = await start();
    expect(await differences({ url: server.url, session }, ledger, since)).toEqual([]);
    for (const { id, usedAt, refusedAt } of ledger.tokens) {
      const usage = await call(server.url, "GET", `/pats/${id}/usage?days=2`, { bearer: session });
      const { days, gaps } = usage.body;
      expect(gaps).toEqual([]);
      // `differences` has used it once more where it is good; one more may have been done whose answer never came.
      const [uses, refused] = [sumOf(days, "uses"), sumOf(days, "refused")];
      expect(uses - usedAt.length).toBeGreaterThanOrEqual(0);
      expect(uses - usedAt.length).toBeLessThanOrEqual(2);
      expect([refusedAt.length, refusedAt.length + 1]).toContain(refused);
    }
    expect(await verifyTrail(settings)).toMatchObject({ exitCode: 0 });
  },
);

/** Lets workers use it for a while, and ends it in their middle; what they were answered. */
async function endUnderLoad(
  server: ServerProcess,
  session: string,
  round: number,
  signal: "SIGKILL" | "SIGTERM",
) {
  const ledger = newLedger();
  const { url } = server;
  let hasEnded = false;
  const working = Promise.all(
    workers.map((worker) =>
      work({ url, session, ledger, goesOn: () => !hasEnded, name: `r${round}w${worker}` }),
    ),
  );
  // Something is to be lost: a server that has just started takes a while for its first answers.
  const isRevoked = ({ state }: AskedToken) => state === "revoked";
  await expect.poll(() => ledger.tokens.some(isRevoked)).toBe(true);
  await delay(Math.random() * 500);
  hasEnded = true;
  await server.stop(signal);
  const endedAt = Date.now();
  await working;
  expect(ledger.surprises).toEqual([]);
  return { ledger, endedAt };
}

type Days = readonly Readonly<Record<"uses" | "refused", number>>[];

function sumOf(days: Days, member: "uses" | "refused"): number {
  return days.reduce((sum, day) => sum + day[member], 0);
}

async function settingsOf(databaseName: DatabaseName) {
  const dataDir = await newDataDir();
  onTestFinished(() => removeDataDir(dataDir));
  const settings = {
    TESSERA_DATA_DIR: dataDir,
    TESSERA_ADMIN_EMAIL: admin.username,
    TESSERA_ADMIN_PASSWORD: admin.password,
    TESSERA_ACCESS_TOKEN_LIFETIME: "24h",
    TESSERA_MAX_TOKENS_PER_USER: "1000000",
    TESSERA_MAX_DOMAINS_PER_USER: "1000000",
    TESSERA_USAGE_FLUSH_INTERVAL: `${flushMilliseconds}ms`,
    TESSERA_LOG_LEVEL: "warn",
  };
  if (databaseName === "SQLite") return settings;
  const { options, close } = await openTestPostgres();
  onTestFinished(close);
  return { ...settings, DATABASE_URL: options.databaseUrl ?? "" };
}

/** All uses that were answered before the gap of this kill are kept, and none is that was not asked for. */
async function expectUsesToBeTold(
  { url }: ServerProcess,
  session: string,
  { tokens }: Ledger,
  killedAt: number,
) {
  const usageOf = async (id: string) =>
    (await call(url, "GET", `/pats/${id}/usage?days=2`, { bearer: session })).body;
  const isThisKills = ({ to }: { to: string }) => Date.parse(to) >= killedAt;
  // On PostgreSQL another process may still be there until it has not been heard of for a while.
  const gapOf = async () => (await usageOf(tokens[0]?.id ?? "")).gaps.filter(isThisKills);
  await expect.poll(async () => (await gapOf()).length, { timeout: 30_000 }).toBe(1);
  const [gap] = await gapOf();
  const from = Date.parse(gap.from);
  expect(from).toBeLessThanOrEqual(killedAt);
  const total = { answered: 0, kept: 0, gapMilliseconds: killedAt - from };
  for (const { id, usedAt, refusedAt } of tokens) {
    const { days } = await usageOf(id);
    for (const [member, times] of [
      ["uses", usedAt],
      ["refused", refusedAt],
    ] as const) {
      const kept = sumOf(days, member);
      expect(kept).toBeGreaterThanOrEqual(times.filter((at) => at < from).length);
      // One more may have been done whose answer never came.
      expect(kept).toBeLessThanOrEqual(times.length + 1);
      total.answered += times.length;
      total.kept += Math.min(kept, times.length);
    }
  }
  return total;
}
