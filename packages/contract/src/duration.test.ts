import { expect, test } from "vitest";
import { parseDuration } from "./duration.ts";

test.each([
  ["24h", 86_400_000],
  ["1h30m", 5_400_000],
  ["1.5h", 5_400_000],
  [".5h", 1_800_000],
  ["30d", 2_592_000_000],
  ["2w", 1_209_600_000],
  ["1d12h", 129_600_000],
  ["1ms", 1],
  ["0s", 0],
])("%s is %d milliseconds", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each([
  "",
  "24",
  "h",
  "-1h",
  "+1h",
  "1 h",
  "1y",
  "1H",
  "24h ",
  "1h,30m",
  "9".repeat(63),
  `${"9".repeat(60)}w`,
  "1e3h",
  "∞h",
])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeUndefined();
});
