import { expect, test } from "vitest";
import { boundConnections, readOpenFilesLimit } from "./open-files.ts";

test.runIf(process.platform === "linux")("the limit of open files is this process's", () => {
  expect(readOpenFilesLimit()).toBeGreaterThan(100);
});

test("where no limit is known, as many connections are taken as are wanted", () => {
  expect(readOpenFilesLimit("/nowhere")).toBeUndefined();
  expect(boundConnections(10_000, undefined)).toBe(10_000);
});

test.each([
  [10_000, 524_288, 10_000],
  [10_000, 1_024, 874],
  [500, 1_024, 500],
  [10_000, 64, 32],
])("of %i connections with %i files at most %i are taken", (wanted, openFiles, taken) => {
  expect(boundConnections(wanted, openFiles)).toBe(taken);
});
