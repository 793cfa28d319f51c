import { TesseraError } from "@tessera/sdk";

const mebibyte = 1024 * 1024;
/** The longest answer there is, a thousand objects with all that they may hold, is a good deal shorter. */
const longestMebibytes = 256;

/** A fetch that gives up where no whole answer came after so long, and where one never ends. */
export function fetchWithin(
  seconds: number,
  { maximumMebibytes = longestMebibytes }: { readonly maximumMebibytes?: number } = {},
): typeof fetch {
  return async (input, init) => {
    const signal = AbortSignal.timeout(seconds * 1000);
    const response = await fetch(input, { ...init, signal });
    const { body, status, statusText, headers } = response;
    if (body === null) return response;
    return new Response(body.pipeThrough(atMost(maximumMebibytes)), {
      status,
      statusText,
      headers,
    });
  };
}

function atMost(
  mebibytes: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = mebibytes * mebibyte;
  return new TransformStream({
    transform: (chunk, controller) => {
      left -= chunk.byteLength;
      if (left >= 0) {
        controller.enqueue(chunk);
        return;
      }
      const message = `The answer is longer than ${mebibytes} MiB; is this a Tessera server?`;
      controller.error(new TesseraError("unexpected_reply", message));
    },
  });
}
