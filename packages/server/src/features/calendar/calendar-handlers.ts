import { formatToken, type noticeEndpoints, secretBytes, wireTime } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import { findFeedOf, removeFeed, replaceFeed } from "./feed-store.ts";

type CalendarEndpoint = Extract<
  (typeof noticeEndpoints)[number],
  { readonly id: `calendar.${string}` }
>;

/** What the secret of a feed's address begins with. */
export const feedPrefix = "cal";

/** The handlers of a person's calendar feed; what is at its address: `bindCalendar`. */
export function calendarHandlers(deps: Deps): Handlers<CalendarEndpoint> {
  const { config, database, hub, keys, clock, newId, randomBytes } = deps;
  return {
    "calendar.view_feed": async ({ principal }) => {
      const feed = await findFeedOf(database.read, principal.userId);
      return {
        exists: feed !== undefined,
        created_at: wireTime(feed?.created_at),
        last_read_at: wireTime(feed?.last_read_at),
      };
    },

    "calendar.make_feed": async ({ principal, actor }) => {
      const { userId } = principal;
      const id = newId();
      const text = formatToken(feedPrefix, id, randomBytes(secretBytes));
      const now = clock();
      await hub.change(actor, async ({ trx, record }) => {
        await replaceFeed(trx, {
          user_id: userId,
          id,
          digest: keys.digest("calendar-feed", text),
          key_version: keys.version,
          created_at: now,
          last_read_at: null,
        });
        record({ name: "calendar.make_feed", entityId: userId });
      });
      return {
        exists: true,
        created_at: wireTime(now),
        last_read_at: wireTime(null),
        address: `${config.public_url ?? ""}/calendar/${text}.ics`,
      };
    },

    "calendar.remove_feed": async ({ principal, actor }) => {
      const { userId } = principal;
      await hub.change(actor, async ({ trx, record }) => {
        if (!(await removeFeed(trx, userId))) return;
        record({ name: "calendar.remove_feed", entityId: userId });
      });
    },
  };
}
