import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import {
  chmod,
  mkdir,
  open,
  readdir,
  rename,
  rm,
  stat,
  truncate,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isOnTurn, sampled } from "../../packages/server/src/testing/soak.ts";
import { newStage, openStage, type Stage } from "./stage.ts";

const pageBytes = 4096;

/** Writes nonsense over some of a file's bytes. */
async function spoil(path: string, from: number, to: number): Promise<void> {
  const file = await open(path, "r+");
  await file.write(Buffer.alloc(to - from, 0xa5), 0, to - from, from);
  await file.close();
}

const damaged =
  /^Tessera cannot start: \S+tessera\.sqlite (cannot be used|is no file)\b.*: stop the server, move it away .* restore a backup with: tessera restore FILE$/;

/** What is done to the folder, and the one line that the next start says. */
const refusals: readonly (readonly [
  what: string,
  damage: (dataDir: string) => Promise<unknown>,
  line: RegExp,
])[] = [
  [
    "a database that was cut in the middle",
    async (dir) => {
      const path = join(dir, "tessera.sqlite");
      await truncate(path, Math.floor((await stat(path)).size / 2));
    },
    damaged,
  ],
  [
    "a database that lacks its last pages",
    async (dir) => {
      const path = join(dir, "tessera.sqlite");
      await truncate(path, (await stat(path)).size - 3 * pageBytes);
    },
    damaged,
  ],
  ["a database without its head", (dir) => spoil(join(dir, "tessera.sqlite"), 0, 100), damaged],
  [
    "a folder in place of the database",
    async (dir) => {
      await rm(join(dir, "tessera.sqlite"));
      await mkdir(join(dir, "tessera.sqlite"));
    },
    damaged,
  ],
  [
    "no database",
    (dir) => rm(join(dir, "tessera.sqlite")),
    /^Tessera cannot start: The database is empty, but \S+secret\.key has been in use.* tessera restore FILE/,
  ],
  [
    "no key",
    (dir) => rm(join(dir, "secret.key")),
    /^Tessera cannot start: \S+secret\.key is missing, .*: put the file back, .* or restore a backup/,
  ],
  [
    "a key of which nothing is left",
    (dir) => truncate(join(dir, "secret.key"), 0),
    /^Tessera cannot start: \S+secret\.key must hold at least 32 characters .* put back the one/,
  ],
  [
    "a key of zeros",
    (dir) => writeFile(join(dir, "secret.key"), Buffer.alloc(64)),
    /^Tessera cannot start: \S+secret\.key holds a secret that .* put back the one/,
  ],
  [
    "another server's key",
    (dir) => writeFile(join(dir, "secret.key"), "qL9zT3vXy8WnB5mR7pKd2sFgH4jC6aEu\n"),
    /^Tessera cannot start: \S+secret\.key does not hold the key .* put back the file/,
  ],
  [
    "a key that others can read",
    (dir) => chmod(join(dir, "secret.key"), 0o644),
    /^Tessera cannot start: \S+secret\.key can be read by others \(mode 0644\): run chmod 600 \S+secret\.key$/,
  ],
  [
    "a folder in place of the key",
    async (dir) => {
      await rm(join(dir, "secret.key"));
      await mkdir(join(dir, "secret.key"), { mode: 0o700 });
    },
    /^Tessera cannot start: \S+secret\.key is no file: put back the one/,
  ],
  [
    "nonsense in place of the folder's lock",
    (dir) => writeFile(join(dir, "tessera.lock"), "nonsense".repeat(1000)),
    /^Tessera cannot start: \S+tessera\.lock cannot be used: .* remove it$/,
  ],
];

describe("a start with", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage();
    await stage.server().stop();
  });
  afterAll(() => stage.close());

  test.each(sampled(refusals, 6))(
    "%s is refused in one line that says what to do, and changes nothing",
    async (_, damage, line) => {
      const dir = join(stage.dataDir, "../tried");
      await rm(dir, { recursive: true, force: true });
      execFileSync("cp", ["-a", stage.dataDir, dir]);
      await damage(dir);
      const sizes = async () => {
        const names = (await readdir(dir)).filter((name) => name !== "tessera.lock");
        return Promise.all(names.map(async (name) => [name, (await stat(join(dir, name))).size]));
      };
      const before = await sizes();
      const said = await stage.refusal({ TESSERA_DATA_DIR: dir });
      expect(said).toMatch(line);
      expect(said.split("\n")).toHaveLength(1);
      expect(await sizes()).toEqual(
        expect.arrayContaining(before.filter(([, size]) => size !== 0)),
      );
    },
  );
});

test.runIf(isOnTurn(0, 4))(
  "a database that is damaged under a running server is told, ends nothing, and is not ready",
  async () => {
    const stage = await newStage();
    for (let count = 0; count < 12; count += 1) expect(await stage.change()).toBe("201");
    await stage.server().stop();
    const server = await stage.start();
    const path = join(stage.dataDir, "tessera.sqlite");
    expect([await stage.use(), await stage.ready()]).toEqual(["200", "200"]);
    await spoil(path, 2 * pageBytes, (await stat(path)).size);
    const list = () => stage.ask("GET", "/domains", stage.session);
    await expect.poll(list).toBe("503 unavailable");
    await expect.poll(stage.ready).toBe("503 unavailable");
    expect(["200", "503 unavailable"]).toContain(await stage.use());
    expect(["201", "503 unavailable"]).toContain(await stage.change());
    expect(server.output()).toMatch(/tessera\.sqlite is damaged, and not all of it can be read: /);
    await server.stop();
    expect(await server.exited).toBe(0);
  },
);

test.runIf(isOnTurn(1, 4))(
  "nothing is acknowledged that would be written into a file that is gone; once it is back, all goes on",
  async () => {
    const stage = await newStage();
    const path = join(stage.dataDir, "tessera.sqlite");
    await rename(path, `${path}.away`);
    expect(await stage.change()).toBe("503 unavailable");
    expect(await stage.ready()).toBe("503 unavailable");
    // A copy is not what was opened.
    execFileSync("cp", ["-a", `${path}.away`, path]);
    expect(await stage.change()).toBe("503 unavailable");
    expect(await stage.use()).toBe("200");
    expect(stage.server().output()).toMatch(/tessera\.sqlite was moved away or exchanged/);
    await rm(path);
    await rename(`${path}.away`, path);
    expect(await stage.change()).toBe("201");
    await expect.poll(stage.ready).toBe("200");
  },
);

/** Only root mounts, and only Linux has a tmpfs. */
const canMount = process.platform === "linux" && process.getuid?.() === 0 && tryMount();

function tryMount(): boolean {
  const folder = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", folder], { stdio: "pipe" });
    execFileSync("umount", [folder]);
    return true;
  } catch {
    return false;
  } finally {
    execFileSync("rmdir", [folder]);
  }
}

async function onSmallDisk(dataDir: string): Promise<() => void> {
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m,mode=0700", "none", dataDir]);
  return () => execFileSync("umount", ["--lazy", dataDir]);
}

/** Leaves no byte of the disk. */
async function fill(dataDir: string): Promise<string> {
  const path = join(dataDir, "filling");
  const file = await open(path, "a");
  const block = Buffer.alloc(pageBytes);
  try {
    for (;;) await file.write(block);
  } catch (error) {
    expect((error as { code?: unknown }).code).toBe("ENOSPC");
  } finally {
    await file.close();
  }
  return path;
}

describe.runIf(canMount)("on a small disk", () => {
  test.runIf(isOnTurn(2, 4))(
    "that is full changes are refused, reads go on, and once there is room all goes on by itself",
    async () => {
      const stage = await newStage({ TESSERA_USAGE_FLUSH_INTERVAL: "100ms" }, onSmallDisk);
      const filling = await fill(stage.dataDir);
      // What is left of the journal takes some.
      await expect.poll(stage.change, { interval: 1 }).toBe("503 storage_full");
      expect(await stage.ready()).toBe("503 storage_full");
      const listed = () => stage.ask("GET", "/domains", stage.session);
      expect([await stage.use(), await listed()]).toEqual(["200", "200"]);
      const revoke = () =>
        stage.ask("PATCH", `/pats/${stage.token.id}/secret/revoke`, stage.session);
      const revoked = await revoke();
      // Whatever was answered is so.
      expect(await stage.use()).toBe(revoked === "204" ? "401 token_revoked" : "200");
      await rm(filling);
      await expect.poll(stage.ready).toBe("200");
      expect(await stage.change()).toBe("201");
      if (revoked !== "204") expect(await revoke()).toBe("204");
      expect((await stage.use()).slice(0, 3)).toBe("401");
      await stage.server().stop();
      expect(await stage.server().exited).toBe(0);
    },
  );

  test.runIf(isOnTurn(3, 4)).each(["SIGKILL", "SIGTERM"] as const)(
    "that is full a server that ended by %s starts again, or says what to do; then nothing is lost",
    async (signal) => {
      const stage = await newStage({}, onSmallDisk);
      const filling = await fill(stage.dataDir);
      await expect.poll(stage.change, { interval: 1 }).toBe("503 storage_full");
      await stage.server().stop(signal);
      const said = await stage.refusal();
      expect(said).toMatch(/^(it started|Tessera cannot start: .*make room on its disk$)/);
      await rm(filling);
      await stage.start();
      expect([await stage.use(), await stage.change()]).toEqual(["200", "201"]);
    },
  );

  test.runIf(isOnTurn(0, 4))("that is read-only a start says so in one line", async () => {
    const stage = await newStage({}, onSmallDisk);
    await stage.server().stop();
    execFileSync("mount", ["-o", "remount,ro", stage.dataDir]);
    const said = await stage.refusal();
    expect(said).toMatch(
      /^Tessera cannot start: \S+ cannot be written \(EROFS\): the data folder .* not read-only$/,
    );
    execFileSync("mount", ["-o", "remount,rw", stage.dataDir]);
    await stage.start();
    expect([await stage.use(), await stage.change()]).toEqual(["200", "201"]);
    expect(existsSync(join(stage.dataDir, "tessera.sqlite"))).toBe(true);
  });
});
