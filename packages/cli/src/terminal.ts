import { createInterface } from "node:readline";
import { type Readable, Writable } from "node:stream";
import type { ReadStream } from "node:tty";
import { revealHidden } from "@tessera/sdk";
import { createTextSource, type TextSource } from "./text-source.ts";
import { UsageError } from "./usage-error.ts";

/** Who is typing, and what stands on standard input where nobody is. */
export interface Terminal {
  /** Whether somebody can be asked. */
  readonly isInteractive: boolean;
  ask(question: string): Promise<string>;
  /** Likewise, with nothing of the answer to be seen. */
  askSecret(question: string): Promise<string>;
  readonly input: TextSource;
  /** Tells the person something, apart from the output. */
  tell(message: string): void;
}

/** Somebody ended it with Ctrl-C. */
export class InterruptedError extends Error {}

export function createTerminal(input: ReadStream, messages: Writable): Terminal {
  return {
    isInteractive: input.isTTY,
    ask: (question) => ask(question, input, messages, messages),
    askSecret: (question) => ask(question, input, messages, nowhere()),
    input: createTextSource(input),
    tell: (message) => {
      messages.write(`tessera: ${revealHidden(message)}\n`);
    },
  };
}

/** `echo` is where what is typed shows. */
async function ask(
  question: string,
  input: Readable,
  messages: Writable,
  echo: Writable,
): Promise<string> {
  // Before the question is seen, so that not even a quick answer is echoed by the terminal itself.
  const lines = createInterface({ input, output: echo, terminal: true, historySize: 0 });
  if (echo !== messages) messages.write(question);
  lines.setPrompt(question);
  lines.prompt();
  try {
    return await new Promise((resolve, reject) => {
      lines.once("line", resolve);
      lines.once("SIGINT", () => reject(new InterruptedError("interrupted")));
      lines.once("close", () => reject(new UsageError("nothing was typed")));
    });
  } finally {
    lines.close();
    if (echo !== messages) messages.write("\n");
  }
}

function nowhere(): Writable {
  return new Writable({ write: (_chunk, _encoding, done) => done() });
}
