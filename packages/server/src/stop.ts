import type { Server, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { FastifyInstance } from "fastify";
import type { Logger } from "pino";
import type { Database } from "./store/database.ts";

/** How long a database that does not answer can hold up the end of the process. */
const databaseTimeoutMilliseconds = 5000;

/** Knows which requests are being answered. */
export interface OpenReplies {
  /** Resolves when all that are being answered now have been answered or given up. */
  whenEnded(): Promise<void>;
}

/** To be called before the server listens. */
export function watchReplies(server: Server): OpenReplies {
  const open = new Set<ServerResponse>();
  server.on("request", (_request, reply) => {
    open.add(reply);
    reply.once("close", () => open.delete(reply));
  });
  return {
    whenEnded: async () => {
      await Promise.all(
        [...open].map((reply) => new Promise<void>((resolve) => reply.once("close", resolve))),
      );
    },
  };
}

export interface Stopping {
  readonly app: FastifyInstance;
  readonly replies: OpenReplies;
  readonly database: Database;
  /** How long requests that are being answered may take to end. */
  readonly graceMilliseconds: number;
  readonly log: Pick<Logger, "warn">;
}

/**
 * Ends the server: requests in flight are answered while it still listens, so that who asks whether it is ready hears
 * that it is not. What is not answered within the grace is cut. Then the use of tokens is written down.
 */
export async function stop(stopping: Stopping): Promise<void> {
  const { app, replies, database, graceMilliseconds, log } = stopping;
  const graceEnd = delay(graceMilliseconds, undefined, { ref: false });
  await Promise.race([replies.whenEnded(), graceEnd]);
  const closing = app.close();
  await Promise.race([closing, graceEnd]);
  app.server.closeAllConnections();
  const isClosed = await Promise.race([
    closing.then(() => database.close()).then(() => true),
    delay(databaseTimeoutMilliseconds, false),
  ]);
  if (!isClosed) log.warn("The database does not answer: the last uses of tokens are not kept");
}
