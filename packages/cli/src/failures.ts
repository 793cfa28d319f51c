import { revealHidden, scopeText, TesseraError } from "@tessera/sdk";
import { UsageError } from "./usage-error.ts";

/** A call that failed; its cause is what the SDK threw. */
export class CallError extends Error {
  readonly address: string;
  /** Whether the environment's token was sent, rather than the session's. */
  readonly sentOwnToken: boolean;

  constructor(address: string, sentOwnToken: boolean, cause: unknown) {
    super("the call failed", { cause });
    this.address = address;
    this.sentOwnToken = sentOwnToken;
  }
}

/** Nobody is signed in, or the session is over. */
export class NotSignedInError extends Error {}

/** A failure in words for a person, and what would help; what others wrote into it acts on nothing. */
export function explainFailure(error: unknown): string {
  const { address, sentOwnToken, failure } =
    error instanceof CallError
      ? { ...error, address: error.address, failure: error.cause }
      : { address: undefined, sentOwnToken: false, failure: error };
  if (!(failure instanceof TesseraError)) return revealHidden((failure as Error).message);
  if (failure.code === "unreachable") {
    return `${server(address)} cannot be reached: ${revealHidden(reasonOf(failure))}`;
  }
  if (failure.code === "unexpected_reply" && address !== undefined) {
    return `${revealHidden(failure.message)} (asked: ${revealHidden(address)})`;
  }
  const wait = failure.retryAfterSeconds;
  const message = revealHidden(failure.message);
  return [
    `${message} (${failure.code})${wait === undefined ? "" : `; again in ${wait} s`}`,
    ...hints(failure, address, sentOwnToken),
  ].join("\n  ");
}

const server = (address: string | undefined) =>
  address === undefined ? "The server" : `The server at ${revealHidden(address)}`;

function hints(
  { status, code, missingScope }: TesseraError,
  address: string | undefined,
  sentOwnToken: boolean,
): readonly string[] {
  if (missingScope !== undefined) {
    const text = scopeText({
      entityType: missingScope.entity_type,
      operation: missingScope.operation,
      entityId: missingScope.entity_id,
    });
    const options = `--domainId ${pasteable(missingScope.domain_id)} --scope ${pasteable(text)}`;
    return [`add it: tessera tokens.add_scopes --tokenId <id> ${options}`];
  }
  if (code === "password_confirmation_required") {
    return ["give it: tessera sessions.confirm --password -"];
  }
  const needsSession = code === "session_required";
  if (status !== 401 && !needsSession) return [];
  if (code === "wrong_credentials" || address === undefined) return [];
  const signIn = `tessera login --url ${revealHidden(address)}`;
  return [sentOwnToken ? `unset TESSERA_TOKEN, or sign in: ${signIn}` : `sign in: ${signIn}`];
}

/** A word of a command to paste: what a server wrote into it is nothing else for the shell. */
function pasteable(text: unknown): string {
  const shown = revealHidden(String(text));
  return /^[\w.:*-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", String.raw`'\''`)}'`;
}

/** Why nothing came of a connection, in words, and as the system says it. */
function reasonOf(failure: TesseraError): string {
  const causes = causesOf(failure);
  const last = causes.at(-1);
  if (last?.name === "TimeoutError") return "no answer came in time";
  const code = causes.map((cause) => cause.code).find((code) => typeof code === "string") ?? "";
  const words = Object.entries(reasons).find(([, codes]) => codes.test(code))?.[0];
  const said = last?.message || code || failure.message;
  return words === undefined ? said : `${words} (${said})`;
}

const reasons: Readonly<Record<string, RegExp>> = {
  "the connection was refused": /^ECONNREFUSED$/,
  "there is no such name": /^ENOTFOUND$/,
  "the name could not be looked up": /^EAI_/,
  "no answer came in time": /TIMEOUT|^ETIMEDOUT$/,
  "there is no way to it": /^E(HOST|NET)UNREACH$/,
  "the connection was cut": /^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/,
  "its certificate is not trusted; NODE_EXTRA_CA_CERTS=<file> trusts one more authority":
    /CERT|UNABLE_TO_VERIFY/,
  "it does not speak TLS; is it http://?": /^(EPROTO|ERR_SSL_)/,
  "it does not speak HTTP; is it https://?": /^HPE_/,
};

interface Cause extends Error {
  readonly code?: unknown;
}

/** An error and what caused it, down to the first cause; of several at once the first. */
function causesOf(error: Error): readonly Cause[] {
  const causes: Cause[] = [];
  let next: unknown = error.cause;
  while (next instanceof Error && causes.length < 10) {
    causes.push(next);
    next = next.cause ?? (next instanceof AggregateError ? next.errors[0] : undefined);
  }
  return causes;
}

/** The message of the program that reads the command line, in one line. */
export function usageError(message: string): UsageError {
  return new UsageError(message.replace(/^error: /, "").replaceAll(/\s*\n\s*/g, " "));
}
