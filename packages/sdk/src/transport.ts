import { type Endpoint, isOpen } from "@tessera/contract";
import { readFailure, TesseraError } from "./tessera-error.ts";

/**
 * How a client proves who it is.
 * - `bearer`: a session's access token or a personal access token.
 * - `cookies`: the browser's own session, renewed silently when it has run out.
 */
export type Credentials =
  | { readonly kind: "bearer"; readonly token: string }
  | {
      readonly kind: "cookies";
      /**
       * Runs one renewal at a time over all tabs of a browser. Without it two tabs could send the
       * same refresh token, which the server must take for a theft.
       */
      readonly takeTurns?: (renew: () => Promise<void>) => Promise<void>;
    };

export interface TransportOptions {
  /** Where the server is, without a trailing slash; empty: where the page came from. */
  readonly baseUrl: string;
  /** Absent: anonymous. */
  readonly credentials?: Credentials;
  /**
   * Hears of every call that needs the password to be given again. Resolves to whether it was, with
   * `sessions.confirm`: then the call is sent once more.
   */
  readonly confirmPassword?: () => Promise<boolean>;
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

const renewal: Endpoint = {
  id: "web_session.refresh",
  method: "POST",
  path: "/session/refresh",
  summary: "Renew the browser's session from its refresh cookie",
  access: { kind: "anyone" },
  status: 204,
};

/** Makes the function that sends requests; its failures are {@link TesseraError}s. */
export function createTransport(options: TransportOptions): Send {
  const { credentials, confirmPassword } = options;
  let runningRenewal: Promise<void> | undefined;

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
    try {
      return await request(options, endpoint, input, callOptions);
    } catch (error) {
      if (credentials?.kind !== "cookies" || !mayBeHealed(endpoint, error)) throw error;
      await renewOrThrow(error);
    }
    return await request(options, endpoint, input, callOptions);
  }

  /** A session that cannot be renewed is over: the first failure is the one to tell. */
  async function renewOrThrow(firstFailure: unknown): Promise<void> {
    runningRenewal ??= renewInTurn().finally(() => {
      runningRenewal = undefined;
    });
    try {
      await runningRenewal;
    } catch (error) {
      throw error instanceof TesseraError && error.status === 401 ? firstFailure : error;
    }
  }

  async function renewInTurn(): Promise<void> {
    const renew = async () => {
      await request(options, renewal, {}, {});
    };
    const takeTurns = credentials?.kind === "cookies" ? credentials.takeTurns : undefined;
    await (takeTurns === undefined ? renew() : takeTurns(renew));
  }
}

function needsPassword(error: unknown): boolean {
  return error instanceof TesseraError && error.code === "password_confirmation_required";
}

/** Trying again after a wrong password would count as a second wrong password. */
function mayBeHealed(endpoint: Endpoint, error: unknown): boolean {
  return (
    error instanceof TesseraError &&
    error.status === 401 &&
    error.code !== "wrong_credentials" &&
    !isOpen(endpoint.access)
  );
}

async function request(
  { baseUrl, credentials, fetch: send = fetch }: TransportOptions,
  endpoint: Endpoint,
  input: CallInput,
  { signal }: CallOptions,
): Promise<unknown> {
  const url = baseUrl + fillPath(endpoint.path, input) + queryText(input.query);
  const headers = new Headers({ accept: "application/json" });
  if (credentials?.kind === "bearer") headers.set("authorization", `Bearer ${credentials.token}`);
  // Other sites' pages cannot send a header of their own, which is the server's proof against them.
  if (credentials?.kind === "cookies") headers.set("x-tessera-csrf", "1");
  if (input.body !== undefined) headers.set("content-type", "application/json");

  const { response, text } = await exchange(send, url, {
    method: endpoint.method,
    headers,
    credentials: credentials?.kind === "cookies" ? "same-origin" : "omit",
    ...(input.body === undefined ? {} : { body: JSON.stringify(input.body) }),
    ...(signal === undefined ? {} : { signal }),
  });
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

async function exchange(send: typeof fetch, url: string, init: RequestInit) {
  try {
    const response = await send(url, init);
    return { response, text: await response.text() };
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause;
    throw new TesseraError("unreachable", "The server cannot be reached", { cause });
  }
}

function fillPath(path: string, input: CallInput): string {
  return path.replace(/:([A-Za-z]+)/g, (_, name: string) => {
    const value = input[name];
    if (typeof value !== "string" || value === "") throw new TypeError(`${name} is missing`);
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
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
