import type { Endpoint } from "@tessera/contract";
import { noRetries, type RetryOptions, retriesOfPrograms, sendWithRetries } from "./retries.ts";
import { type Credentials, createSession } from "./session.ts";
import { readFailure, TesseraError } from "./tessera-error.ts";
import { createTokenWatch, type TokenWatch } from "./token-watch.ts";

export interface TransportOptions {
  /** Where the server is; empty: where the page came from. */
  readonly baseUrl: string;
  /** Absent: anonymous. */
  readonly credentials?: Credentials;
  /**
   * Hears of every call that needs the password to be given again. Resolves to whether it was, with
   * `sessions.confirm`: then the call is sent once more.
   */
  readonly confirmPassword?: () => Promise<boolean>;
  /**
   * What is sent again when the server says when: every call after a 429, and after a 503 what does no harm if it was
   * done already. When absent up to three times after at most 30 seconds each, with cookies never.
   */
  readonly retries?: RetryOptions;
  /**
   * Is told, once for each client, that its token ends within seven days or has been replaced. `console.warn` when
   * absent.
   */
  readonly warn?: (message: string) => void;
  /** In MiB; what is longer is no answer of a Tessera server, and is read no further. 256 when absent. */
  readonly longestReply?: number;
  /** The platform's own when absent. */
  readonly fetch?: typeof fetch;
}

export interface CallOptions {
  readonly signal?: AbortSignal;
}

/** Path parameters by their names, beside `query` and `body`. */
export interface CallInput {
  readonly [pathParameter: string]: unknown;
  readonly query?: unknown;
  readonly body?: unknown;
}

export type Send = (endpoint: Endpoint, input: CallInput, options: CallOptions) => Promise<unknown>;

/** Makes the function that sends requests; its failures are {@link TesseraError}s. */
export function createTransport(options: TransportOptions): Send {
  const { credentials, confirmPassword } = options;
  const retries =
    options.retries ?? (credentials?.kind === "cookies" ? noRetries : retriesOfPrograms);
  const watchToken = createTokenWatch(options.warn);
  const session = createSession(credentials, (endpoint, bearer) =>
    sendAgain(endpoint, {}, {}, bearer),
  );

  return async function send(endpoint, input, callOptions) {
    try {
      return await sendWithSession(endpoint, input, callOptions);
    } catch (error) {
      if (!needsPassword(error) || (await confirmPassword?.()) !== true) throw error;
    }
    return await sendWithSession(endpoint, input, callOptions);
  };

  async function sendWithSession(
    endpoint: Endpoint,
    input: CallInput,
    callOptions: CallOptions,
  ): Promise<unknown> {
    const used = session.bearer();
    try {
      return await sendAgain(endpoint, input, callOptions, used);
    } catch (error) {
      if (!session.mayHeal(endpoint, error)) throw error;
      await session.renew(used, error);
    }
    return await sendAgain(endpoint, input, callOptions, session.bearer());
  }

  function sendAgain(
    endpoint: Endpoint,
    input: CallInput,
    callOptions: CallOptions,
    bearer: string | undefined,
  ): Promise<unknown> {
    return sendWithRetries(endpoint, retries, callOptions.signal, () =>
      request({ ...options, watchToken }, endpoint, input, callOptions, bearer),
    );
  }
}

function needsPassword(error: unknown): boolean {
  return error instanceof TesseraError && error.code === "password_confirmation_required";
}

async function request(
  {
    baseUrl,
    credentials,
    fetch: send = fetch,
    longestReply = longestReplyMebibytes,
    watchToken,
  }: TransportOptions & { readonly watchToken: TokenWatch },
  endpoint: Endpoint,
  input: CallInput,
  { signal }: CallOptions,
  bearer: string | undefined,
): Promise<unknown> {
  const url = baseUrl.replace(/\/+$/, "") + fillPath(endpoint.path, input) + queryText(input.query);
  const headers = new Headers({ accept: "application/json" });
  if (bearer !== undefined) headers.set("authorization", `Bearer ${bearer}`);
  // Other sites' pages cannot send a header of their own, which is the server's proof against them.
  if (credentials?.kind === "cookies") headers.set("x-tessera-csrf", "1");
  if (input.body !== undefined) headers.set("content-type", "application/json");

  const { response, text } = await exchange(send, longestReply, url, {
    method: endpoint.method,
    headers,
    credentials: credentials?.kind === "cookies" ? "same-origin" : "omit",
    // A body may hold a password or a token: it goes to the server that was named, and to no other.
    redirect: "manual",
    ...(input.body === undefined ? {} : { body: jsonText(input.body) }),
    ...(signal === undefined ? {} : { signal }),
  });
  const { status, type, headers: answered } = response;
  if (type === "opaqueredirect" || (status >= 300 && status < 400)) {
    const place = answered.get("location") ?? "another address";
    const message = `The server sends to ${place}, where nothing was sent; name that address if it is right`;
    throw new TesseraError("unexpected_reply", message, { status });
  }
  watchToken(response.headers);
  if (!response.ok) throw readFailure(response, text);
  if (endpoint.reply === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new TesseraError(
      "unexpected_reply",
      "The answer is not JSON; is this a Tessera server?",
      {
        status: response.status,
        cause,
      },
    );
  }
}

async function exchange(send: typeof fetch, mebibytes: number, url: string, init: RequestInit) {
  try {
    const response = await send(url, init);
    return { response, text: await textOf(response, mebibytes) };
  } catch (cause) {
    if (init.signal?.aborted === true || cause instanceof TesseraError) throw cause;
    throw new TesseraError("unreachable", "The server cannot be reached", { cause });
  }
}

/** The longest there is, a thousand objects with all that they may hold, is a good deal shorter. */
const longestReplyMebibytes = 256;

async function textOf(response: Response, mebibytes: number): Promise<string> {
  const { body } = response;
  if (!(body instanceof ReadableStream)) return await response.text();
  return await new Response(body.pipeThrough(atMost(mebibytes))).text();
}

function atMost(
  mebibytes: number,
): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  let left = mebibytes * 1024 * 1024;
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

function fillPath(path: string, input: CallInput): string {
  return path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = input[name];
    if (typeof value !== "string" || value === "") throw new TypeError(`${name} is missing`);
    // Whatever sends it takes these for the path itself and the one above: of one object all would be asked for.
    if (value === "." || value === "..")
      throw new TypeError(`${name} must be an id, not "${value}"`);
    return encodeURIComponent(value);
  });
}

function queryText(query: unknown): string {
  const text = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined && value !== null) text.set(name, queryValue(value));
  }
  return text.size === 0 ? "" : `?${text}`;
}

function queryValue(value: unknown): string {
  if (Array.isArray(value)) return value.join(",");
  return typeof value === "object" ? jsonText(value) : String(value);
}

/** Throws `TypeError` for NaN and infinities, of which JSON.stringify makes null in silence. */
function jsonText(value: unknown): string {
  return JSON.stringify(value, (name, member: unknown) => {
    if (typeof member !== "number" || Number.isFinite(member)) return member;
    throw new TypeError(`${name === "" ? "the value" : name}: JSON has no number ${member}`);
  });
}
