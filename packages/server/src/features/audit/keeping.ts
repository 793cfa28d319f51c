import { AppError, type auditKeepingEndpoints } from "@tessera/contract";
import { changedFields } from "../../changes/changed-fields.ts";
import type { Deps } from "../../deps.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import { findKeepDays, putKeepDays } from "./keeping-store.ts";

export const dayMilliseconds = 86_400_000;

/** The handlers of the time for which a domain's records are kept. */
export function keepingHandlers({
  config,
  database,
  hub,
}: Pick<Deps, "config" | "database" | "hub">): Handlers<(typeof auditKeepingEndpoints)[number]> {
  const leastDays = Math.ceil(config.audit_keep / dayMilliseconds);

  return {
    "audit.view_keeping": async ({ params }) =>
      toReply(required(await findKeepDays(database.read, params.domainId))),

    "audit.update_keeping": async ({ params: { domainId }, body: { keep_days }, actor }) => {
      // Less would let a domain's administrators remove what tells of them.
      if (keep_days !== null && keep_days < leastDays) {
        throw new AppError(
          "invalid_body",
          `keep_days must be at least ${leastDays}: so many days the server keeps the records of every domain`,
          { field: "keep_days" },
        );
      }
      return hub.change(actor, async ({ trx, record }) => {
        const present = required(await findKeepDays(trx, domainId));
        await putKeepDays(trx, domainId, keep_days);
        const details = changedFields({ keep_days: present }, { keep_days });
        record({ name: "audit.update_keeping", domainId, entityId: domainId, details });
        return toReply(keep_days);
      });
    },
  };

  function toReply(keepDays: number | null) {
    return {
      keep_days: keepDays,
      kept_days: Math.max(keepDays ?? 0, leastDays),
      least_days: leastDays,
    };
  }
}

function required(days: number | null | undefined): number | null {
  if (days === undefined) throw new AppError("not_found", "There is no such domain");
  return days;
}
