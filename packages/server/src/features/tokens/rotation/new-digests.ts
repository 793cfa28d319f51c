import { systemActor } from "../../../access/actor.ts";
import type { Deps } from "../../../deps.ts";
import type { Job } from "../../../jobs/schedule.ts";
import type { SecretForCheck } from "../lifecycle/token-check-store.ts";
import { type NewDigest, replaceDigest } from "./secret-store.ts";

/** What waits, and what is written in one transaction: a flood of uses is no flood of changes. */
const maximumWaiting = 20_000;
const atOnce = 100;

export interface NewDigests {
  /** Has the secret that was shown stored under the present key, a little later. */
  note(tokenId: string, secret: SecretForCheck, text: string): void;
  readonly job: Job;
}

/** Brings what is stored under an old key to the present one when it is used: nobody else knows the secret's text. */
export function createNewDigests({ keys, hub }: Pick<Deps, "keys" | "hub">): NewDigests {
  const waiting = new Map<string, NewDigest>();
  let isMissingSome = false;

  const write = async (digests: readonly NewDigest[]) =>
    hub.change(systemActor, async ({ trx, touch }) => {
      for (const digest of digests) {
        if (!(await replaceDigest(trx, digest))) continue;
        touch("token", digest.tokenId, { takesNothing: true });
      }
    });

  return {
    note: (tokenId, secret, text) => {
      const key = `${tokenId} ${secret.id}`;
      if (waiting.size >= maximumWaiting && !waiting.has(key)) {
        isMissingSome = true;
        return;
      }
      waiting.set(key, {
        tokenId,
        secretId: secret.id,
        from: secret,
        to: { digest: keys.digest("token", text), key_version: keys.version },
      });
    },
    job: {
      name: "new_digests",
      everyMilliseconds: 2_000,
      isPerServer: true,
      run: async (signal) => {
        let written = 0;
        while (waiting.size > 0 && !signal.aborted) {
          const some = [...waiting].slice(0, atOnce);
          await write(some.map(([, digest]) => digest));
          for (const [key] of some) waiting.delete(key);
          written += some.length;
        }
        // Whoever is remembered is not looked at: those that found no room here are to come again.
        if (isMissingSome) hub.forget();
        isMissingSome = false;
        return `${written} written`;
      },
    },
  };
}
