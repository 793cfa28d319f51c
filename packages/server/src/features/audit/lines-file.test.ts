import { appendFile, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appendToFile, readLines } from "./lines-file.ts";

test("lines are read as they were written, whatever else ends a line of text is in them", async () => {
  const folder = await mkdtemp(join(tmpdir(), "tessera-lines-"));
  const file = join(folder, "lines.jsonl");
  const lines = ["a\u2028b\u2029c\u0085d", "e\rf", "größer 😀".repeat(20_000), ""];
  await appendToFile(file, lines);
  await appendFile(file, "cut off");
  const read = [];
  for await (const each of readLines(file)) read.push(each);
  expect(read).toEqual([
    { number: 1, line: lines[0] },
    { number: 2, line: lines[1] },
    { number: 3, line: lines[2] },
    { number: 5, line: "cut off" },
  ]);
  await rm(folder, { recursive: true });
});
