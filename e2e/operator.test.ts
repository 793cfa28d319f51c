import { once } from "node:events";
import { copyFile, mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { call } from "./call.ts";
import {
  newDataDir,
  printedAdmin,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";
import { startProgram } from "./start-program.ts";

const serverProgram = join(import.meta.dirname, "../packages/server/src/main.ts");
const cliProgram = join(import.meta.dirname, "../packages/cli/src/main.ts");

/** Runs a program of the operator's to its end. */
async function run(program: string, words: readonly string[], environment: object = {}) {
  const { child, said } = startProgram(program, words, environment);
  const [code] = await once(child, "close");
  return { code, ...said };
}

/** What a start says that must not succeed. */
async function refusalOf(dataDir: string, environment: Readonly<Record<string, string>> = {}) {
  return startServerProcess(dataDir, environment).then(
    async (server) => {
      await server.stop("SIGKILL");
      return `it started:\n${server.output()}`;
    },
    (error: Error) => error.message.split("\n").slice(1).join("\n").trim(),
  );
}

describe("the operator of a server on SQLite", () => {
  let folder: string;
  let dataDir: string;
  let server: ServerProcess;
  let admin: { email: string; password: string };
  let token: string;
  let domainPath: string;
  let file: string;
  const inFolder = (name: string) => join(folder, name);
  const newFolder = async (name: string) => {
    await mkdir(inFolder(name), { mode: 0o700 });
    return inFolder(name);
  };
  const signIn = async (url: string, password: string) =>
    call(url, "POST", "/users/tokens/issue", { body: { username: admin.email, password } });

  beforeAll(async () => {
    folder = await newDataDir();
    dataDir = await newFolder("data");
    file = inFolder("tessera.backup");
  });
  afterAll(async () => {
    await server.stop("SIGKILL");
    await removeDataDir(folder);
  });

  test("loses no password by a first start on a taken port: the next start makes the administrator", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await once(taken, "listening");
    const port = String((taken.address() as AddressInfo).port);
    const said = await refusalOf(dataDir, { TESSERA_PORT: port });
    expect(said).toMatch(/^Tessera cannot start: listen EADDRINUSE/);
    expect(said.split("\n")).toHaveLength(1);
    taken.close();
    server = await startServerProcess(dataDir);
    admin = printedAdmin(server.output());
    expect((await signIn(server.url, admin.password)).status).toBe(201);
  });

  test("backs it up while it runs and is written, into a file for nobody else's eyes", async () => {
    const session = (await signIn(server.url, admin.password)).body.access_token;
    const domain = await call(server.url, "POST", "/domains", {
      bearer: session,
      body: { name: "A", route: "a" },
    });
    domainPath = `/domains/${domain.body.id}`;
    const scope = { entity_type: "domains", entity_id: domain.body.id, operation: "read" };
    const made = await call(server.url, "POST", "/pats", {
      bearer: session,
      body: {
        name: "ci",
        duration: "1h",
        scopes: [{ domain_id: domain.body.id, ...scope }],
      },
    });
    token = made.body.secret;
    let isDone = false;
    const writing = (async () => {
      for (let number = 0; !isDone; number += 1) {
        await call(server.url, "POST", "/domains", {
          bearer: session,
          body: { name: "Plant", route: `p${number}` },
        });
      }
    })();
    const backedUp = await run(cliProgram, ["backup", file], { TESSERA_DATA_DIR: dataDir });
    isDone = true;
    await writing;
    expect(backedUp).toMatchObject({ code: 0, err: "" });
    expect(backedUp.out).toContain(file);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await readdir(folder)).filter((name) => name.startsWith("tessera."))).toHaveLength(1);
    const again = await run(cliProgram, ["backup", file], { TESSERA_DATA_DIR: dataDir });
    expect(again).toMatchObject({
      code: 1,
      err: `tessera: ${file} is there already: name a new file\n`,
    });
  });

  test("restores it where nothing is, and password and token are good there", async () => {
    const restored = inFolder("restored");
    const settings = { TESSERA_DATA_DIR: restored };
    const done = await run(cliProgram, ["restore", file], settings);
    expect(done).toMatchObject({ code: 0, err: "" });
    expect(done.out).toContain("What was revoked or ended since then is valid again");
    const there = await startServerProcess(restored, {
      TESSERA_ADMIN_PASSWORD: "is-for-a-first-start",
    });
    expect(there.output()).toMatch(/TESSERA_ADMIN_PASSWORD is ignored/);
    expect((await signIn(there.url, admin.password)).status).toBe(201);
    expect((await call(there.url, "GET", domainPath, { bearer: token })).status).toBe(200);
    expect((await signIn(there.url, "is-for-a-first-start")).status).toBe(401);
    const inUse = await run(cliProgram, ["restore", file], settings);
    expect(inUse).toMatchObject({ code: 1, out: "" });
    expect(inUse.err).toMatch(/^tessera: Another Tessera is running on the data folder/);
    await there.stop();
    const overIt = await run(cliProgram, ["restore", file], settings);
    expect(overIt.err).toMatch(/tessera\.sqlite is there already: move it away first\n$/);
  });

  test("restores no key that the start would refuse", async () => {
    const weak = inFolder("weak.backup");
    await copyFile(file, weak);
    const copy = new DatabaseSync(weak);
    copy.exec(
      "update tessera_backup set value = 'changeme-changeme-please-changeme-now' where name = 'secret_key'",
    );
    copy.close();
    const settings = { TESSERA_DATA_DIR: inFolder("never-restored") };
    const refused = await run(cliProgram, ["restore", weak], settings);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/weak\.backup has the word "change" in it, and no start takes it/);
    expect(await readdir(folder)).not.toContain("never-restored");
  });

  test("gets no empty Tessera out of a copy that lacks its journal, nor out of a key alone", async () => {
    const copied = await newFolder("copied");
    for (const name of ["tessera.sqlite", "secret.key"]) {
      await copyFile(join(dataDir, name), join(copied, name));
    }
    const before = await readdir(copied);
    const said = await refusalOf(copied);
    expect(said).toMatch(/^Tessera cannot start: .* its journal .*tessera\.sqlite-wal is missing/);
    expect(said).toContain("tessera restore FILE");
    expect(await readdir(copied)).toEqual(expect.arrayContaining(before));

    const keyAlone = await newFolder("key");
    await copyFile(join(dataDir, "secret.key"), join(keyAlone, "secret.key"));
    for (let times = 0; times < 2; times += 1) {
      expect(await refusalOf(keyAlone)).toMatch(
        /^Tessera cannot start: The database is empty, but .*secret\.key has been in use/,
      );
    }
  });

  test("hears that nothing is wrong, and that the schema is this version's, while it runs", async () => {
    const settings = { TESSERA_DATA_DIR: dataDir, TESSERA_PORT: new URL(server.url).port };
    const examined = await run(cliProgram, ["doctor"], settings);
    expect(examined).toMatchObject({ code: 0, err: "" });
    expect(examined.out).toMatch(
      /The running server tells the same time\.[\s\S]*Nothing is wrong\.\n$/,
    );
    expect(await run(cliProgram, ["migrate", "--dry-run"], settings)).toEqual({
      code: 0,
      out: "The database has the schema of this version.\n",
      err: "",
    });
    const broken = await run(cliProgram, ["doctor", "--json"], { ...settings, TESSERA_PORT: "x" });
    expect(broken.code).toBe(1);
    expect(JSON.parse(broken.out)).toMatchObject({
      ok: false,
      findings: [
        { about: "settings", level: "wrong", text: expect.stringContaining("TESSERA_PORT") },
      ],
    });
  });

  test("changes the key while it runs: nothing ends until the old one is dropped", async () => {
    const settings = { TESSERA_DATA_DIR: dataDir };
    const session = (await signIn(server.url, admin.password)).body;
    const keys = async (...words: readonly string[]) =>
      run(cliProgram, ["keys", ...words], settings);
    const rotated = await keys("rotate");
    expect(rotated).toMatchObject({ code: 0, err: "" });
    const old = / ([0-9a-f]{12}) stays good/.exec(rotated.out)?.[1] ?? "";
    const refused = await keys("drop", old);
    expect(refused).toMatchObject({ code: 1, out: "" });
    expect(refused.err).toMatch(/is not dropped, as that would end \d+ sessions, 1 token\./);
    const use = async () => (await call(server.url, "GET", domainPath, { bearer: token })).status;
    expect(await use()).toBe(200);
    await expect
      .poll(async () => {
        await use();
        return (await keys("list")).out.split("\n")[1];
      })
      .toMatch(/ sessions, 0 tokens/);
    const profile = async () =>
      (await call(server.url, "GET", "/users/profile", { bearer: session.access_token })).status;
    expect(await profile()).toBe(200);
    expect((await keys("drop", old, "--force")).out).toMatch(
      / is dropped, and with it \d+ sessions\./,
    );
    await expect.poll(profile).toBe(401);
    expect(await use()).toBe(200);
    expect((await run(cliProgram, ["audit", "verify"], settings)).out).toMatch(/^Proved: /);
  });

  test("gives a new password while it runs; the old one and its sessions are over", async () => {
    const session = (await signIn(server.url, admin.password)).body.access_token;
    const reset = await run(serverProgram, ["admin", "reset-password", "admin"], {
      TESSERA_DATA_DIR: dataDir,
    });
    expect(reset).toMatchObject({ code: 0, err: "" });
    const { password } = printedAdmin(reset.out);
    expect((await signIn(server.url, password)).status).toBe(201);
    expect((await signIn(server.url, admin.password)).status).toBe(401);
    await expect
      .poll(
        async () => (await call(server.url, "GET", "/users/profile", { bearer: session })).status,
      )
      .toBe(401);
    const made = await run(serverProgram, ["admin", "create", "boss", "boss@example.test"], {
      TESSERA_DATA_DIR: dataDir,
    });
    expect(made).toMatchObject({ code: 0, err: "" });
    expect(made.out).toMatch(/username {2}boss\n {2}email {5}boss@example.test\n/);
  });

  test("finds nothing left in the journal after a stop, and the file alone is whole", async () => {
    await server.stop();
    expect(await readdir(dataDir)).not.toContain("tessera.sqlite-wal");
    const moved = await newFolder("moved");
    for (const name of ["tessera.sqlite", "secret.key"]) {
      await copyFile(join(dataDir, name), join(moved, name));
    }
    const there = await startServerProcess(moved);
    expect((await call(there.url, "GET", domainPath, { bearer: token })).status).toBe(200);
    await there.stop();
  });
});

test("help helps, and what is mistyped is named with the nearest right word", async () => {
  expect(await run(serverProgram, ["--help"])).toMatchObject({
    code: 0,
    out: expect.stringContaining("tessera admin reset-password NAME"),
    err: "",
  });
  expect(await run(serverProgram, ["bakcup"])).toMatchObject({
    code: 2,
    err: 'tessera: there is no bakcup; did you mean "backup"? See --help\n',
  });
  expect(await run(serverProgram, ["admin", "reset-password"])).toMatchObject({
    code: 2,
    err: "tessera: it is: admin reset-password NAME\n",
  });
});

test("a setting of the environment that is mistyped stops the start, and names the right one", async () => {
  const dataDir = await newDataDir();
  const said = await refusalOf(dataDir, { TESSERA_SELF_REGISTRATON: "false" });
  expect(said).toBe(
    "Tessera cannot start: TESSERA_SELF_REGISTRATON is no setting; did you mean TESSERA_SELF_REGISTRATION?",
  );
  await removeDataDir(dataDir);
});

test.each([
  [
    { DATABASE_URL: "postgres://nobody@127.0.0.1:1/none" },
    /^Tessera cannot start: DATABASE_URL leads to no database that can be used: .*ECONNREFUSED/,
  ],
  [{ TESSERA_DATA_DIR: "/dev/null/data" }, /^Tessera cannot start: ENOTDIR/],
  [{ TESSERA_HOST: "192.0.2.1" }, /^Tessera cannot start: listen EADDRNOTAVAIL/],
])(
  "a start that %j keeps from succeeding says so in one line without a stack",
  async (settings, line) => {
    const dataDir = await newDataDir();
    const said = await refusalOf(dataDir, settings);
    expect(said).toMatch(line);
    expect(said.split("\n")).toHaveLength(1);
    await removeDataDir(dataDir);
  },
);

test("a file that is no database is named, without a stack", async () => {
  const dataDir = await newDataDir();
  await writeFile(
    join(dataDir, "tessera.sqlite"),
    "this is no database, and long enough to be read".repeat(9),
  );
  const said = await refusalOf(dataDir);
  expect(said).toMatch(
    /^Tessera cannot start: .*tessera\.sqlite cannot be used: file is not a database: .*tessera restore FILE$/,
  );
  await removeDataDir(dataDir);
});
