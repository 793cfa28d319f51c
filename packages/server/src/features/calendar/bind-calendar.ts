import { createHash, timingSafeEqual } from "node:crypto";
import { AppError, parseToken } from "@tessera/contract";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Deps } from "../../deps.ts";
import { createRateLimit, requireRate } from "../../http/rate-limit.ts";
import type { SlowRefusals } from "../../http/slow-refusals.ts";
import type { Row } from "../../store/schema.ts";
import { feedPrefix } from "./calendar-handlers.ts";
import { calendarText } from "./calendar-text.ts";
import { findFeed, listEnds, noteRead } from "./feed-store.ts";

type Feed = Row<"calendar_feeds">;

const hour = 3_600_000;
const minute = 60_000;
/** What has ended stays in the calendar for so long. */
const shownMilliseconds = 30 * 24 * hour;
/** Calendar programs ask every few minutes at most. */
const readsPerMinute = 30;

/**
 * Serves each feed to whoever has its address, which holds its secret and opens nothing else. Whoever guesses waits as
 * with other credentials.
 */
export function bindCalendar(app: FastifyInstance, deps: Deps, slowly: SlowRefusals): void {
  const { config, database, keys, clock } = deps;
  const reads = createRateLimit(
    { count: readsPerMinute, perMilliseconds: minute, burst: readsPerMinute },
    clock,
  );
  const identify = slowly((request) => requireFeed(textOf(request)));
  const find = async (request: FastifyRequest) => identify(request);
  const options = {
    config: { openBecause: "the address holds the secret of the feed", shows: "feed" },
  } as const;
  app.get("/calendar/:feed.ics", options, async (request, reply) => {
    const feed = await find(request).catch(toNotFound);
    requireRate(reads, feed.id);
    reads.count(feed.id);
    await note(feed, textOf(request));
    const text = await database.runFor({ caller: feed.user_id }, async () => {
      const ends = await listEnds(database.lists, feed.user_id, clock() - shownMilliseconds);
      return calendarText(ends, config.public_url ?? "");
    });
    return answer(request, reply, text);
  });

  async function requireFeed(text: string): Promise<Feed> {
    const id = parseToken(feedPrefix, text)?.tokenId;
    const feed = id === undefined ? undefined : await findFeed(database.read, id);
    if (feed === undefined) throw new AppError("unauthenticated");
    await keys.know(feed.key_version);
    if (keys.standing(feed.key_version) === "dropped") throw new AppError("unauthenticated");
    const digest = keys.digest("calendar-feed", text, feed.key_version);
    if (timingSafeEqual(Buffer.from(digest), Buffer.from(feed.digest))) return feed;
    throw new AppError("unauthenticated");
  }

  async function note({ id, last_read_at, key_version }: Feed, text: string): Promise<void> {
    const now = clock();
    const isNoted = last_read_at !== null && Math.abs(now - last_read_at) < hour;
    if (isNoted && key_version === keys.version) return;
    const digest = keys.digest("calendar-feed", text);
    const change = { last_read_at: now, digest, key_version: keys.version };
    await database.inTransaction((trx) => noteRead(trx, id, change));
  }
}

function answer(request: FastifyRequest, reply: FastifyReply, text: string): FastifyReply {
  const etag = `"${createHash("sha256").update(text).digest("base64url")}"`;
  reply.header("etag", etag);
  const known = request.headers["if-none-match"] ?? "";
  const isKnown = known.split(",").some((one) => one.trim().replace(/^W\//, "") === etag);
  if (isKnown || known.trim() === "*") return reply.code(304).send();
  return reply.type("text/calendar; charset=utf-8").send(text);
}

function textOf({ params }: FastifyRequest): string {
  return (params as { readonly feed: string }).feed;
}

/** Nobody is asked for a credential: calendar programs would ask their users for a password. */
function toNotFound(error: unknown): never {
  if (error instanceof AppError && error.code === "unauthenticated") {
    throw new AppError("not_found");
  }
  throw error;
}
