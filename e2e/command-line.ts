import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";

const mainFile = join(import.meta.dirname, "../packages/cli/src/main.ts");

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** What it is run with: nothing of this process's own but what lets it start. */
export interface RunWith {
  readonly environment?: Readonly<Record<string, string>>;
  /** What stands on standard input; empty when absent. */
  readonly input?: string;
  /** Whether nobody reads what it prints. */
  readonly closesOutput?: boolean;
}

const basis = () => ({
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  HOME: "/nonexistent",
});

/** Runs the real command line with these words. */
export async function tessera(
  words: readonly string[],
  { environment = {}, input = "", closesOutput = false }: RunWith = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [mainFile, ...words], {
    env: { ...basis(), ...environment },
  });
  const out = collect(child, "stdout");
  const err = collect(child, "stderr");
  if (closesOutput) child.stdout.destroy();
  // What it does not read of its input is not this side's failure.
  child.stdin.on("error", () => {}).end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out: out(), err: err() };
}

export interface Shown {
  readonly code: number | null;
  /** All that the terminal showed. */
  readonly shown: string;
}

/** What is typed once something has been seen. */
export type Answer = readonly [seen: string, typed: string];

/** The same on a terminal of its own. */
export function onTerminal(
  words: readonly string[],
  answers: readonly Answer[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  return runOnTerminal([process.execPath, mainFile, ...words], answers, environment);
}

/** Runs a program on a terminal of its own (by `script`, which every Linux and macOS has). */
export async function runOnTerminal(
  command: readonly string[],
  answers: readonly Answer[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Shown> {
  const child = spawn("script", scriptArguments(command), { env: { ...basis(), ...environment } });
  const shown = collect(child, "stdout");
  const waiting = [...answers];
  child.stdout.on("data", () => {
    const [seen, typed] = waiting[0] ?? [];
    if (seen === undefined || !shown().includes(seen)) return;
    waiting.shift();
    child.stdin.write(typed);
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, shown: shown() };
}

function scriptArguments(command: readonly string[]): readonly string[] {
  if (process.platform === "darwin") return ["-q", "/dev/null", ...command];
  const line = command.map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(" ");
  return ["-qec", line, "/dev/null"];
}

function collect(child: ChildProcess, stream: "stdout" | "stderr"): () => string {
  let text = "";
  child[stream]?.setEncoding("utf8").on("data", (more: string) => {
    text += more;
  });
  return () => text;
}
