import { once } from "node:events";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { proveOperator, seenRequestPath } from "../../http/seen-request.ts";
import { sqlitePath } from "../../store/sqlite-files.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { openSmtpSink } from "../../testing/smtp-sink.ts";
import { startApp, type TestApp } from "../../testing/start-app.ts";
import { runDoctor } from "./doctor.ts";
import type { Finding } from "./finding.ts";

const secret = "only tests sign by these words, 32 long";
const password = "in-no-answer-1";

onEveryDatabase("tessera doctor", (kind) => {
  let server: TestApp;
  let dataDir: string;
  let settings: Record<string, string>;
  let closing: Array<() => Promise<unknown>> = [];

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_TRUSTED_PROXIES: "127.0.0.1" },
      build: { build: { version: "1.0.0", commit: "", builtAt: "", instanceId: "test" } },
    });
    const { dataDir: ofDatabase, databaseUrl } = server.testDatabase.options;
    dataDir =
      databaseUrl === undefined ? ofDatabase : await mkdtemp(join(tmpdir(), "tessera-doctor-"));
    settings = {
      TESSERA_SECRET_KEY: secret,
      TESSERA_DATA_DIR: dataDir,
      TESSERA_PORT: new URL(await server.address()).port,
      ...(databaseUrl === undefined ? {} : { DATABASE_URL: databaseUrl }),
    };
  });
  afterEach(async () => {
    await Promise.all(closing.map((close) => close()));
    closing = [];
  });
  afterAll(async () => {
    await server.close();
    await rm(dataDir, { recursive: true, force: true });
  });

  const run = async (more: Record<string, string> = {}) => {
    const { text, exitCode } = await runDoctor({ isJson: true }, "1.0.0", {
      environment: { ...settings, ...more },
      workingDirectory: dataDir,
    });
    expect(text).not.toContain(secret);
    expect(text).not.toContain(password);
    return { exitCode, ...(JSON.parse(text) as { ok: boolean; findings: readonly Finding[] }) };
  };
  const wrongOf = async (about: Finding["about"], more?: Record<string, string>) => {
    const { findings, ok, exitCode } = await run(more);
    const wrong = findings.filter(({ level }) => level === "wrong");
    expect([ok, exitCode]).toEqual(wrong.length === 0 ? [true, 0] : [false, 1]);
    return wrong.filter((finding) => finding.about === about).map(({ text }) => text);
  };
  /** A proxy on this machine, which passes requests on with these headers. */
  const startProxy = async (headersOf: (came: IncomingHttpHeaders) => IncomingHttpHeaders) => {
    const proxy: Server = createServer((came, answer) => {
      const options = {
        port: settings.TESSERA_PORT,
        path: came.url,
        headers: headersOf(came.headers),
      };
      request({ host: "127.0.0.1", ...options }, (answered) => {
        answer.writeHead(answered.statusCode ?? 500, answered.headers);
        answered.pipe(answer);
      }).end();
    }).listen(0, "127.0.0.1");
    await once(proxy, "listening");
    closing.push(async () => proxy.close());
    return {
      TESSERA_PUBLIC_URL: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      TESSERA_TRUSTED_PROXIES: "127.0.0.1",
    };
  };

  test("finds nothing wrong with a server that runs well, and says what it looked at", async () => {
    const { findings, exitCode } = await run();
    expect(findings.filter(({ level }) => level === "wrong")).toEqual([]);
    expect(exitCode).toBe(0);
    const subjects = ["settings", "files", "database", "clock", "mail", "proxy"];
    expect([...new Set(findings.map(({ about }) => about))].toSorted()).toEqual(
      subjects.toSorted(),
    );
    expect(findings).toContainEqual({
      about: "clock",
      level: "fine",
      text: "The running server tells the same time.",
    });
    const { text } = await runDoctor({ isJson: false }, "1.0.0", {
      environment: settings,
      workingDirectory: dataDir,
    });
    expect(text).toMatch(/^fine {3}settings {2}They can be used.*[\s\S]*\nNothing is wrong\.\n$/);
  });

  test("names a setting that cannot be used", async () => {
    const said = await wrongOf("settings", { TESSERA_MAX_TOKEN_LIFETIME: "a while" });
    expect(said).toEqual([expect.stringMatching(/^TESSERA_MAX_TOKEN_LIFETIME must be/)]);
  });

  test("names a file with secrets that others may read, and who may write the folder", async () => {
    const file = join(dataDir, "tessera.yaml");
    await writeFile(file, `metrics_token: ${password}-and-more\n`, { mode: 0o644 });
    closing.push(
      () => rm(file),
      () => chmod(dataDir, 0o700),
    );
    await chmod(dataDir, 0o777);
    const said = (await wrongOf("files")).join("\n");
    expect(said).toContain(`${dataDir} can be written by others: run chmod 700 ${dataDir}`);
    expect(said).toMatch(/tessera\.yaml, as it holds metrics_token$/m);
  });

  test("names a database that a newer version has migrated, and one that lacks migrations", async () => {
    const insert = sql`insert into tessera_migration (name, timestamp) values ('9999-later', '')`;
    await server.deps.database.inTransaction(async (trx) => void (await insert.execute(trx)));
    expect(await wrongOf("database")).toEqual([
      expect.stringContaining("unknown migration: 9999-later"),
    ]);
    await server.deps.database.inTransaction(
      async (trx) =>
        void (await sql`delete from tessera_migration where name = '9999-later'`.execute(trx)),
    );
    expect(await wrongOf("database")).toEqual([]);
  });

  test("tells of what its migrations made and is gone, and of what is not Tessera's", async () => {
    const change = (statement: string) =>
      server.deps.database.inTransaction(
        async (trx) => void (await sql.raw(statement).execute(trx)),
      );
    const isSqlite = kind.name === "SQLite";
    await change("alter table declined_mails rename to planted");
    await change("create view seen as select 1 as one");
    await change(
      isSqlite
        ? "create trigger spoil after update on users begin delete from tokens; end"
        : "create trigger spoil before update on users for each row execute function suppress_redundant_updates_trigger()",
    );
    const { findings } = await run();
    const said = findings
      .filter(({ about, level }) => about === "database" && level !== "fine")
      .map(({ level, text }) => `${level}: ${text}`);
    await change(`drop trigger spoil${isSqlite ? "" : " on users"}`);
    await change("drop view seen");
    await change("alter table planted rename to declined_mails");
    expect(said).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^wrong: It lacks .*\(table declined_mails\): restore a backup/),
        expect.stringContaining(
          `${isSqlite ? "wrong" : "note"}: What Tessera writes sets off what is not its own (trigger spoil on users)`,
        ),
        ...(isSqlite
          ? ["note: Some of it is not Tessera's, and is left alone (table planted, view seen)."]
          : []),
      ]),
    );
    expect(await wrongOf("database")).toEqual([]);
  });

  test("greets the mail server, sends nothing, and tells what it says", async () => {
    const sink = await openSmtpSink();
    closing.push(() => sink.close());
    const mail = {
      TESSERA_MAIL_FROM: "tessera@example.test",
      TESSERA_PUBLIC_URL: await server.address(),
    };
    const at = (account: string, port: number) => `smtp://${account}127.0.0.1:${port}`;
    expect(await wrongOf("mail", { ...mail, TESSERA_SMTP_URL: at("", sink.port) })).toEqual([]);
    const wary = await openSmtpSink({
      disabledCommands: ["STARTTLS"],
      allowInsecureAuth: true,
      onAuth: (_auth, _session, done) => done(new Error("wrong password")),
    });
    closing.push(() => wary.close());
    const refused = { ...mail, TESSERA_SMTP_URL: at(`me:${password}@`, wary.port) };
    expect(await wrongOf("mail", refused)).toEqual([
      expect.stringMatching(/does not let Tessera in \(.*\): look at TESSERA_SMTP_URL/),
    ]);
    expect(await wrongOf("mail", { ...mail, TESSERA_SMTP_URL: at("", 9) })).toHaveLength(1);
    expect(sink.mails).toEqual([]);
  });

  test("believes a proxy that adds whom it speaks for, or says it anew", async () => {
    const adds = await startProxy((came) => ({
      ...came,
      "x-forwarded-for": `${came["x-forwarded-for"]}, 127.0.0.1`,
    }));
    expect(await wrongOf("proxy", adds)).toEqual([]);
    const anew = await startProxy((came) => ({ ...came, "x-forwarded-for": "127.0.0.1" }));
    expect(await wrongOf("proxy", anew)).toEqual([]);
  });

  test("names a proxy that lets clients choose an address, or says nothing of them", async () => {
    const lets = await startProxy((came) => came);
    expect(await wrongOf("proxy", lets)).toEqual([
      expect.stringContaining("whoever wants to may choose an address"),
    ]);
    const silent = await startProxy(({ "x-forwarded-for": _, ...came }) => came);
    expect(await wrongOf("proxy", silent)).toEqual([
      expect.stringContaining("does not say whom it speaks for"),
    ]);
  });

  test("names what an address leads to that is no server of this key", async () => {
    const proxy = {
      TESSERA_PUBLIC_URL: await server.address(),
      TESSERA_TRUSTED_PROXIES: "10.0.0.1",
    };
    const other = { TESSERA_SECRET_KEY: "Zr4kT9wLq2XvB7mNc5HdYs8JfGa3PeU6" };
    expect(await wrongOf("proxy", { ...proxy, ...other })).toEqual([
      expect.stringContaining("another key"),
    ]);
    const nothing = { ...proxy, TESSERA_PUBLIC_URL: "http://127.0.0.1:9" };
    expect(await wrongOf("proxy", nothing)).toEqual([
      expect.stringContaining("http://127.0.0.1:9 does not answer"),
    ]);
  });

  test("how a request arrived is told to whoever has the key, for a minute or two", async () => {
    const { keys, clock } = server.deps;
    const ask = (proof: string) => server.bearer(proof).call("GET", seenRequestPath);
    expect((await ask(proveOperator(keys, clock()))).body).toMatchObject({ peer: "127.0.0.1" });
    for (const proof of [
      proveOperator(keys, clock() - 180_000),
      proveOperator(keys, clock() + 180_000),
      `${Math.floor(clock() / 1000)}.${"0".repeat(64)}`,
      "short.1",
      server.admin.accessToken,
    ]) {
      expect((await ask(proof)).status).toBe(401);
    }
    expect((await server.nobody.call("GET", seenRequestPath)).status).toBe(401);
  });

  test.runIf(kind.name === "SQLite")("names a file that is damaged", async () => {
    const damaged = await mkdtemp(join(tmpdir(), "tessera-doctor-"));
    closing.push(() => rm(damaged, { recursive: true }));
    await writeFile(sqlitePath(damaged), "this is no database ".repeat(99), { mode: 0o600 });
    const said = await wrongOf("database", { TESSERA_DATA_DIR: damaged });
    expect(said).toEqual([expect.stringContaining("file is not a database")]);
  });

  test.runIf(kind.name === "PostgreSQL")("names a database that is not there", async () => {
    const url = `postgres://tessera:${password}@127.0.0.1:1/none`;
    expect(await wrongOf("database", { DATABASE_URL: url })).toEqual([
      expect.stringContaining("DATABASE_URL leads to no database that can be used"),
    ]);
  });
});
