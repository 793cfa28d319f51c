import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";

/** Where lines go; resolves when they are there. `now`: milliseconds since the epoch. */
export type LinesPlace = (lines: readonly string[], now: number) => Promise<void>;

/** Adds lines to the end of a file that is its owner's alone, and waits for the disk. */
export async function appendToFile(path: string, lines: readonly string[]): Promise<void> {
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    const { buffer: last } = await file.read(Buffer.alloc(1), 0, 1, Math.max(0, size - 1));
    // A line that a crash cut off spoils none of these.
    const isCut = size > 0 && last.toString() !== "\n";
    await file.appendFile(`${isCut ? "\n" : ""}${lines.join("\n")}\n`);
    await file.sync();
  } finally {
    await file.close();
  }
}

/**
 * The lines of a file that hold something, with their numbers. They end where JSON lines do: what else ends a line of
 * text may stand in one.
 */
export async function* readLines(path: string): AsyncGenerator<{ number: number; line: string }> {
  let number = 0;
  let rest = "";
  for await (const chunk of createReadStream(path, "utf8")) {
    const lines = `${rest}${chunk}`.split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      number += 1;
      if (line !== "") yield { number, line };
    }
  }
  if (rest !== "") yield { number: number + 1, line: rest };
}
