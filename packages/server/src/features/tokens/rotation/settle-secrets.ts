import { systemActor } from "../../../access/actor.ts";
import type { Deps } from "../../../deps.ts";
import type { Job } from "../../../jobs/schedule.ts";
import { takeUntoldTries } from "../usage/secret-use-store.ts";
import { changeSecrets } from "./change-secrets.ts";
import { findDueTokens, forgetEndedBefore } from "./secret-store.ts";

const keptMilliseconds = 90 * 86_400_000;
const atOnce = 100;

/**
 * Writes down what time has made of secrets, tells of those that are tried though they work no more, and forgets old
 * ones. What works when does not wait for it.
 */
export function settleSecretsJob({
  database,
  hub,
  clock,
}: Pick<Deps, "database" | "hub" | "clock">): Job {
  return {
    name: "settle_token_secrets",
    everyMilliseconds: 30_000,
    run: async (signal) => {
      const settled = await inBatches(signal, settleSome);
      const told = await inBatches(signal, tellSome);
      const forgotten = await inBatches(signal, forgetSome);
      return `${settled} settled, ${told} tries looked at, ${forgotten} forgotten`;
    },
  };

  async function settleSome(): Promise<number> {
    const due = await findDueTokens(database.read, clock(), atOnce);
    for (const token of due) {
      await hub.change(systemActor, async (change) => {
        await changeSecrets(change, token, clock());
      });
    }
    return due.length;
  }

  async function tellSome(): Promise<number> {
    return hub.change(systemActor, async ({ trx, record }) => {
      const { taken, toTell } = await takeUntoldTries(trx, atOnce);
      for (const { tokenId, secretId, address, count, firstAt, lastAt } of toTell) {
        record({
          name: "tokens.retired_secret_used",
          entityId: tokenId,
          details: {
            secret_id: secretId,
            address,
            tries: count,
            first_at: new Date(firstAt).toISOString(),
            last_at: new Date(lastAt).toISOString(),
          },
        });
      }
      return taken;
    });
  }

  async function forgetSome(): Promise<number> {
    return hub.change(systemActor, async ({ trx }) =>
      forgetEndedBefore(trx, clock() - keptMilliseconds, atOnce),
    );
  }
}

/** Until a batch is not full, or the job is told to end. */
async function inBatches(signal: AbortSignal, run: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    if (signal.aborted) return total;
    const count = await run();
    total += count;
    if (count < atOnce) return total;
  }
}
