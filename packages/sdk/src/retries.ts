import type { Endpoint } from "@tessera/contract";
import { TesseraError } from "./tessera-error.ts";

/** When a call that the server had no room for is sent again. */
export interface RetryOptions {
  /** How often at most; 0: never. */
  readonly times: number;
  /** Where the server asks for a longer wait, the call fails at once. */
  readonly longestWaitSeconds: number;
  /** The platform's own timer when absent. Rejects when the signal aborts. */
  readonly wait?: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
}

/** For programs. Whoever looks at a page is told to wait, and decides. */
export const retriesOfPrograms: RetryOptions = { times: 3, longestWaitSeconds: 30 };
export const noRetries: RetryOptions = { times: 0, longestWaitSeconds: 0 };

/** Sends, and sends again what the server says when to send again, as often as may be. */
export async function sendWithRetries<T>(
  endpoint: Endpoint,
  { times, longestWaitSeconds, wait = waitFor }: RetryOptions,
  signal: AbortSignal | undefined,
  send: () => Promise<T>,
): Promise<T> {
  for (let left = times; left > 0; left -= 1) {
    try {
      return await send();
    } catch (error) {
      const seconds = secondsToWait(endpoint, error);
      if (seconds === undefined || seconds > longestWaitSeconds) throw error;
      await wait(seconds * 1000, signal);
    }
  }
  return send();
}

function secondsToWait(endpoint: Endpoint, error: unknown): number | undefined {
  if (!(error instanceof TesseraError)) return undefined;
  const { status, code, retryAfterSeconds } = error;
  if (status === 429) return retryAfterSeconds;
  // A search that took too long takes as long the next time.
  if (status !== 503 || code === "search_too_slow") return undefined;
  return isRepeatable(endpoint) ? retryAfterSeconds : undefined;
}

/**
 * Whether it does no harm if the server did it already, which after a 503 nobody knows (after a 429 it did not): what
 * changes nothing, and PUT, which sets the same once more. Not DELETE, though it is idempotent too: the second answer
 * would be that there is no such thing.
 */
function isRepeatable({ method, access }: Endpoint): boolean {
  return method === "GET" || method === "PUT" || access.kind === "bearer";
}

function waitFor(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    if (signal?.aborted === true) stop();
    else signal?.addEventListener("abort", stop, { once: true });
  });
}
