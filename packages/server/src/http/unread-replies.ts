import { AppError } from "@tessera/contract";
import type { FastifyInstance } from "fastify";

/** Of letters, in all connections together: what is written and not read yet lies in memory until `reply_timeout`. */
const usualMaximum = 128 * 1024 * 1024;
/** Shorter replies are taken by the system at once. */
const freeLetters = 64 * 1024;

/** Answers 503 in place of one more long reply, where very many are not read by those who asked for them. */
export function limitUnreadReplies(app: FastifyInstance, maximum = usualMaximum): void {
  let unread = 0;
  app.addHook("onSend", (_request, { raw }, payload, done) => {
    if (typeof payload !== "string" || payload.length <= freeLetters || raw.destroyed)
      return done();
    if (unread + payload.length > maximum) {
      return done(new AppError("busy", undefined, { retryAfterSeconds: 1 }));
    }
    unread += payload.length;
    raw.once("close", () => {
      unread -= payload.length;
    });
    done();
  });
}
