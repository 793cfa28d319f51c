import { AppError, type userEndpoints } from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import type { ChangeUser } from "./change-user.ts";
import { createPasswordCheck } from "./password-check.ts";
import { hashPassword } from "./password-hash.ts";
import { createPasswordRule } from "./password-rule.ts";
import { endSessionsOfUser } from "./session-store.ts";
import type { InTurn } from "./turns.ts";
import { requireUser } from "./user-store.ts";

type ChangePassword = Handlers<(typeof userEndpoints)[number]>["users.change_password"];

/** Changing one's own password: ends every session but the one that does it. */
export function createChangePassword(
  deps: Deps,
  changeUser: ChangeUser,
  inTurn: InTurn,
): ChangePassword {
  const checkPassword = createPasswordCheck(deps, inTurn);
  const requireStrongPassword = createPasswordRule(deps.config);

  return async ({ body, principal, actor }) => {
    const { userId, sessionId } = principal;
    const { old_secret, new_secret } = body;
    const user = await requireUser(deps.database.read, userId);
    const attempt = { account: userId, address: actor.address, user, password: old_secret };
    if (!(await checkPassword(attempt))) {
      const message = "old_secret: is not your present password";
      throw new AppError("invalid_body", message, { field: "old_secret" });
    }
    requireStrongPassword(new_secret, "new_secret");
    if (new_secret === old_secret) {
      const message = "new_secret: must differ from your present password";
      throw new AppError("weak_password", message, { field: "new_secret" });
    }
    const passwordHash = await inTurn(() => hashPassword(new_secret));
    const call = { params: { userId }, principal, actor };
    return changeUser(call, "users.change_password", async (present, trx, now) => {
      if (present.password_hash !== user.password_hash) {
        throw new AppError("conflict", "The password was changed at the same time");
      }
      await endSessionsOfUser(trx, { userId, keep: sessionId, at: now });
      return { password_hash: passwordHash, password_is_initial: 0 };
    });
  };
}
