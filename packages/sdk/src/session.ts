import { type Endpoint, isCredentialText, isOpen, sessionEndpoints } from "@tessera/contract";
import { TesseraError } from "./tessera-error.ts";

/** What a session is kept by. */
export interface SessionTokens {
  readonly accessToken: string;
  /** Good for one renewal. */
  readonly refreshToken: string;
}

/**
 * How a client proves who it is.
 * - `bearer`: a personal access token, or a session's access token that nobody renews.
 * - `session`: a session that the client renews when it has run out. One client for each session: a refresh token that
 *   is sent twice must be taken for a theft.
 * - `cookies`: the browser's own session, likewise.
 */
export type Credentials =
  | { readonly kind: "bearer"; readonly token: string }
  | {
      readonly kind: "session";
      readonly tokens: SessionTokens;
      /** Is given each new pair before the call goes on: what was kept of the old one is of no use any more. */
      readonly onRenewed?: (tokens: SessionTokens) => void | Promise<void>;
    }
  | {
      readonly kind: "cookies";
      /**
       * Runs one renewal at a time over all tabs of a browser. Without it two tabs could send the
       * same refresh token, which the server must take for a theft.
       */
      readonly takeTurns?: (renew: () => Promise<void>) => Promise<void>;
    };

/** Sends a request without a body; `bearer` undefined: none. */
type SendBare = (endpoint: Endpoint, bearer: string | undefined) => Promise<unknown>;

export interface Session {
  /** What to send as the bearer now; `undefined`: nothing. */
  bearer(): string | undefined;
  /** Whether a call that failed so may go better with a renewed session. */
  mayHeal(endpoint: Endpoint, error: unknown): boolean;
  /**
   * Renews the session, once for all calls that fail meanwhile, unless it was since the bearer was `used`.
   * Throws the call's own failure where the session is over.
   */
  renew(used: string | undefined, failure: unknown): Promise<void>;
}

export function createSession(credentials: Credentials | undefined, send: SendBare): Session {
  let tokens = credentials?.kind === "session" ? credentials.tokens : undefined;
  let running: Promise<void> | undefined;
  const bearer = () => (credentials?.kind === "bearer" ? credentials.token : tokens?.accessToken);

  return {
    bearer,
    mayHeal: (endpoint, error) =>
      (credentials?.kind === "session" || credentials?.kind === "cookies") &&
      isUnauthenticated(error) &&
      // Trying again after a wrong password would count as a second wrong password.
      error.code !== "wrong_credentials" &&
      !isOpen(endpoint.access),
    renew: async (used, failure) => {
      if (tokens !== undefined && tokens.accessToken !== used) return;
      running ??= renewInTurn().finally(() => {
        running = undefined;
      });
      try {
        await running;
      } catch (error) {
        throw isUnauthenticated(error) ? failure : error;
      }
    },
  };

  async function renewInTurn(): Promise<void> {
    if (credentials?.kind === "session") return renewTokens(credentials.onRenewed);
    const renew = async () => {
      await send(endpointOf("web_session.refresh"), undefined);
    };
    const takeTurns = credentials?.kind === "cookies" ? credentials.takeTurns : undefined;
    await (takeTurns === undefined ? renew() : takeTurns(renew));
  }

  async function renewTokens(
    onRenewed: ((tokens: SessionTokens) => void | Promise<void>) | undefined,
  ): Promise<void> {
    const pair = await send(endpointOf("sessions.refresh"), tokens?.refreshToken);
    tokens = readPair(pair);
    await onRenewed?.(tokens);
  }
}

function isUnauthenticated(error: unknown): error is TesseraError {
  return error instanceof TesseraError && error.status === 401;
}

function endpointOf(id: (typeof sessionEndpoints)[number]["id"]): Endpoint {
  const endpoint = sessionEndpoints.find((row) => row.id === id);
  if (endpoint === undefined) throw new TypeError(`there is no endpoint ${id}`);
  return endpoint;
}

function readPair(reply: unknown): SessionTokens {
  const { access_token, refresh_token } = (reply ?? {}) as Readonly<Record<string, unknown>>;
  if (!isCredentialText(access_token) || !isCredentialText(refresh_token)) {
    throw new TesseraError("unexpected_reply", "The renewed session has no tokens");
  }
  return { accessToken: access_token, refreshToken: refresh_token };
}
