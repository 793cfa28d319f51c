import { rateLimited } from "../../../http/rate-limit.ts";
import { createRecentlyUsed } from "../../../recently-used.ts";

const dayMilliseconds = 24 * 60 * 60 * 1000;
const maximumUsers = 1000;

interface Shown {
  /** Milliseconds since the epoch. */
  readonly since: number;
  readonly ids: Set<string>;
}

/**
 * Counts whom searches show to a user; throws 429 where that would be more different people than one is to find in a
 * day. Who was found already may be found again. Of each process its own.
 */
export function createPeopleShown(
  mostPerDay: number,
  clock: () => number,
): (userId: string, found: readonly { readonly id: string }[]) => void {
  const shown = createRecentlyUsed<Shown>({ maximumEntries: maximumUsers });
  return (userId, found) => {
    const now = clock();
    const known = shown.get(userId);
    const isOfToday = known !== undefined && Math.abs(now - known.since) < dayMilliseconds;
    const { since, ids } = isOfToday ? known : { since: now, ids: new Set<string>() };
    const added = found.filter(({ id }) => !ids.has(id));
    if (ids.size + added.length > mostPerDay) {
      throw rateLimited(
        since + dayMilliseconds - now,
        (seconds) =>
          `One user may find ${mostPerDay} different people a day; try again in ${seconds} seconds`,
      );
    }
    for (const { id } of added) ids.add(id);
    shown.set(userId, { since, ids });
  };
}
