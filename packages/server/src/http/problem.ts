import { AppError, type ErrorCode, type ErrorReply, errorTable } from "@tessera/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { z } from "zod";
import { kindOfWork } from "./kind-of-work.ts";
import type { SetReplyHeaders } from "./reply-headers.ts";

/** Fastify's own refusals (https://fastify.dev/docs/latest/Reference/Errors/) and their rows in the error table. */
const frameworkErrors: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: "payload_too_large",
  FST_ERR_CTP_INVALID_MEDIA_TYPE: "unsupported_media_type",
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: "invalid_header",
  FST_ERR_CTP_EMPTY_JSON_BODY: "invalid_body",
  FST_ERR_CTP_INVALID_JSON_BODY: "invalid_body",
  FST_ERR_BAD_URL: "invalid_path",
  FST_ERR_MAX_PARAM_LENGTH: "invalid_path",
};

/** What the error says of the database, in the words of the store; `other` where it says nothing. */
export type ReadDatabaseFailure = (error: unknown) => {
  readonly kind: string;
  readonly message?: string;
};

/** What is wrong with a request that no route takes, where it is not the path. */
export type FindRefusal = (
  request: Pick<FastifyRequest, "method" | "url">,
  reply: FastifyReply,
) => AppError | undefined;

/** Makes every failure a row of the error table; what has none is logged and told to nobody. */
export function answerProblems(
  app: FastifyInstance,
  readFailure: ReadDatabaseFailure,
  findRefusal: FindRefusal = () => undefined,
): void {
  app.setErrorHandler((error, request, reply) =>
    sendProblem(toAppError(error, request, readFailure), request, reply),
  );
  // The path is not repeated: somebody may have put a token into it.
  app.setNotFoundHandler((request, reply) =>
    sendProblem(findRefusal(request, reply) ?? new AppError("unknown_route"), request, reply),
  );
}

/** For `frameworkErrors` of Fastify's options: failures before any route was found, for which no hook runs. */
export function createFrameworkErrorHandler(setHeaders: SetReplyHeaders) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): void => {
    const problem = toAppError(error, request, () => ({ kind: "other" }));
    reply.code(errorTable[problem.code].status);
    setHeaders(request, reply);
    sendProblem(problem, request, reply);
  };
}

function sendProblem(
  problem: AppError,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status } = errorTable[problem.code];
  const { retryAfterSeconds, ...details } = problem.details;
  if (status === 401) reply.header("www-authenticate", challenge(problem, request));
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  const body = problemText({ ...problem, message: problem.message, details }, request.id);
  return reply.code(status).type(problemType).send(body);
}

/** The content type of {@link problemText}. */
export const problemType = "application/json; charset=utf-8";

/** The body of the reply that tells a failure. `requestId`: as the log names the request. */
export function problemText(
  { code, message, details }: Pick<AppError, "code" | "message" | "details">,
  requestId: string,
): string {
  return JSON.stringify({ message, code, ...details, request_id: requestId } satisfies ErrorReply);
}

/** RFC 6750, section 3: the error only to a request that brought a credential. */
function challenge(problem: AppError, request: FastifyRequest): string {
  if (request.headers.authorization === undefined) return "Bearer";
  return `Bearer error="invalid_token", error_description="${problem.message.replaceAll(/[^ -~]|["\\]/g, "")}"`;
}

function toAppError(
  error: unknown,
  request: FastifyRequest,
  readFailure: ReadDatabaseFailure,
): AppError {
  if (error instanceof AppError) return error;
  const { code, message, statusCode } = error as Readonly<Record<string, unknown>>;
  const known = typeof code === "string" ? frameworkErrors[code] : undefined;
  if (known === "payload_too_large") return tooLarge(request);
  if (known !== undefined) {
    return new AppError(known, known === "invalid_body" ? String(message) : undefined);
  }
  // What the client did, as a body that ends too early: the line of the request tells it.
  if (typeof statusCode === "number" && statusCode >= 400 && statusCode < 500) {
    return new AppError("malformed_request");
  }
  const failure = readFailure(error);
  const endpoint = request.routeOptions.config.endpoint;
  if (failure.kind === "busy") {
    return new AppError("busy", failure.message, { retryAfterSeconds: 1 });
  }
  if (failure.kind === "too_slow" && endpoint !== undefined && kindOfWork(endpoint) === "list") {
    return tooSlow(request.query as Readonly<Record<string, string>>);
  }
  if (failure.kind === "storage_full") {
    request.log.error({ err: error }, "The storage is full");
    return storageFull();
  }
  if (failure.kind === "unavailable" || failure.kind === "too_slow") {
    request.log.error({ reqId: request.id, err: error }, "The database does not answer");
    return new AppError("unavailable", undefined, { retryAfterSeconds: 1 });
  }
  request.log.error({ reqId: request.id, err: error }, "A request failed");
  return new AppError("internal");
}

/** For changes, and for whoever asks whether the server can make them. */
export function storageFull(): AppError {
  return new AppError("storage_full", undefined, { retryAfterSeconds: 10 });
}

/** What of a list's query does not make it longer to find. */
const pageMembers = new Set(["offset", "limit", "order", "dir", "only_total"]);

function tooSlow(query: Readonly<Record<string, string>>): AppError {
  const filters = Object.keys(query).filter((name) => query[name] !== "" && !pageMembers.has(name));
  const used = filters.length === 0 ? "" : ` with ${filters.slice(0, 20).join(", ")}`;
  const message = `The search${used} took too long; ask for less, or by id or tags`;
  return new AppError("search_too_slow", message, { retryAfterSeconds: 1 });
}

function tooLarge({ routeOptions }: FastifyRequest): AppError {
  const kibibytes = Math.floor((routeOptions.bodyLimit ?? 0) / 1024);
  return new AppError("payload_too_large", `The body must be at most ${kibibytes} KiB`);
}

/** The first thing that a schema found wrong, with the field's name in front. */
export function toProblem(
  code: "invalid_body" | "invalid_query" | "invalid_path",
  error: z.ZodError,
): AppError {
  const issue = deepestIssue(error.issues[0]);
  const field = issue?.path.join(".") ?? "";
  const subject = field === "" ? (code === "invalid_body" ? "the body" : "the query") : field;
  const message = (issue?.message ?? "is not valid").replace(/^Invalid input: /, "");
  return new AppError(code, `${subject}: ${message}`, field === "" ? {} : { field });
}

type Issue = z.core.$ZodIssue;

/** Of a union the branch that came furthest tells the most. */
function deepestIssue(issue: Issue | undefined): Issue | undefined {
  if (issue?.code !== "invalid_union") return issue;
  const nested = issue.errors.flat().toSorted((a, b) => b.path.length - a.path.length)[0];
  return nested === undefined ? issue : { ...nested, path: [...issue.path, ...nested.path] };
}
