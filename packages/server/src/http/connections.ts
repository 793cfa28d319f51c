import { createServer, type IncomingMessage, type RequestListener, STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { AppError, type ErrorCode, errorTable } from "@tessera/contract";
import type { FastifyHttpOptions, FastifyInstance } from "fastify";
import type { Logger } from "pino";
import { type ConnectionLimits, createAdmitConnection } from "./connection-limits.ts";
import { latestReply, oneByOne, replyBefore } from "./pipelining.ts";
import { problemText, problemType } from "./problem.ts";
import { limitUnreadReplies } from "./unread-replies.ts";

/** How often Node looks for requests that take too long. */
const checkIntervalMilliseconds = 1000;

/** How often it is told that connections are refused. */
const warnEveryMilliseconds = 60_000;

const noTunnels = "CONNECT is for proxies, and this server is none";

export interface ConnectionDeps {
  /** How long the head of a request may take. */
  readonly headTimeoutMilliseconds: number;
  /** How long all of a request may take to arrive. */
  readonly requestTimeoutMilliseconds: number;
  /** How long a reply may make no progress because its client reads nothing. */
  readonly replyTimeoutMilliseconds: number;
  readonly limits: ConnectionLimits;
  readonly clock: () => number;
  /** Of a reply to what is no request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly newId: () => string;
  /** Stands before all that reads requests. */
  readonly before: (answer: RequestListener) => RequestListener;
  readonly log: Pick<Logger, "warn" | "info" | "debug">;
}

type Options = Pick<
  FastifyHttpOptions<FastifyInstance["server"]>,
  "return503OnClosing" | "clientErrorHandler" | "serverFactory"
>;

export interface Connections {
  /** For Fastify's options: limits on how slowly a request may come, and answers to bytes that are none. */
  readonly options: Options;
  /** To be called before routes are registered. */
  watch(app: FastifyInstance): void;
}

/** How long a connection stays open for a next request: longer than those of the proxies that stand in front. */
const keepAliveMilliseconds = 72_000;
/** The same while few more can be had. */
const scarceKeepAliveMilliseconds = 5_000;

export function createConnections(deps: ConnectionDeps): Connections {
  /** With the time for which each keeps connections usually. */
  const servers = new Map<FastifyInstance["server"], number>();
  const admit = createAdmitConnection(deps.limits, {
    isIdle,
    onNearlyFull: (isNearlyFull) => {
      for (const [server, usual] of servers) {
        server.keepAliveTimeout = isNearlyFull
          ? Math.min(usual, scarceKeepAliveMilliseconds)
          : usual;
      }
    },
    clock: deps.clock,
  });
  let warnedAt = Number.NEGATIVE_INFINITY;
  /** What is under way on them is answered, and nothing else. */
  const ending = new WeakSet<Socket>();

  return {
    options: {
      // What still comes on an open connection is answered; the connection ends then.
      return503OnClosing: false,
      clientErrorHandler: answerClientError,
      serverFactory: (answer) => {
        const server = createServer(
          {
            headersTimeout: Math.min(deps.headTimeoutMilliseconds, deps.requestTimeoutMilliseconds),
            requestTimeout: deps.requestTimeoutMilliseconds,
            keepAliveTimeout: keepAliveMilliseconds,
            connectionsCheckingInterval: checkIntervalMilliseconds,
            // Node would refuse in its own words: the hook below does.
            requireHostHeader: false,
          },
          oneByOne(deps.before(answer)),
        );
        return server.setTimeout(deps.replyTimeoutMilliseconds);
      },
    },
    watch: (app) => {
      limitUnreadReplies(app);
      servers.set(app.server, app.server.keepAliveTimeout);
      app.server.prependListener("connection", (socket) => {
        const limit = admit(socket);
        if (limit !== undefined) refuseConnection(socket, limit);
      });
      app.server.on("timeout", cutWhatStands);
      // Node would answer 417; an expectation may as well be ignored (RFC 9110, section 10.1.1).
      app.server.on("checkExpectation", (request, reply) =>
        app.server.emit("request", request, reply),
      );
      // Without a listener Node ends the connection in silence.
      app.server.on("connect", (_request, socket: Socket) => {
        socket.on("error", () => socket.destroy());
        refuse(new AppError("malformed_request", noTunnels), "CONNECT", socket);
      });
      app.addHook("onRequest", ({ raw }, _reply, done) => {
        const problem = findHostProblem(raw);
        if (problem === undefined) done();
        else done(new AppError("invalid_header", problem));
      });
    },
  };

  function refuseConnection(socket: Socket, limit: string): void {
    const { remoteAddress: address } = socket;
    socket.destroy();
    if (Math.abs(deps.clock() - warnedAt) < warnEveryMilliseconds) return;
    warnedAt = deps.clock();
    deps.log.warn({ limit, address }, "Too many connections are open; new ones are closed");
  }

  /** Nothing moved on the connection for its time: the reply's, or that which Node gives to one that is kept open. */
  function cutWhatStands(socket: Socket): void {
    const reply = latestReply(socket);
    const isUnread = socket.writableLength > 0;
    // The request has its own time to arrive, and its handler all the time that it takes.
    if (!isUnread && (reply === undefined || !reply.writableEnded)) return;
    const { remoteAddress: address } = socket;
    if (isUnread) deps.log.info({ address }, "A reply was cut that its client did not read");
    socket.destroy();
  }

  /** Answers bytes that are no request, or one that does not end; then the connection ends. */
  function answerClientError(error: Error & { code?: string }, socket: Socket): void {
    const problem = problemOf(error.code);
    if (problem !== undefined && socket.writable) return void refuse(problem, error.code, socket);
    const { remoteAddress: address } = socket;
    deps.log.debug({ reason: error.code, address }, "A client went away");
    socket.destroy();
  }

  function refuse(problem: AppError, reason: string | undefined, socket: Socket): void {
    if (ending.has(socket)) return;
    const latest = latestReply(socket);
    // The trouble is with a request that waits: what was asked before it still gets its answer.
    const reply = (latest?.req.complete === false && replyBefore(latest)) || latest;
    const isAnswering = reply !== undefined && !reply.writableEnded;
    if (isAnswering && reply.headersSent) return void socket.destroy();
    // The trouble is with the rest of a request that was refused before it had arrived: it has its answer.
    if (reply?.writableEnded === true && !reply.req.complete) return void socket.destroySoon();
    // The trouble is with the next request on the connection: this one still gets its answer.
    if (isAnswering && reply.req.complete) {
      ending.add(socket);
      return void reply.prependOnceListener("finish", () => socket.destroySoon());
    }
    const requestId = deps.newId();
    const { code } = problem;
    const { status } = errorTable[code];
    const { remoteAddress: address } = socket;
    const told = { reqId: requestId, status, code, reason, address };
    deps.log.info(told, "A request could not be read");
    socket.write(rawReply(status, problemText(problem, requestId)));
    socket.destroySoon();
  }

  function rawReply(status: number, body: string): string {
    const headers = {
      connection: "close",
      date: new Date().toUTCString(),
      ...deps.headers,
      "content-type": problemType,
      "content-length": String(Buffer.byteLength(body)),
    };
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${lines.join("")}\r\n${body}`;
  }
}

/** All that was asked is answered. One on which nothing was asked yet has its time for a head. */
function isIdle(socket: Socket): boolean {
  return latestReply(socket)?.writableFinished === true;
}

/** Whoever stands in front may go by the one Host and this server by the other (RFC 9112, section 3.2). */
function findHostProblem({
  httpVersion,
  headers,
  rawHeaders,
}: IncomingMessage): string | undefined {
  if (headers.host === undefined) {
    return httpVersion === "1.1" ? "The header Host is missing" : undefined;
  }
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index];
    if (name?.length === 4 && name.toLowerCase() === "host") count += 1;
  }
  return count > 1 ? "The header Host must be sent once" : undefined;
}

/** What to tell for an error of Node's parser; `undefined`: nobody is there to be told. */
function problemOf(code = ""): AppError | undefined {
  const known: Readonly<Record<string, ErrorCode>> = {
    ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
    HPE_HEADER_OVERFLOW: "headers_too_large",
    HPE_CHUNK_EXTENSIONS_OVERFLOW: "payload_too_large",
  };
  if (known[code] !== undefined) return new AppError(known[code]);
  return code.startsWith("HPE_") ? new AppError("malformed_request") : undefined;
}
