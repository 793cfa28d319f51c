import { Buffer } from "node:buffer";
import type { Readable } from "node:stream";
import { UsageError } from "./usage-error.ts";

/** Text that is read bit by bit; what is not UTF-8 is refused, because reading it would change it. */
export interface TextSource {
  /** The next line without its end; `undefined` where nothing is left. */
  line(): Promise<string | undefined>;
  /** All that is left, which can be asked for once. */
  rest(): Promise<string>;
}

const lineFeed = 10;

/** Reads no more of the stream than is asked for. */
export function createTextSource(stream: Readable): TextSource {
  let chunks: AsyncIterator<Buffer> | undefined;
  let buffered = Buffer.alloc(0);
  let isOver = false;
  let isUsedUp = false;

  async function readMore(): Promise<void> {
    chunks ??= stream[Symbol.asyncIterator]();
    const next = await chunks.next();
    if (next.done === true) isOver = true;
    else buffered = Buffer.concat([buffered, next.value]);
  }

  return {
    async line() {
      while (!isOver && !buffered.includes(lineFeed)) await readMore();
      if (buffered.length === 0) return undefined;
      const end = buffered.indexOf(lineFeed);
      const line = end === -1 ? buffered : buffered.subarray(0, end);
      buffered = end === -1 ? Buffer.alloc(0) : buffered.subarray(end + 1);
      return decode(line).replace(/\r$/, "");
    },
    async rest() {
      if (isUsedUp) throw new UsageError("standard input can be read only once: give - once");
      isUsedUp = true;
      while (!isOver) await readMore();
      return decode(buffered);
    },
  };
}

/** Throws a {@link UsageError} for what is not UTF-8. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new UsageError("what was read is not text in UTF-8");
  }
}
