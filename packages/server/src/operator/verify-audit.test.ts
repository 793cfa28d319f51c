import { randomUUID } from "node:crypto";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemActor } from "../access/actor.ts";
import { parseConfig } from "../config.ts";
import { publicKeySet } from "../features/audit/checkpoint-lines.ts";
import { createCheckpoints } from "../features/audit/checkpoints.ts";
import { jsonLine } from "../features/audit/json-lines.ts";
import { appendToFile } from "../features/audit/lines-file.ts";
import { openChains } from "../features/audit/open-chains.ts";
import { createSyslog } from "../features/audit/syslog.ts";
import { deriveKeys, requireKnownKeys } from "../keys.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { openSyslogSink } from "../testing/syslog-sink.ts";
import type { TestDatabase } from "../testing/test-databases.ts";
import { openTestHub } from "../testing/test-hub.ts";
import { readCommand } from "./command-line.ts";
import { type VerifyCommand, verifyAudit } from "./verify-audit.ts";

const secret = "only tests sign by these words, 32 long";
const keys = deriveKeys(secret);
const log = pino({ level: "silent" });
const began =
  "The chains began on 1970-01-01T00:00:05.000Z: of what was before that nothing is proved.";
const none = "No checkpoint was met: whoever had the key could have written all of it anew.";

onEveryDatabase("tessera audit verify", (kind) => {
  let opened: TestDatabase;
  let folder: string;
  let change: (entityId: string) => Promise<void>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "tessera-audit-"));
    opened = await kind.open();
    await requireKnownKeys(opened.database, keys, 1);
    const { database } = opened;
    await openChains({ database, keys, config: configOf(), clock: () => 5_000, newId: randomUUID });
    const hub = await openTestHub(opened.database);
    change = (entityId) =>
      hub.change(systemActor, async ({ record }) => record({ name: "users.purge", entityId }));
    for (const entityId of ["a", "b"]) await change(entityId);
  });
  afterAll(async () => {
    await opened.close();
    await rm(folder, { recursive: true });
  });

  const inFolder = (name: string) => join(folder, name);
  const configOf = (secretKey = secret) =>
    parseConfig({
      TESSERA_DATA_DIR: opened.options.dataDir,
      DATABASE_URL: opened.options.databaseUrl,
      TESSERA_SECRET_KEY: secretKey,
      TESSERA_AUDIT_CHECKPOINT_FILE: inFolder("own"),
    });
  const run = (words: readonly string[], secretKey?: string) =>
    verifyAudit(readCommand(["audit", "verify", ...words]) as VerifyCommand, {
      config: configOf(secretKey),
      folder,
      log,
    });
  const forge = (statement: ReturnType<typeof sql>) =>
    opened.database.inTransaction(async (trx) => void (await statement.execute(trx)));
  const writeExport = async (name: string) => {
    const rows = await opened.database.read
      .selectFrom("audit_events")
      .selectAll()
      .orderBy("seq")
      .execute();
    const lines = rows.map(jsonLine);
    await writeFile(inFolder(name), `${lines.join("\n")}\n`);
    return lines;
  };
  const createWriting = (now: number) =>
    createCheckpoints({ ...opened, config: configOf(), keys, clock: () => now, log }, [
      (lines) => appendToFile(inFolder("points"), lines),
    ]);

  test("proves a database, and an export without one", async () => {
    expect(await run([])).toEqual({
      text: `Proved: 1 chains with 3 entries. ${none} ${began}\n`,
      exitCode: 0,
    });
    await writeExport("export");
    expect((await run(["export"])).exitCode).toBe(0);
    await writeFile(inFolder("empty"), "");
    await expect(run(["empty"])).rejects.toThrow("There are no records to prove");
  });

  test("meets the checkpoints that were written, by the keys that are served, and each once", async () => {
    const writing = createWriting(1_000);
    const { signal } = new AbortController();
    expect(await writing.job.run(signal)).toBe("1 written");
    expect(await writing.job.run(signal)).toBe("0 written");
    await change("d");
    expect(await writing.job.run(signal)).toBe("1 written");
    await change("e");
    await writing.close();
    expect((await readFile(inFolder("points"), "utf8")).split("\n")).toHaveLength(3 + 1);

    await writeExport("export");
    await writeFile(inFolder("keys"), JSON.stringify(publicKeySet(keys.audit)));
    const proved = await run(["export", "--checkpoints", "points", "--public-key", "keys"]);
    expect(proved).toEqual({
      text: `Proved: 1 chains with 5 entries. 3 checkpoints were met. ${began}\n`,
      exitCode: 0,
    });
    const [pem] = [...keys.audit.verifyingKeys.values()];
    await writeFile(inFolder("pem"), pem?.export({ type: "spki", format: "pem" }) ?? "");
    expect((await run(["export", "--checkpoints", "points", "--public-key", "pem"])).exitCode).toBe(
      0,
    );
  });

  test("a line that a crash or a full disk cut off spoils no proof once it is written again", async () => {
    const lines = await writeExport("whole");
    const file = inFolder("cut");
    const [, second = ""] = lines;
    // What is a beginning of a line, and what a power failure leaves of one that was not on the disk yet.
    for (const cut of [1, 9, 100, second.length - 1]) {
      for (const end of ["", "\0\0\0"]) {
        await writeFile(file, `${lines[0]}\n${second.slice(0, cut)}${end}`);
        await expect(run(["cut"])).rejects.toThrow(`${file}, line 2: is cut off, and what it`);
        await appendToFile(file, lines.slice(1));
        expect(await run(["cut"])).toEqual({
          text: expect.stringMatching(
            `^Proved: 1 chains with ${lines.length} entries.*\\n${file}: 1 line is cut off, and written again further on\\.\\n$`,
          ),
          exitCode: 0,
        });
      }
    }
    await writeFile(file, `${lines[0]}\n${"\0".repeat(40)}`);
    await appendToFile(file, lines.slice(1));
    expect((await run(["cut"])).exitCode).toBe(0);
    // While the disk is full each attempt may leave more of it.
    await writeFile(file, [lines[0], '{"id', second.slice(0, 9), "{", ""].join("\n"));
    await appendToFile(file, lines.slice(1));
    expect((await run(["cut"])).exitCode).toBe(0);
  });

  test("a line that somebody cuts off is found, wherever it stands", async () => {
    const lines = await writeExport("whole");
    for (const [index, line] of lines.entries()) {
      for (const cut of [1, 9, 100, line.length - 1]) {
        const changed = lines.with(index, line.slice(0, cut));
        await writeFile(inFolder("cut"), `${changed.join("\n")}\n`);
        const found = await run(["cut"]).catch((error: Error) => error.message);
        const isKnownByNumber = index > 0 && index < lines.length - 1;
        // A letter begins every line: as if the first one had been removed, which an export may lack.
        const isNothing = index === 0 && cut <= 7;
        const expected = isKnownByNumber
          ? { text: expect.stringMatching(/entry \d+ is missing/), exitCode: 1 }
          : expect.stringContaining(`line ${index + 1}: is cut off`);
        expect([index, cut, found]).toEqual([
          index,
          cut,
          isNothing ? expect.objectContaining({ exitCode: 0 }) : expected,
        ]);
      }
    }
    const spoilt = lines.with(1, `x${lines[1]}`);
    await writeFile(inFolder("cut"), `${spoilt.join("\n")}\n`);
    await expect(run(["cut"])).rejects.toThrow(/cut, line 2: is no JSON/);
  });

  test("a cut checkpoint proves nothing, spoils no other, and is found unless its chain is told of again", async () => {
    const points = (await readFile(inFolder("points"), "utf8")).trimEnd().split("\n");
    const file = inFolder("cut-points");
    await writeExport("whole");
    const verify = (words = ["whole"]) => run([...words, "--checkpoints", "cut-points"]);
    const last = points.at(-1) ?? "";
    for (const cut of [1, 12, 30, 100, last.length - 1]) {
      const begun = last.slice(0, cut);
      await writeFile(file, [...points.slice(0, -1), begun].join("\n"));
      expect(await verify()).toEqual({
        text: expect.stringMatching(
          `2 checkpoints were met.*\\n${file}, line 3 is cut off, and proves nothing\\.\\n$`,
        ),
        exitCode: 0,
      });
      await appendToFile(file, [last]);
      expect((await verify(cut === 30 ? [] : ["whole"])).text).toMatch(
        /3 checkpoints .* 1 line is cut off, and written again/s,
      );
    }
    await writeFile(file, [points[0], last.slice(0, 100), points[1]].join("\n"));
    await expect(verify()).rejects.toThrow(`${file}, line 2: is cut off, and what it was to hold`);
    await writeFile(
      file,
      [points[0], last.slice(0, 100).replace("platform", "other"), last].join("\n"),
    );
    await expect(verify()).rejects.toThrow(`${file}, line 2: is cut off, and what it was to hold`);
  });

  test("says what an export from elsewhere holds on one line, which acts on no terminal", async () => {
    const [line = ""] = await writeExport("other");
    const forged = "\u001b[2J\u202e\nProved: 9 chains\n";
    for (const member of ["chain", "id", "key_version", "domain_id"]) {
      const row = { ...JSON.parse(line), seq: 7, [member]: forged };
      await writeFile(inFolder("other"), `${JSON.stringify(row)}\n`);
      const { text, exitCode } = await run(["other"]);
      expect([member, exitCode]).toEqual([member, 1]);
      expect(text).toMatch(/^broken: chain [^\p{Cc}\p{Bidi_Control}]+\n$/u);
    }
  });

  test("ends with 2 where the end that a checkpoint knows is missing, also of an export", async () => {
    const lines = await writeExport("whole");
    await writeFile(inFolder("short"), `${lines.slice(0, -1).join("\n")}\n`);
    expect((await run(["short"])).exitCode).toBe(0);
    const shortened = await run(["short", "--checkpoints", "points"]);
    expect(shortened).toEqual({
      text: "shortened: chain platform: entry 5 and all up to 5 were there at a checkpoint\n",
      exitCode: 2,
    });
  });

  test("ends with 1 and names the first bad entry of a database and of an export", async () => {
    await forge(sql`update audit_events set entity_id = 'x' where seq in (2, 4)`);
    const broken = {
      text: "broken: chain platform: entry 2 was changed, or was not written here\n",
      exitCode: 1,
    };
    expect(await run(["--checkpoints", "points"])).toEqual(broken);
    await writeExport("forged");
    expect(await run(["forged"])).toEqual(broken);
    await forge(sql`update audit_events set entity_id = 'a' where seq = 2`);
    await forge(sql`update audit_events set entity_id = 'd' where seq = 4`);
    await writeExport("mended");
    expect((await run(["mended"])).exitCode).toBe(0);
  });

  test("cannot be told a checkpoint that was changed, another key's, or what is no export", async () => {
    const points = await readFile(inFolder("points"), "utf8");
    await writeFile(inFolder("changed"), points.replace('"seq":5', '"seq":4'));
    await expect(run(["--checkpoints", "changed"])).rejects.toThrow(
      /changed, line 3: has a wrong signature/,
    );
    const other = deriveKeys("kV7-zT2-wM9 of quite another host, 32+");
    await writeFile(inFolder("other"), JSON.stringify(publicKeySet(other.audit)));
    await expect(run(["--checkpoints", "points", "--public-key", "other"])).rejects.toThrow(
      /line 1: is signed with the unknown key/,
    );
    await expect(run(["points"])).rejects.toThrow(/points, line 1: has no action/);
    await expect(run(["nowhere"])).rejects.toThrow(/ENOENT/);
    await expect(run([], "kV7-zT2-wM9 of quite another host, 32+")).rejects.toThrow(
      /is not the key/,
    );
  });

  test("changes nothing, also with a new secret beside the one that is in use", async () => {
    const keysBefore = await opened.database.read.selectFrom("server_keys").selectAll().execute();
    const renewed = {
      secret_key: "hJ5-cX1-pF8 that nobody has used, 32+",
      previous_secret_keys: [secret],
    };
    const config = { ...configOf(), ...renewed };
    const command = readCommand(["audit", "verify"]) as VerifyCommand;
    expect((await verifyAudit(command, { config, folder, log })).exitCode).toBe(0);
    expect(await opened.database.read.selectFrom("server_keys").selectAll().execute()).toEqual(
      keysBefore,
    );
  });

  test("goes by the server's own checkpoints where none are named; a start that finds another state says so", async () => {
    const lines: string[] = [];
    const start = async () => {
      const told = pino({ level: "error" }, { write: (line: string) => void lines.push(line) });
      const deps = { ...opened, config: configOf(), keys, clock: Date.now, log: told };
      await createCheckpoints(deps).job.run(new AbortController().signal);
    };
    await start();
    await start();
    expect(lines).toEqual([]);
    expect((await run([])).text).toContain("1 checkpoints were met.");
    const rows = opened.database.read.selectFrom("audit_events").selectAll();
    const [last] = await rows.orderBy("seq", "desc").limit(1).execute();
    await forge(sql`delete from audit_events where seq = 5`);
    expect((await run([])).exitCode).toBe(2);
    // What nobody signed hides nothing.
    const [line = ""] = (await readFile(inFolder("own"), "utf8")).split("\n");
    await appendToFile(inFolder("own"), [line.replace('"seq":5', '"seq":9'), "no checkpoint"]);
    await start();
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? "")).toMatchObject({ chains: [{ chain: "platform", seq: 5 }] });
    const signed = (await readFile(inFolder("own"), "utf8")).split("\n");
    await writeFile(
      inFolder("own"),
      signed.filter((each) => !/"seq":9|no checkpoint/.test(each)).join("\n"),
    );
    await opened.database.inTransaction(async (trx) => {
      if (last !== undefined) await trx.insertInto("audit_events").values(last).execute();
    });
    expect((await run([])).exitCode).toBe(0);
  });

  test("a checkpoint also goes to syslog, by RFC 5424, and what could not be sent is sent again", async () => {
    const sink = await openSyslogSink();
    const server = { host: "127.0.0.1", port: sink.port, isEncrypted: false };
    let isThere = false;
    const send = createSyslog(server, "checkpoint");
    const { job } = createCheckpoints(
      { ...opened, config: configOf(), keys, clock: () => 2_000, log },
      [(lines, now) => (isThere ? send(lines, now) : Promise.reject(new Error("not there")))],
    );
    const { signal } = new AbortController();
    await expect(job.run(signal)).rejects.toThrow("not there");
    isThere = true;
    await job.run(signal);
    expect(sink.messages).toHaveLength(1);
    expect(sink.messages[0]).toMatch(
      /^<110>1 1970-01-01T00:00:02\.000Z - tessera - checkpoint - \{"chain":"platform","seq":5,/,
    );
    await sink.close();
    await expect(job.run(signal).then(() => send(["x"], 1))).rejects.toThrow(/ECONNREFUSED/);
  });
});
