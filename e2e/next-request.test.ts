import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { isSoak } from "../packages/server/src/testing/soak.ts";
import { type PostgresCluster, startPostgresCluster } from "../scripts/postgres-cluster.ts";
import {
  ask,
  askEverywhere,
  type Check,
  describeDelays,
  keepAsking,
  lastYes,
  type Race,
  race,
  routesOfChecks,
  staleFor,
} from "./checks-in-race.ts";
import {
  domainDisabled,
  keepChanging,
  newRight,
  newWorld,
  revoked,
  takings,
  type World,
} from "./rights-taken-away.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const timeout = isSoak ? 3_600_000 : 120_000;
const rounds = isSoak ? 10 : 1;
/** Of one change; all changes of a round together have 10,000 in full. */
const checksPerChange = isSoak ? Math.ceil(10_000 / takings.length) : 60;
/**
 * How long after the reply another server may still say yes. A heartbeat guarantees one second; that it is a tenth of it
 * where every process gets its turn shows on a machine that does nothing else.
 */
const boundMilliseconds = isSoak ? 100 : 1_000;
const trustMilliseconds = 1_000;
const pausedMilliseconds = isSoak ? 10_000 : 3_000;
const longestWaitMilliseconds = 2_000;

/** The connections on which servers hear of changes: they have said nothing else. */
const listening = "from pg_stat_activity where query ilike 'listen %'";

const admin = { username: "admin@example.test", password: "next-request-password" };
const settings = {
  TESSERA_ADMIN_EMAIL: admin.username,
  TESSERA_ADMIN_PASSWORD: admin.password,
  TESSERA_SECRET_KEY: "b7Qx2mVt9LrW4kZp8NcYf3HdJs6GaTe1",
  TESSERA_LOG_LEVEL: "fatal",
  // All rounds together take longer than a session lasts otherwise.
  TESSERA_ACCESS_TOKEN_LIFETIME: "24h",
  TESSERA_PASSWORD_CONFIRMATION_LIFETIME: "24h",
  TESSERA_BAD_CREDENTIALS_PER_MINUTE: "100000000",
  TESSERA_REGISTRATIONS_PER_ADDRESS: "1000000",
  TESSERA_SIGN_INS_PER_ADDRESS: "1000000",
  TESSERA_SIGN_INS_PER_ACCOUNT: "1000000",
};

async function startServer(environment: Readonly<Record<string, string>> = {}) {
  const dataDir = await newDataDir();
  const file = join(dataDir, "tessera.yaml");
  await writeFile(file, routesOfChecks);
  return startServerProcess(dataDir, { ...settings, TESSERA_CONFIG: file, ...environment });
}

async function end(server: ServerProcess | undefined): Promise<void> {
  if (server === undefined) return;
  await server.stop("SIGKILL");
  await removeDataDir(server.dataDir);
}

/** What the caches hold as the change comes: all of it, nothing yet, or what is read anew all the time. */
const states = ["known", "unknown", "changing"] as const;

interface MadeRace extends Race {
  /** Number of the server that made the change. */
  readonly maker: number;
}

/** Every way to take a right away, in every round; through another server each time. */
async function raceEverything(what: string, urls: readonly string[], world: World): Promise<void> {
  for (let round = 0; round < rounds; round += 1) {
    const races: MadeRace[] = [];
    for (const [index, taking] of takings.entries()) {
      const state = states[(index + round) % states.length] ?? "known";
      const maker = (index + round) % urls.length;
      const right = await taking.prepare(world);
      const other =
        state === "changing" ? keepChanging(world, urls.at(maker - 1) ?? "", right) : undefined;
      const run = await race({
        urls,
        right,
        maker,
        isKnown: state !== "unknown",
        checks: checksPerChange,
        milliseconds: 150,
        longestMilliseconds: boundMilliseconds + 200,
      });
      await other?.stop();
      races.push({ ...run, maker });
      expectTrue(`${taking.name}, ${state}`, { ...run, maker }, urls);
    }
    report(what, races, urls);
  }
}

function expectTrue(what: string, run: MadeRace, urls: readonly string[]): void {
  const before = run.checks.filter(({ answeredAt }) => answeredAt < run.sentAt);
  expect(before.filter(({ answer }) => answer !== "yes")).toEqual([]);
  expect(oddities(run.checks), what).toEqual([]);
  expectInTime(what, run, urls);
}

/** None is wrong at the server that made the change from its reply on, and none at the others after a moment. */
function expectInTime(what: string, run: MadeRace, urls: readonly string[]): void {
  expect(staleFor(run, run.maker), `${what}: at the server that made the change`).toBe(0);
  for (const server of urls.keys()) {
    expect(staleFor(run, server), `${what}: at server ${server}`).toBeLessThan(boundMilliseconds);
  }
}

/** What is neither yes nor no. */
const oddities = (checks: readonly Check[]): readonly Check[] =>
  checks.filter(({ answer }) => answer !== "yes" && answer !== "no");

function report(what: string, races: readonly MadeRace[], urls: readonly string[]): void {
  const checks = races.reduce((sum, run) => sum + run.checks.length, 0);
  const after = races
    .flatMap((run) => run.checks.filter(({ askedAt }) => askedAt >= run.repliedAt))
    .filter(({ answer }) => answer === "no").length;
  console.log(
    `${what}: ${races.length} changes, ${checks} checks, ${after} refused that were asked after the reply`,
  );
  const delays = races.flatMap((run) =>
    [...urls.keys()]
      .filter((server) => server !== run.maker)
      .map((server) => lastYes(run, server))
      .filter(Number.isFinite),
  );
  if (delays.length === 0) return;
  console.log(`  last yes of the other servers, from the reply on: ${describeDelays(delays)}`);
}

describe("three servers on one PostgreSQL", { timeout }, () => {
  let cluster: PostgresCluster;
  let servers: readonly ServerProcess[] = [];
  let urls: readonly string[] = [];
  let operator: pg.Client;
  let here: World;

  const connectOperator = async () => {
    operator = new pg.Client({ connectionString: cluster.url });
    operator.on("error", () => {});
    await operator.connect();
  };

  beforeAll(async () => {
    cluster = await startPostgresCluster();
    const environment = { DATABASE_URL: cluster.url };
    const first = await startServer(environment);
    servers = [first];
    servers = [first, ...(await Promise.all([1, 2].map(() => startServer(environment))))];
    urls = servers.map(({ url }) => url);
    here = await newWorld(first.url, admin);
    await connectOperator();
  });
  afterAll(async () => {
    await operator?.end().catch(() => {});
    await Promise.all(servers.map(end));
    await cluster?.stop();
  });

  test("what is taken away is refused by the server that was told from its reply on, and by the others a moment later", async () => {
    await raceEverything("Taken away", urls, here);
  });

  test("a listening connection that ends in the middle of a change hides it from nobody", async () => {
    const runs: MadeRace[] = [];
    for (const [index, taking] of (isSoak ? takings : [revoked, domainDisabled]).entries()) {
      const right = await taking.prepare(here);
      const run = await race({
        urls,
        right,
        maker: 0,
        isKnown: true,
        checks: checksPerChange,
        milliseconds: 150,
        longestMilliseconds: boundMilliseconds + 200,
        meanwhile: async () => {
          // Before the commit, at about the same time, and after it.
          await delay(index % 3);
          const ended = await operator.query(`select pg_terminate_backend(pid) ${listening}`);
          expect(ended.rowCount).toBe(servers.length);
        },
      });
      runs.push({ ...run, maker: 0 });
      expectTrue(taking.name, { ...run, maker: 0 }, urls);
      // The next one finds listening connections again.
      await vi.waitFor(async () => {
        const found = await operator.query(`select ${listening}`);
        expect(found.rowCount).toBe(servers.length);
      }, 15_000);
    }
    report("The listening connection was ended", runs, urls);
  });

  test("while PostgreSQL is stopped nobody is let in for longer than a second, and everybody told so at once", async () => {
    const [taken, kept] = [await revoked.prepare(here), await newRight(here)];
    for (const right of [taken, kept, taken, kept]) {
      expect(new Set((await askEverywhere(urls, right)).map(({ answer }) => answer))).toEqual(
        new Set(["yes"]),
      );
    }
    const ofTaken = keepAsking(urls, taken);
    const ofKept = keepAsking(urls, kept);
    await taken.takeAway(urls[0] ?? "");
    const repliedAt = performance.now();
    await cluster.interrupt();
    const stoppedAt = performance.now();
    await delay(trustMilliseconds + 500);
    const isDistrusted = (check: Check) => check.askedAt > stoppedAt + trustMilliseconds;
    const whileStopped = [...ofKept.checks].filter(isDistrusted);
    expect(whileStopped.length).toBeGreaterThan(urls.length);
    expect(new Set(whileStopped.map(({ answer }) => answer))).toEqual(new Set(["unavailable"]));
    await cluster.resume();
    const resumedAt = performance.now();
    await vi.waitFor(
      async () => {
        const answers = (await askEverywhere(urls, kept)).map(({ answer }) => answer);
        expect(new Set(answers)).toEqual(new Set(["yes"]));
      },
      { timeout: 30_000, interval: 50 },
    );
    const backAfter = performance.now() - resumedAt;
    await Promise.all([ofTaken.stop(), ofKept.stop()]);
    const run = { sentAt: repliedAt, repliedAt, checks: ofTaken.checks, maker: 0 };
    expectInTime("the token is revoked", run, urls);
    const all = [...ofTaken.checks, ...ofKept.checks];
    expect(all.filter(({ answer }) => answer === "failed" || answer.startsWith("odd"))).toEqual([]);
    const waits = all
      .filter(({ answer }) => answer === "unavailable")
      .map(({ askedAt, answeredAt }) => answeredAt - askedAt);
    expect(Math.max(...waits)).toBeLessThan(longestWaitMilliseconds);
    report("PostgreSQL was stopped", [run], urls);
    console.log(
      `  time to a 503: ${describeDelays(waits)}; all three let in again ${backAfter.toFixed(0)} ms after it was ready`,
    );
    await connectOperator();
  });

  test("a server that was paused says yes to nothing that was taken away meanwhile", async () => {
    const [, , paused] = servers;
    const right = await revoked.prepare(here);
    const asker = keepAsking(urls, right);
    await vi.waitFor(() => {
      for (const server of urls.keys()) {
        const answers = asker.checks.filter((check) => check.server === server);
        expect(answers.at(-1)?.answer).toBe("yes");
      }
    }, 15_000);
    paused?.signal("SIGSTOP");
    await right.takeAway(urls[0] ?? "");
    const repliedAt = performance.now();
    await delay(pausedMilliseconds - trustMilliseconds);
    const askedOfPaused = Array.from({ length: 20 }, () => ask(urls, 2, "view", right));
    await delay(trustMilliseconds);
    paused?.signal("SIGCONT");
    const letGoAt = performance.now();
    const late = await Promise.all(askedOfPaused);
    await delay(boundMilliseconds);
    await asker.stop();
    const run = { sentAt: repliedAt, repliedAt, checks: [...asker.checks, ...late], maker: 0 };
    expectInTime("the token is revoked", run, urls);
    expect(staleFor(run, 2)).toBe(0);
    const answered = run.checks.filter(
      ({ server, answeredAt }) => server === 2 && answeredAt >= letGoAt,
    );
    const counts = Object.groupBy(answered, ({ answer }) => answer);
    const told = Object.entries(counts).map(([answer, of]) => `${of?.length} ${answer}`);
    console.log(`A server was paused for ${pausedMilliseconds} ms, then: ${told.join(", ")}`);
    expect(counts.no?.length).toBeGreaterThan(20);
  });
});

describe("one server on SQLite", { timeout }, () => {
  let server: ServerProcess;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => end(server));

  test("what is taken away is refused from the reply on", async () => {
    const urls = [server.url];
    const world = await newWorld(server.url, admin);
    await raceEverything("Taken away on SQLite", urls, world);
  });
});
