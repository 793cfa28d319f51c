import { readFile } from "node:fs/promises";
import type { TextSource } from "./text-source.ts";
import { decode } from "./text-source.ts";
import { UsageError } from "./usage-error.ts";

/** A value as it was given, and as it is meant. */
export interface GivenText {
  readonly text: string;
  /** Whether it stood on the command line, which every user of the machine can see. */
  readonly isVisible: boolean;
}

/**
 * `@file` is what is in the file, `-` what is on standard input (of a secret its next line), `@@text` is `@text`; all
 * else is itself. The line break at the end of a file does not belong to its value.
 */
export async function readGiven(
  given: string,
  input: TextSource,
  isSecret = false,
): Promise<GivenText> {
  if (given === "-" || given === "@-") {
    const text = isSecret ? await input.line() : await input.rest();
    if (text === undefined) throw new UsageError("there is nothing on standard input");
    return { text: withoutLastBreak(text), isVisible: false };
  }
  if (given.startsWith("@@")) return { text: given.slice(1), isVisible: true };
  if (!given.startsWith("@")) return { text: given, isVisible: true };
  return { text: withoutLastBreak(await readTextFile(given.slice(1))), isVisible: false };
}

async function readTextFile(path: string): Promise<string> {
  try {
    return decode(await readFile(path));
  } catch (error) {
    const reason = error instanceof UsageError ? error.message : (error as { code?: string }).code;
    throw new UsageError(
      `the file "${path}" cannot be read (${reason}); a text that begins with @ is written @@${path}`,
    );
  }
}

function withoutLastBreak(text: string): string {
  return text.replace(/\r?\n$/, "");
}
