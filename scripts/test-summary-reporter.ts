import { writeFileSync } from "node:fs";
import type { Reporter, TestModule } from "vitest/node";
import { isSoak, turn } from "../packages/server/src/testing/soak.ts";

export interface TestCounts {
  passed: number;
  failed: number;
}

export function closingLine({ passed, failed }: TestCounts): string {
  return `${passed} passed, ${failed} failed`;
}

/**
 * Ends a run with the closing line alone on the last line. Where TESSERA_TEST_COUNTS_FILE names a
 * file, the counts go there instead, for a caller that has more to count.
 */
export function testSummaryReporter(): Reporter {
  // A run that breaks off before its end is a failure, not a silence.
  let counts: TestCounts = { passed: 0, failed: 1 };
  return {
    onInit({ config }) {
      if (!config.watch) process.once("exit", () => report(counts));
    },
    onTestRunEnd(modules, unhandledErrors, reason) {
      const { skipped, ...counted } = countTests(modules, unhandledErrors.length);
      if (!isSoak)
        console.log(
          `Left to the turns of other days, or of one database alone: ${skipped}; this is turn ${turn}, TESSERA_TEST_TURN=${turn + 1} asks for the next`,
        );
      console.log(`What is generated comes of TESSERA_TEST_SEED=${process.env.TESSERA_TEST_SEED}`);
      const isSilentFailure = reason !== "passed" && counted.failed === 0;
      counts = isSilentFailure ? { ...counted, failed: 1 } : counted;
    },
  };
}

function report(counts: TestCounts): void {
  const file = process.env.TESSERA_TEST_COUNTS_FILE;
  if (file === undefined) console.log(closingLine(counts));
  else writeFileSync(file, JSON.stringify(counts));
}

function countTests(modules: readonly TestModule[], unhandledErrorCount: number) {
  const counts = { passed: 0, failed: unhandledErrorCount, skipped: 0 };
  for (const module of modules) {
    let failedInModule = 0;
    for (const test of module.children.allTests()) {
      const { state } = test.result();
      if (test.diagnostic()?.flaky) console.log(`Passed at the second try: ${test.fullName}`);
      if (state === "passed") counts.passed += 1;
      else if (state === "failed") failedInModule += 1;
      else counts.skipped += 1;
    }
    // A file that does not load, or whose beforeAll throws, fails without a failed test.
    counts.failed += module.ok() ? failedInModule : Math.max(failedInModule, 1);
  }
  return counts;
}
