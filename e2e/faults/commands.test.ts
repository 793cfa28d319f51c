import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { inspectDatabase } from "../../packages/server/src/store/inspection.ts";
import { putBackToFirstSchema } from "../../packages/server/src/testing/first-schema.ts";
import { isOnTurn, isSoak } from "../../packages/server/src/testing/soak.ts";
import {
  openTestPostgres,
  openTestSqlite,
  type TestDatabase,
} from "../../packages/server/src/testing/test-databases.ts";
import { verifyTrail } from "../../packages/server/src/testing/verify-trail.ts";
import { call } from "../call.ts";
import { startProgram } from "../start-program.ts";
import { newStage, type Settings, type Stage } from "./stage.ts";

const program = join(import.meta.dirname, "../../packages/server/src/main.ts");
const kills = isSoak ? 20 : 1;
/** Of a command's time the end, in which it works: before, it starts. */
const working = 0.6;

/** Runs a command of the operator's to its end, or until it is killed after so long. */
async function run(words: readonly string[], settings: Settings, killAfter = 120_000) {
  const startedAt = performance.now();
  const { child, said } = startProgram(program, words, settings);
  const closed = once(child, "close");
  const isDone = await Promise.race([closed.then(() => true), delay(killAfter, false)]);
  if (!isDone) child.kill("SIGKILL");
  const [code] = await closed;
  return { code: code as number | null, ...said, milliseconds: performance.now() - startedAt };
}

/** Runs it on a fresh copy each time, once to its end, then killed at random moments, with what must be true after each. */
async function killOften(
  words: (copy: Settings) => readonly string[],
  copy: () => Promise<Settings>,
  check: (copy: Settings, ended: { readonly code: number | null }) => Promise<unknown>,
): Promise<void> {
  const first = await copy();
  const whole = await run(words(first), first);
  expect(whole).toMatchObject({ code: 0, err: "" });
  await check(first, whole);
  const killed = { before: 0, within: 0 };
  for (let count = 0; count < kills; count += 1) {
    const settings = await copy();
    const after = whole.milliseconds * (1 - working * Math.random());
    const ended = await run(words(settings), settings, after);
    killed[ended.code === null ? "within" : "before"] += 1;
    await check(settings, ended);
  }
  if (isSoak) console.log(`${words(first).slice(0, 2).join(" ")}: ${JSON.stringify(killed)}`);
}

let copies = 0;

/** A folder like the stage's, whose server has ended. */
async function copyOf({ dataDir, settings }: Stage): Promise<Settings> {
  copies += 1;
  const copy = join(dataDir, `../copy-${copies}`);
  execFileSync("cp", ["-a", dataDir, copy]);
  await chmod(copy, 0o700);
  return { ...settings, TESSERA_DATA_DIR: copy };
}

test.runIf(isOnTurn(0, 4))(
  `a drop of a key that is killed is ended by the next, and leaves a trail that can be proved`,
  { timeout: 600_000 },
  async () => {
    const stage = await newStage();
    const wish = { name: "under the old key", duration: "24h" };
    const secrets: string[] = [stage.token.secret];
    for (let count = 0; count < 30; count += 1) {
      const { url } = stage.server();
      const made = await call(url, "POST", "/pats", { bearer: stage.session, body: wish });
      secrets.push(made.body.secret);
    }
    const rotated = await run(["keys", "rotate"], stage.settings);
    const old = / ([0-9a-f]{12}) stays good/.exec(rotated.out)?.[1] ?? "";
    expect(old).toMatch(/./);
    await stage.server().stop();
    const drop = ["keys", "drop", old, "--force"];
    await killOften(
      () => drop,
      () => copyOf(stage),
      async (copy) => {
        expect(await verifyTrail(copy)).toMatchObject({ exitCode: 0 });
        expect(await run(drop, copy)).toMatchObject({ code: 0, err: "" });
        const { out } = await run(["keys", "list"], copy);
        expect(out).toMatch(new RegExp(`${old} .*dropped .*\\n  0 sessions, 0 tokens`));
        expect(await verifyTrail(copy)).toMatchObject({ exitCode: 0 });
      },
    );
    await stage.start(await copyOf(stage));
    for (const secret of secrets.slice(0, 3)) {
      expect(await stage.ask("GET", "/pats/self", secret)).toBe("200");
    }
  },
);

test.runIf(isOnTurn(1, 4))(
  "a move that is killed has moved all or nothing, has changed nothing of SQLite, and is ended by the next",
  { timeout: 600_000 },
  async () => {
    const stage = await newStage();
    for (let count = 0; count < 10; count += 1) expect(await stage.change()).toBe("201");
    await stage.server().stop();
    const contentOf = ({ TESSERA_DATA_DIR: folder = "" }: Settings) =>
      readFile(join(folder, "tessera.sqlite"));
    const before = await contentOf(stage.settings);
    const targets = new Map<Settings, string>();
    const copy = async () => {
      const target = await openTestPostgres();
      await target.database.close();
      onTestFinished(target.close);
      const settings = await copyOf(stage);
      targets.set(settings, target.options.databaseUrl ?? "");
      return settings;
    };
    const words = (settings: Settings) => ["move", "--to", targets.get(settings) ?? ""];
    await killOften(words, copy, async (settings) => {
      expect((await contentOf(settings)).equals(before)).toBe(true);
      const again = await run(words(settings), settings);
      if (again.code !== 0) {
        // It had committed, and was killed before it could say so, or it was the one that ran to its end.
        expect(again.err).toMatch(/^tessera: The database of --to is not empty/);
      }
      const there = { ...settings, DATABASE_URL: targets.get(settings) ?? "" };
      expect(await verifyTrail(there)).toMatchObject({ exitCode: 0 });
      await stage.start(there);
      expect([await stage.use(), await stage.change()]).toEqual(["200", "201"]);
      await stage.server().stop();
    });
  },
);

test.runIf(isOnTurn(2, 4)).each([
  ["SQLite", openTestSqlite],
  ["PostgreSQL", openTestPostgres],
] as const)(
  "a migration on %s that is killed is done whole or not at all, and is ended by the next",
  { timeout: 600_000 },
  async (_, open) => {
    const opened = new Map<Settings, TestDatabase>();
    const copy = async () => {
      const database = await open();
      onTestFinished(database.close);
      await putBackToFirstSchema(database, { instance: [{ name: "kept", value: "yes" }] });
      const { dataDir, databaseUrl } = database.options;
      const settings = {
        TESSERA_DATA_DIR: dataDir,
        ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
      };
      opened.set(settings, database);
      return settings;
    };
    let all = 0;
    await killOften(
      () => ["migrate"],
      copy,
      async (settings) => {
        const { options } = opened.get(settings) as TestDatabase;
        const { migrations } = await inspectDatabase(options);
        all = Math.max(all, migrations.missing.length);
        expect([0, all]).toContain(migrations.missing.length);
        expect(await run(["migrate"], settings)).toMatchObject({ code: 0, err: "" });
        const after = await inspectDatabase(options);
        expect(after.migrations).toEqual({ missing: [], unknown: [] });
        if (after.kind === "sqlite") expect(after.damages).toEqual([]);
      },
    );
  },
);
