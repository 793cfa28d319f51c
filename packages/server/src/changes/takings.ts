import { textOfKey } from "../access/change-key.ts";
import type { Takings } from "../access/takings.ts";
import type { ChangeListener } from "./change-hub.ts";

/** Of what was touched before these, it is taken as touched whatever is asked about. */
const maximumKeys = 10_000;

export function createTakings({
  maximum = maximumKeys,
}: {
  readonly maximum?: number;
} = {}): Takings & ChangeListener {
  let last = 0;
  /** Up to there anything may have been taken away. */
  let unknownUntil = 0;
  /** The one that was touched last comes last. */
  const touchedAt = new Map<string, number>();
  return {
    touched: (key, { takesNothing }) => {
      if (takesNothing) return;
      last += 1;
      const text = textOfKey(key);
      touchedAt.delete(text);
      touchedAt.set(text, last);
      if (touchedAt.size <= maximum) return;
      for (const [oldest, at] of touchedAt) {
        touchedAt.delete(oldest);
        unknownUntil = at;
        break;
      }
    },
    missed: () => {
      last += 1;
      unknownUntil = last;
      touchedAt.clear();
    },
    now: () => last,
    since: (moment, keys) =>
      moment !== last &&
      (unknownUntil > moment || keys.some((key) => (touchedAt.get(textOfKey(key)) ?? 0) > moment)),
  };
}
