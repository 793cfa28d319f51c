import { execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findPostgresFolder } from "./installed-programs.mjs";

export interface PostgresCluster {
  /** The superuser's address of the database `postgres`; other databases are made from there. */
  url: string;
  /** Stops the server as an operator would, until {@link resume}; what it keeps is there again then. */
  interrupt: () => Promise<void>;
  /** Resolves once it can be asked again. */
  resume: () => Promise<void>;
  stop: () => Promise<void>;
}

/**
 * Starts an empty PostgreSQL on a free loopback port, with a data folder of its own and no
 * durability. It ends and its folder goes with `stop()`, and also when this process dies.
 */
export async function startPostgresCluster(): Promise<PostgresCluster> {
  const programs = findPostgresFolder();
  if (programs === undefined) {
    throw new Error(
      "The tests need PostgreSQL: install it (Debian: apt-get install postgresql; macOS: brew install postgresql) so that postgres and initdb are on PATH.",
    );
  }
  const identity = serverIdentity();
  const folder = mkdtempSync(join(tmpdir(), "tessera-postgres-"));
  try {
    if ("uid" in identity) chownSync(folder, identity.uid, identity.gid);
    const data = join(folder, "data");
    initialise(realpathSync(join(programs, "initdb")), data, identity);
    return await serve(realpathSync(join(programs, "postgres")), folder, identity);
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
}

type Identity = { uid: number; gid: number } | Record<string, never>;

/** PostgreSQL refuses to run as root, so root hands it to `postgres` or else to `nobody`. */
function serverIdentity(): Identity {
  if (process.getuid?.() !== 0) return {};
  for (const user of ["postgres", "nobody"]) {
    try {
      return { uid: numericId("-u", user), gid: numericId("-g", user) };
    } catch {}
  }
  throw new Error("PostgreSQL cannot run as root: run the tests as another user.");
}

function numericId(flag: "-u" | "-g", user: string): number {
  return Number(execFileSync("id", [flag, user], { encoding: "utf8", stdio: "pipe" }));
}

function initialise(initdb: string, data: string, identity: Identity): void {
  const options = ["--username=tessera", "--auth=trust", "--encoding=UTF8", "--locale=C"];
  execFileSync(initdb, [`--pgdata=${data}`, ...options, "--no-sync", "--no-instructions"], {
    ...identity,
    cwd: join(data, ".."),
    stdio: "pipe",
  });
}

/**
 * The shell around the server stops and starts it as it is told, until the end of its own input, which comes when this
 * process stops or dies; then it stops the server and removes the folder.
 */
const guardian = `
start() { "$@" >>"$FOLDER/log" 2>&1 & server=$!; }
stop() { kill -INT $server; wait $server; }
start "$@"
while read -r command; do
  case $command in
    start) start "$@" ;;
    stop) stop ;;
  esac
done
stop 2>/dev/null
cd / && rm -rf "$FOLDER"
`;

async function serve(
  postgres: string,
  folder: string,
  identity: Identity,
): Promise<PostgresCluster> {
  const port = await freePort();
  const settings = [
    `port=${port}`,
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_connections=200",
    // A transaction that a test holds open keeps the locks of all others on the cluster; see docs/scale.md.
    "max_pred_locks_per_transaction=512",
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    // Compiling a query takes longer than running it on the few rows of a test.
    "jit=off",
  ].flatMap((setting) => ["-c", setting]);
  const shell = spawn(
    "sh",
    ["-c", guardian, "postgres-guardian", postgres, "-D", join(folder, "data"), ...settings],
    {
      ...identity,
      cwd: folder,
      env: { ...process.env, FOLDER: folder },
      stdio: ["pipe", "ignore", "ignore"],
    },
  );
  const ended = new Promise<void>((resolve) => shell.once("close", () => resolve()));
  const stop = async () => {
    shell.stdin.end();
    await ended;
  };
  if (!(await isReady(folder))) {
    const log = readLog(folder);
    await stop();
    throw new Error(`The throw-away PostgreSQL did not start:\n${log}`);
  }
  return {
    url: `postgres://tessera@127.0.0.1:${port}/postgres`,
    interrupt: async () => {
      shell.stdin.write("stop\n");
      await waitForState(folder, undefined);
    },
    resume: async () => {
      shell.stdin.write("start\n");
      await waitForState(folder, "ready");
    },
    stop,
  };
}

const pollMilliseconds = 50;
const attempts = 600;

/** PostgreSQL writes its state as the last line of its pid file, which is there while it runs. */
function readState(folder: string): string | undefined {
  return readLines(join(folder, "data", "postmaster.pid"))
    .at(-1)
    ?.trim();
}

async function isReady(folder: string): Promise<boolean> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (readState(folder) === "ready") return true;
    if (readLog(folder).includes("FATAL")) return false;
    await sleep(pollMilliseconds);
  }
  return false;
}

async function waitForState(folder: string, wanted: "ready" | undefined): Promise<void> {
  for (let attempt = 0; attempt < attempts; attempt += 1) {
    if (readState(folder) === wanted) return;
    await sleep(pollMilliseconds);
  }
  throw new Error(`The throw-away PostgreSQL did not come to the state ${wanted ?? "stopped"}`);
}

function readLog(folder: string): string {
  return readLines(join(folder, "log")).join("\n");
}

function readLines(file: string): string[] {
  try {
    return readFileSync(file, "utf8").trimEnd().split("\n");
  } catch {
    return [];
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => {
        if (address !== null && typeof address === "object") resolve(address.port);
        else reject(new Error("The free port has no number."));
      });
    });
  });
}
