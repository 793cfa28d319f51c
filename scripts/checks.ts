import { spawn } from "node:child_process";
import { join } from "node:path";

interface Check {
  name: string;
  /** A program of node_modules/.bin, or `node`, and its parameters. */
  command: [string, ...string[]];
}

interface CheckCounts {
  passed: number;
  failed: number;
}

const checks: Check[] = [
  // Several checkers would each work out the same types, on processors that the other checks use.
  { name: "types", command: ["tsc", "--checkers", "1"] },
  {
    name: "types of the web app",
    command: ["tsc", "--project", "packages/web", "--checkers", "1"],
  },
  { name: "promises", command: ["oxlint", "--type-aware", "--deny-warnings"] },
  { name: "format and lint", command: ["biome", "ci", "--error-on-warnings", "--colors=off"] },
  { name: "architecture", command: ["node", "scripts/check-architecture.ts"] },
  { name: "generated reference", command: ["node", "scripts/generate-reference.ts", "--check"] },
  { name: "nothing unused", command: ["knip"] },
];

/** Runs every check, one line each; only a failed one shows what its tool says. */
export async function runChecks(): Promise<CheckCounts> {
  const results = await Promise.all(checks.map(runCheck));
  const passed = results.filter((isPassed) => isPassed).length;
  return { passed, failed: results.length - passed };
}

async function runCheck({ name, command: [program, ...parameters] }: Check): Promise<boolean> {
  const startedAt = performance.now();
  const { code, output } = await runProgram(program, parameters);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  if (code === 0) {
    console.log(`check passed: ${name} (${seconds} s)`);
    return true;
  }
  console.log(`${output.trimEnd()}\ncheck FAILED: ${name} (${[program, ...parameters].join(" ")})`);
  return false;
}

function runProgram(program: string, parameters: string[]) {
  const root = join(import.meta.dirname, "..");
  const file = program === "node" ? process.execPath : join(root, "node_modules/.bin", program);
  return new Promise<{ code: number; output: string }>((resolve, reject) => {
    const child = spawn(file, parameters, {
      cwd: root,
      env: { ...process.env, NO_COLOR: "1" },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.once("error", reject);
    child.once("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

if (import.meta.main) {
  const { failed } = await runChecks();
  process.exitCode = failed === 0 ? 0 : 1;
}
