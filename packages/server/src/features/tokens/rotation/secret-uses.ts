import { systemActor } from "../../../access/actor.ts";
import { keysOfPrincipal } from "../../../access/change-key.ts";
import type { TokenPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import type { Job } from "../../../jobs/schedule.ts";
import type { Trx } from "../../../store/database.ts";
import { identifyTokenAgain, type SecretUses } from "../lifecycle/identify.ts";
import { findTokenForCheck, type TokenForCheck } from "../lifecycle/token-check-store.ts";
import { revokeForGood } from "../lifecycle/token-store.ts";
import type { UsageRecorder } from "../usage/usage-recorder.ts";
import { changeSecrets } from "./change-secrets.ts";
import type { FirstUses } from "./first-uses.ts";
import { createNewDigests } from "./new-digests.ts";
import { confirm } from "./rotation-steps.ts";

/** What follows from a secret's being used: the cut-over, or a word about whoever still tries a replaced one. */
export function createSecretUses(
  deps: Pick<Deps, "hub" | "clock" | "database" | "keys">,
  recorder: Pick<UsageRecorder, "tried">,
): SecretUses & Pick<FirstUses, "firstUsed"> & { readonly job: Job } {
  const { hub, clock, database } = deps;
  const newDigests = createNewDigests(deps);
  return {
    shownUnderOldKey: newDigests.note,
    job: newDigests.job,

    firstUsed: async (holder, address) => {
      const actor = {
        principal: holder,
        address,
        requestId: "",
        decideAgain: (transaction: unknown) => standAgain(transaction as Trx, holder),
      };
      const token = { id: holder.tokenId, user_id: holder.userId };
      await hub.change(actor, async (change) => {
        const now = clock();
        const { before, after } = await changeSecrets(change, token, now, (settled) =>
          confirm(settled, holder.secretId, now),
        );
        // Another request, perhaps at another server, was the first.
        if (after === before) return;
        const details = { secret_id: holder.secretId, address };
        change.record({ name: "tokens.secret_confirmed", entityId: token.id, details });
      });
    },

    endedShown: async (token, secret, address) => {
      recorder.tried(token.id, secret.id, address);
      // One that nobody ever used is likely to come late from a deployment, and tells of no thief.
      const isRevoking = token.on_retired_use === "revoke" && secret.state === "retired";
      if (!isRevoking || token.revoked_at !== null) return;
      await database.runFor({ caller: token.user_id }, () => revoke(token, address));
    },
  };

  async function standAgain(trx: Trx, holder: TokenPrincipal) {
    const principal = await identifyTokenAgain(trx, holder, clock());
    return { principal, reliesOn: keysOfPrincipal(holder) };
  }

  async function revoke({ id }: TokenForCheck, address: string): Promise<void> {
    await hub.change({ ...systemActor, address }, async ({ trx, touch, record }) => {
      const token = await findTokenForCheck(trx, id);
      if (token === undefined || token.revoked_at !== null) return;
      await revokeForGood(trx, token, clock());
      touch("token", id);
      const details = { because: "retired_secret_used", address };
      record({ name: "tokens.revoke", entityId: id, details });
    });
  }
}
