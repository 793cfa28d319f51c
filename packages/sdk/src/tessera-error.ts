import { type ErrorCode, errorReply, type ScopeWire } from "@tessera/contract";

/**
 * The server's error codes, and what only a client can meet: `unreachable`, no answer came;
 * `unexpected_reply`, what answered does not speak this protocol.
 */
export type FailureCode = ErrorCode | "unreachable" | "unexpected_reply";

/** Every failure of a call but an abort, which keeps the name `AbortError`. */
export class TesseraError extends Error {
  /** The HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: FailureCode;
  /** The member of the body, query or path that is wrong, e.g. `scopes.0.operation`. */
  readonly field: string | undefined;
  /** The smallest scope that would have helped. */
  readonly missingScope: ScopeWire | undefined;
  /** What the server's log calls this request. */
  readonly requestId: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(
    code: FailureCode,
    message: string,
    details: {
      readonly status?: number;
      readonly field?: string | undefined;
      readonly missingScope?: ScopeWire | undefined;
      readonly requestId?: string | undefined;
      readonly retryAfterSeconds?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
    this.name = "TesseraError";
    this.code = code;
    this.status = details.status ?? 0;
    this.field = details.field;
    this.missingScope = details.missingScope;
    this.requestId = details.requestId;
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

/** Reads the reply of a failed request; `text` is its body. */
export function readFailure(response: Response, text: string): TesseraError {
  const { status } = response;
  const retryAfterSeconds = readSeconds(response.headers.get("retry-after"));
  const reply = errorReply.safeParse(readJson(text));
  if (!reply.success) {
    return new TesseraError("unexpected_reply", `The server answered with status ${status}`, {
      status,
      retryAfterSeconds,
    });
  }
  const { code, message, field, missing_scope, request_id } = reply.data;
  return new TesseraError(code, message, {
    status,
    field,
    missingScope: missing_scope,
    requestId: request_id,
    retryAfterSeconds,
  });
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The header's other form, a date, is not sent by this server. */
function readSeconds(header: string | null): number | undefined {
  return header !== null && /^\d+$/.test(header) ? Number(header) : undefined;
}
