import { availableParallelism } from "node:os";
import { defineConfig } from "vitest/config";
import { makeSeed } from "./packages/server/src/testing/seed.ts";
import { isSoak } from "./packages/server/src/testing/soak.ts";
import { testSummaryReporter } from "./scripts/test-summary-reporter.ts";

// All workers of a run derive what they generate from one seed.
process.env.TESSERA_TEST_SEED ??= String(makeSeed());

const alone = ["e2e/faults/load.test.ts"];
/** In full a test may do a thousand times what it samples. */
const soakTimeout = 3_600_000;

export default defineConfig({
  test: {
    globalSetup: ["scripts/test-folder.ts", "scripts/test-databases.ts"],
    reporters: [["default", { summary: false }], testSummaryReporter()],
    isolate: false,
    // A test waits now and then, for a page or for a database: one more than processors leaves none of these idle.
    maxWorkers: Math.min(availableParallelism() + 1, 4),
    slowTestThreshold: 10_000,
    // A busy machine takes its time; what comes is waited for no longer than it takes.
    expect: { poll: { timeout: 20_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
          testTimeout: isSoak ? soakTimeout : 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          name: "e2e",
          // Whole files that wait long, or build what other tests show in parts, are for `npm run soak`.
          include: ["e2e/**/*.test.ts", ...(isSoak ? ["e2e/**/*.soak.ts"] : [])],
          exclude: isSoak ? alone : [],
          testTimeout: isSoak ? soakTimeout : 120_000,
          hookTimeout: 120_000,
          // A browser that had no processor for so long says nothing of Tessera. A wrong answer is never asked for twice.
          retry: { count: 1, condition: /Timeout \d+ms exceeded|timed out/i },
          // Whole processes and browsers are not to compete with the unit tests for the machine.
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          name: "alone",
          // In full what measures the machine has it to itself.
          include: isSoak ? alone : [],
          hookTimeout: 120_000,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
