import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runChecks } from "./checks.ts";
import { closingLine, type TestCounts } from "./test-summary-reporter.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-tests-"));
try {
  const checks = await runChecks();
  const tests = await runVitest(process.argv.slice(2), join(folder, "counts.json"));
  const failed = checks.failed + tests.failed;
  console.log(closingLine({ ...tests, passed: checks.passed + tests.passed, failed }));
  process.exitCode = failed === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** A run that ends without counts, or unhappily without a failed test, counts as one failure. */
async function runVitest(filters: string[], countsFile: string): Promise<TestCounts> {
  const vitest = new URL("../node_modules/vitest/vitest.mjs", import.meta.url);
  const code = await new Promise<number>((resolve, reject) => {
    const child = spawn(process.execPath, [vitest.pathname, "run", ...filters], {
      stdio: "inherit",
      env: { ...process.env, TESSERA_TEST_COUNTS_FILE: countsFile },
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.on(signal, () => child.kill(signal));
    child.once("error", reject);
    child.once("close", (exitCode) => resolve(exitCode ?? 1));
  });
  const counts = readCounts(countsFile);
  return code !== 0 && counts.failed === 0 ? { ...counts, failed: 1 } : counts;
}

function readCounts(file: string): TestCounts {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as TestCounts;
  } catch {
    return { passed: 0, failed: 1 };
  }
}
