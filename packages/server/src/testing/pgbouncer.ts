import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { findPgBouncer } from "../../../../scripts/installed-programs.mjs";

export interface PgBouncer {
  /** The way through it to that database. */
  urlOf(databaseUrl: string): string;
  /** Lets it stand still with all its connections open, and go on. */
  signal(name: "SIGSTOP" | "SIGCONT"): void;
  stop(): Promise<void>;
}

/** A real PgBouncer before the cluster of that URL; `settings` are lines of its `[pgbouncer]` section. */
export async function startPgBouncer(
  clusterUrl: string,
  settings: readonly string[],
): Promise<PgBouncer> {
  const program = findPgBouncer();
  if (program === undefined) throw new Error("The tests need PgBouncer: run them by npm test");
  const { hostname, port: clusterPort, username } = new URL(clusterUrl);
  const folder = mkdtempSync(join(tmpdir(), "tessera-pgbouncer-"));
  const port = await freePort();
  const [users, file] = [join(folder, "users"), join(folder, "pgbouncer.ini")];
  writeFileSync(users, `"${username}" ""\n`);
  writeFileSync(
    file,
    [
      "[databases]",
      `* = host=${hostname} port=${clusterPort}`,
      "[pgbouncer]",
      "listen_addr = 127.0.0.1",
      `listen_port = ${port}`,
      "unix_socket_dir =",
      "auth_type = trust",
      `auth_file = ${users}`,
      "default_pool_size = 40",
      ...settings,
    ].join("\n"),
  );
  for (const path of [folder, users, file]) chmodSync(path, path === folder ? 0o755 : 0o644);
  const child = spawn(program, ["-q", file], { ...identity(), stdio: "ignore" });
  const ended = once(child, "exit");
  await waitForPort(port);
  return {
    urlOf: (databaseUrl) => {
      const through = new URL(databaseUrl);
      through.hostname = "127.0.0.1";
      through.port = String(port);
      return through.href;
    },
    signal: (name) => void child.kill(name),
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
      rmSync(folder, { recursive: true });
    },
  };
}

/** It refuses to run as root. */
function identity(): { uid: number; gid: number } | Record<string, never> {
  if (process.getuid?.() !== 0) return {};
  const numericId = (flag: string) =>
    Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: numericId("-u"), gid: numericId("-g") };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
}

async function waitForPort(port: number): Promise<void> {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false)).on("connect", () => socket.destroy());
    });
    if (isOpen) return;
    await delay(25);
  }
  throw new Error("PgBouncer did not start");
}
