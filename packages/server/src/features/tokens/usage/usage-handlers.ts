import type { tokenEndpoints } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import { requireToken } from "../lifecycle/require-token.ts";
import type { UsageReading } from "./usage-reading.ts";

type UsageHandlers = Pick<
  Handlers<(typeof tokenEndpoints)[number]>,
  "tokens.usage" | "tokens.usage_of_all"
>;

/** The handlers of how often the caller's tokens were used. */
export function usageHandlers({ database }: Deps, usage: UsageReading): UsageHandlers {
  return {
    "tokens.usage": async ({ params: { tokenId }, query, principal }) => {
      await requireToken(database.read, principal, tokenId);
      return usage.readOne({ ...query, tokenId, userId: principal.userId });
    },

    "tokens.usage_of_all": async ({ query: { domain, ...query }, principal: { userId } }) =>
      usage.readAll({ ...query, domainId: domain, userId }),
  };
}
