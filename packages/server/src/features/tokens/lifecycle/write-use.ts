import type { Deps } from "../../../deps.ts";
import { createShare } from "../../../http/share.ts";

/**
 * Lets what a use of a token writes down before it is answered wait in the line of the token's owner; throws 429 where
 * the owner has too much of it.
 */
export type WriteUse = <T>(userId: string, write: () => Promise<T>) => Promise<T>;

/** Of one user's, whose tokens may be many; others' wait in lines of their own. */
const usesAtOnce = 50;

/** Each is a small transaction, and costs what a change does. */
export function createWriteUse({
  config,
  clock,
  database,
}: Pick<Deps, "config" | "clock" | "database">): WriteUse {
  const uses = createShare(
    {
      name: "uses of tokens that have few left, or of new secrets,",
      perMinute: config.changes_per_minute,
      atOnce: usesAtOnce,
    },
    clock,
  );
  return async (userId, write) => {
    const end = uses.begin({ id: userId, tokenId: undefined });
    try {
      return await database.runFor({ caller: userId }, write);
    } finally {
      end();
    }
  };
}
