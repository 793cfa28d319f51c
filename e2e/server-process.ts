import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

const mainFile = join(import.meta.dirname, "../packages/server/src/main.ts");
const startTimeoutMilliseconds = 30_000;

/** A real server process on a free port of this machine. */
export interface ServerProcess {
  readonly url: string;
  readonly dataDir: string;
  readonly pid: number;
  /** All that it has written so far, to both of its outputs. */
  output(): string;
  /** Its exit code, once it has ended; `null` where a signal ended it. */
  readonly exited: Promise<number | null>;
  /** Sends a signal and does not wait. */
  signal(name: "SIGTERM" | "SIGSTOP" | "SIGCONT"): void;
  /** Ends it as an operator would; `SIGKILL` as a power failure would. */
  stop(signal?: "SIGTERM" | "SIGKILL"): Promise<void>;
}

export async function newDataDir(): Promise<string> {
  return mkdtemp(join(tmpdir(), "tessera-e2e-"));
}

export async function removeDataDir(dataDir: string): Promise<void> {
  await rm(dataDir, { recursive: true, force: true });
}

/** Starts the program itself, with these settings and nothing of this process's own. */
export async function startServerProcess(
  dataDir: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<ServerProcess> {
  const child = spawn(process.execPath, [mainFile], {
    cwd: dataDir,
    env: {
      PATH: process.env.PATH,
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
      TESSERA_PORT: "0",
      TESSERA_DATA_DIR: dataDir,
      // Journeys are quicker than people.
      TESSERA_CHANGES_PER_MINUTE: "1000000",
      TESSERA_CHANGES_AT_ONCE: "1000",
      TESSERA_LISTS_PER_MINUTE: "1000000",
      TESSERA_LISTS_AT_ONCE: "1000",
      TESSERA_LIST_TIME_PER_MINUTE: "24h",
      ...environment,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
    });
  }
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const url = await waitForAddress(child, () => output);
  return {
    url,
    dataDir,
    pid: child.pid ?? Number.NaN,
    output: () => output,
    exited,
    signal: (name) => void child.kill(name),
    stop: async (signal = "SIGTERM") => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill(signal);
      await exited;
    },
  };
}

async function waitForAddress(child: ChildProcess, output: () => string): Promise<string> {
  const deadline = Date.now() + startTimeoutMilliseconds;
  while (Date.now() < deadline) {
    const address = /Tessera is ready: (http\S+)/.exec(output())?.[1];
    if (address !== undefined) return address;
    if (child.exitCode !== null) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  child.kill("SIGKILL");
  throw new Error(`the server did not start:\n${output()}`);
}

/** The administrator that the first start printed. */
export function printedAdmin(output: string): { email: string; password: string } {
  const email = /email {2,}(\S+)/.exec(output)?.[1];
  const password = /password {2,}(\S+)/.exec(output)?.[1];
  if (email === undefined || password === undefined)
    throw new Error("no administrator was printed");
  return { email, password };
}
