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
}

const basis = () => ({
  PATH: process.env.PATH,
  NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE,
  HOME: "/nonexistent",
});

/** Runs the real command line with these words. */
export async function tessera(
  words: readonly string[],
  { environment = {}, input = "" }: RunWith = {},
): Promise<Ran> {
  const child = spawn(process.execPath, [mainFile, ...words], {
    env: { ...basis(), ...environment },
  });
  const out = collect(child, "stdout");
  const err = collect(child, "stderr");
  child.stdin.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out: out(), err: err() };
}

/**
 * The same on a terminal of its own (by `script`, which every Linux and macOS has). Each answer is typed when its
 * question has been seen; the result is all that the terminal showed.
 */
export async function onTerminal(
  words: readonly string[],
  answers: readonly (readonly [question: string, answer: string])[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly code: number | null; readonly shown: string }> {
  const command = [process.execPath, mainFile, ...words];
  const child = spawn("script", scriptArguments(command), { env: { ...basis(), ...environment } });
  const shown = collect(child, "stdout");
  const waiting = [...answers];
  child.stdout.on("data", () => {
    const [question, answer] = waiting[0] ?? [];
    if (question === undefined || !shown().includes(question)) return;
    waiting.shift();
    child.stdin.write(answer);
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
