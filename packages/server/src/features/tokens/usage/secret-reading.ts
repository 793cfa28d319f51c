import type { SecretState } from "../../../store/schema.ts";
import type { SecretCount } from "./usage-counters.ts";
import type { UsageRecorder } from "./usage-recorder.ts";
import type { SecretTries } from "./usage-store.ts";

interface SecretColumns {
  readonly id: string;
  readonly state: SecretState;
  readonly first_used_at: number | null;
  readonly last_used_at: number | null;
  readonly last_used_address: string | null;
}

/** What is known of the use of a token's secrets: what is written, and what this process has counted since. */
export function createSecretReading(recorder: Pick<UsageRecorder, "pendingOf">) {
  return {
    /** The rows of the token's secrets, with what is counted since they were written. */
    secretsWithPending: <S extends SecretColumns>(
      tokenId: string,
      stored: readonly S[],
    ): readonly S[] => {
      const counted = recorder.pendingOf(tokenId).flatMap(({ counts }) => counts.secrets);
      if (counted.length === 0) return stored;
      const isReplacing = stored.some(({ state }) => state === "retiring");
      return stored.map((secret) => {
        const own = counted.filter(({ secretId }) => secretId === secret.id);
        const { state, first_used_at } = secret;
        // A first use that something hangs on is written down when it is made; what was refused is counted as well.
        const isWritten = state === "pending" || (state === "live" && isReplacing);
        const used = own.reduce(withCount, secret);
        return isWritten ? { ...used, first_used_at } : used;
      });
    },

    /** From where the token's secrets that work no more were tried; those that tried last first. */
    triesWithPending: (tokenId: string, stored: readonly SecretTries[]): readonly SecretTries[] => {
      const tries = new Map(stored.map((one) => [`${one.secretId} ${one.address}`, one]));
      for (const { counts } of recorder.pendingOf(tokenId)) {
        for (const { secretId, address, firstAt, lastAt, count } of counts.tries ?? []) {
          const key = `${secretId} ${address}`;
          const earlier = tries.get(key);
          tries.set(key, {
            tokenId,
            secretId,
            address,
            firstAt: earlier?.firstAt ?? firstAt,
            lastAt: Math.max(lastAt, earlier?.lastAt ?? 0),
            count: count + (earlier?.count ?? 0),
          });
        }
      }
      return [...tries.values()].sort((one, other) => other.lastAt - one.lastAt);
    },
  };
}

function withCount<S extends SecretColumns>(row: S, { firstAt, lastAt, address }: SecretCount): S {
  const isLater = lastAt >= (row.last_used_at ?? 0);
  return {
    ...row,
    first_used_at: row.first_used_at ?? firstAt,
    last_used_at: isLater ? lastAt : row.last_used_at,
    last_used_address: isLater ? address : row.last_used_address,
  };
}
