import type { tokenEndpoints } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import { requireToken } from "../lifecycle/require-token.ts";
import { readDailyUse } from "./usage-store.ts";

type UsageHandlers = Pick<
  Handlers<(typeof tokenEndpoints)[number]>,
  "tokens.usage" | "tokens.usage_of_all"
>;

/** The handlers of how often the caller's tokens were used. */
export function usageHandlers({ database, clock }: Deps): UsageHandlers {
  return {
    "tokens.usage": async ({ params, query, principal }) => {
      await requireToken(database.read, principal, params.tokenId);
      return readUsage(principal.userId, query.days, params.tokenId);
    },

    "tokens.usage_of_all": async ({ query, principal }) => readUsage(principal.userId, query.days),
  };

  async function readUsage(userId: string, dayCount: number, tokenId?: string) {
    const days = lastDays(clock(), dayCount);
    const used = await readDailyUse(database, userId, days[0] ?? "", tokenId);
    return { days: days.map((day) => ({ day, uses: used.get(day) ?? 0 })) };
  }
}

/** UTC days up to today, oldest first, as YYYY-MM-DD. */
function lastDays(now: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) =>
    new Date(now - (count - 1 - index) * 86_400_000).toISOString().slice(0, 10),
  );
}
