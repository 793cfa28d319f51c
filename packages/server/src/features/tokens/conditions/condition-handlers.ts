import type { tokenEndpoints } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import { requireToken } from "../lifecycle/require-token.ts";
import { tokenReplies, withTries } from "../lifecycle/token-reply.ts";
import { updateToken } from "../lifecycle/token-store.ts";
import type { UsageReading } from "../usage/usage-reading.ts";
import { readStoredConditions } from "./compile-conditions.ts";
import { changeConditions, readConditions } from "./read-conditions.ts";
import { writeMaximum } from "./use-reserve-store.ts";

type ConditionHandlers = Pick<
  Handlers<(typeof tokenEndpoints)[number]>,
  "tokens.update_conditions"
>;

/** The handler of where, when and how often the caller's tokens work. */
export function conditionHandlers(deps: Deps, usage: UsageReading): ConditionHandlers {
  const { hub, clock } = deps;
  const reply = tokenReplies(deps, usage);

  return {
    "tokens.update_conditions": async ({ params: { tokenId }, body, principal, actor }) =>
      hub.change(actor, async ({ trx, touch, record }) => {
        const now = clock();
        const token = await requireToken(trx, principal, tokenId);
        const before = readStoredConditions(token.conditions);
        const changed = changeConditions(before, body);
        const after = readConditions(changed, { at: "", expiresAt: token.expires_at });
        const conditions = after === undefined ? null : JSON.stringify(after);
        await updateToken(trx, principal.userId, tokenId, { conditions, updated_at: now });
        if (after?.max_uses !== before?.max_uses) {
          await writeMaximum(trx, tokenId, after?.max_uses ?? null);
        }
        touch("token", tokenId);
        const details = { changed: Object.keys(body), conditions: after ?? {} };
        record({ name: "tokens.update_conditions", entityId: tokenId, details });
        return reply(await withTries(trx, await requireToken(trx, principal, tokenId)), now);
      }),
  };
}
