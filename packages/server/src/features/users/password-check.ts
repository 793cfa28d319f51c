import { AppError } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import { networkOf } from "../../http/network-address.ts";
import type { Row } from "../../store/schema.ts";
import { verifyPassword } from "./password-hash.ts";
import {
  type FailureCounter,
  findLimitingFailure,
  recordFailure,
} from "./sign-in-failures-store.ts";
import type { InTurn } from "./turns.ts";

export interface PasswordAttempt {
  /** Under what the account's failures are counted: the name that was typed, or the id of who is signed in. */
  readonly account: string;
  readonly address: string;
  /** `undefined`: there is no such user. */
  readonly user: Pick<Row<"users">, "password_hash" | "status"> | undefined;
  readonly password: string;
}

/**
 * Whether the password is that of the user and the user is enabled; it takes as long when there is no such user.
 * Failures are counted, by account and by address; throws `rate_limited` when there were too many.
 */
export type CheckPassword = (attempt: PasswordAttempt) => Promise<boolean>;

export function createPasswordCheck(
  { config, database, keys, clock }: Deps,
  inTurn: InTurn,
): CheckPassword {
  const window = config.sign_in_failure_window;

  return async ({ account, address, user, password }) => {
    const counters = [
      {
        key: `account:${keys.digest("sign-in-name", account)}`,
        limit: config.sign_in_failures_per_account,
      },
      { key: `address:${networkOf(address)}`, limit: config.sign_in_failures_per_address },
    ];
    await requireAttemptsLeft(counters);
    return inTurn(async () => {
      // Again, because what failed meanwhile counts: guesses sent all at once gain nothing.
      await requireAttemptsLeft(counters);
      const isRight = await verifyPassword(user?.password_hash, password);
      if (isRight && user?.status === "enabled") return true;
      const now = clock();
      await database.inTransaction((trx) => recordFailure(trx, counters, now, now - window));
      return false;
    });
  };

  async function requireAttemptsLeft(counters: readonly FailureCounter[]): Promise<void> {
    const now = clock();
    for (const counter of counters) {
      const limitingAt = await findLimitingFailure(database.read, counter, now - window);
      if (limitingAt === undefined) continue;
      const retryAfterSeconds = Math.ceil((limitingAt + window - now) / 1000);
      const message = `Too many failed attempts; try again in ${retryAfterSeconds} seconds`;
      throw new AppError("rate_limited", message, { retryAfterSeconds });
    }
  }
}
