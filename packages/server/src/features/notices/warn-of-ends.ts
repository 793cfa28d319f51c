import { systemActor } from "../../access/actor.ts";
import type { Deps } from "../../deps.ts";
import type { Job } from "../../jobs/schedule.ts";
import { listEnding, listPeopleToWarn } from "./ending-store.ts";
import { insertNotices, removeNoticesBefore } from "./notice-store.ts";

const warnEveryMilliseconds = 10 * 60_000;
const clearEveryMilliseconds = 24 * 3_600_000;
/** Longer than the longest warning time: as long as there is one, its secret is not warned of again. */
const keptMilliseconds = 400 * 86_400_000;

/**
 * Warns of tokens that end: each secret once for each time before its end, of what came while no server ran only the
 * nearest. What is told and the word to who tells it are one transaction: however many servers there are, it is once.
 */
export function warnOfEndsJob({
  config,
  database,
  hub,
  clock,
  newId,
}: Pick<Deps, "config" | "database" | "hub" | "clock" | "newId">): Job {
  const thresholds = config.expiry_notices;
  return {
    name: "warn_of_token_ends",
    everyMilliseconds: warnEveryMilliseconds,
    run: async (signal) => {
      if (thresholds.length === 0) return "no warning times are set";
      const people = await listPeopleToWarn(database, thresholds, clock(), signal);
      let told = 0;
      for (const userId of people) {
        if (signal.aborted) break;
        told += await warn(userId);
      }
      return `${told} ends told`;
    },
  };

  async function warn(userId: string): Promise<number> {
    return hub.change(systemActor, async ({ trx, record }) => {
      const now = clock();
      const secrets = await listEnding(trx, userId, thresholds, now);
      const mailId = newId();
      const notices = secrets.map(({ tokenId, secretId, endsAt, threshold }, index) => ({
        id: index === 0 ? mailId : newId(),
        user_id: userId,
        kind: "token_expiring",
        cause: `${secretId} ${endsAt} ${threshold}`,
        created_at: now,
        token_id: tokenId,
        secret_id: secretId,
        threshold,
        ends_at: endsAt,
        mail_id: mailId,
      }));
      const { length: kept } = await insertNotices(trx, notices);
      // Another server was quicker.
      if (kept === 0) return 0;
      const details = { mail_id: mailId, count: kept };
      record({ name: "users.tokens_expiring", entityId: userId, details });
      return kept;
    });
  }
}

/** Forgets what people were told long ago. */
export function clearNoticesJob({ database, clock }: Pick<Deps, "database" | "clock">): Job {
  return {
    name: "clear_notices",
    everyMilliseconds: clearEveryMilliseconds,
    run: async (signal) => {
      let removed = 0;
      for (let count = 1; count > 0 && !signal.aborted; removed += count) {
        const before = clock() - keptMilliseconds;
        count = await database.inTransaction((trx) => removeNoticesBefore(trx, before));
      }
      return `${removed} removed`;
    },
  };
}
