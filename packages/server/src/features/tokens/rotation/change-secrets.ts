import type { Change } from "../../../changes/change-hub.ts";
import { keepSome, type Secret } from "./rotation-steps.ts";
import { settle } from "./secret-states.ts";
import { readSecretsOf, writeSecrets } from "./secret-store.ts";

/**
 * Writes down what a step makes of the token's secrets, and what time had made of them before. Returns the secrets
 * before and after the step: the same array where it changed nothing.
 */
export async function changeSecrets(
  { trx, touch, record }: Pick<Change, "trx" | "touch" | "record">,
  token: { readonly id: string; readonly user_id: string },
  now: number,
  step: (settled: readonly Secret[]) => readonly Secret[] = (settled) => settled,
): Promise<{ readonly before: readonly Secret[]; readonly after: readonly Secret[] }> {
  const stored = await readSecretsOf(trx, token.id);
  const settled = settle(stored, now);
  const before = keepSome(settled);
  const after = keepSome(step(before));
  if (after === stored) return { before, after };
  await writeSecrets(trx, token, stored, after);
  touch("token", token.id);
  if (isUnfinished(stored, settled)) {
    record({ name: "tokens.rotation_unfinished", entityId: token.id });
  }
  return { before, after };
}

/** Whether time has discarded a new secret that nobody used. */
function isUnfinished(stored: readonly Secret[], settled: readonly Secret[]): boolean {
  const pending = stored.find(({ state }) => state === "pending");
  return settled.some(({ id, state }) => id === pending?.id && state === "discarded");
}
