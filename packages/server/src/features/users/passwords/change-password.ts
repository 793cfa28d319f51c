import { AppError, type userEndpoints } from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import { addressOf } from "../../../http/address-of.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import { networkOf } from "../../../http/network-address.ts";
import { type AccountLoad, accountShare, knownAddressShares } from "../accounts/account-load.ts";
import type { ChangeUser } from "../people/change-user.ts";
import { requireUser } from "../people/user-store.ts";
import { createDeviceCookie } from "../sessions/device-cookie.ts";
import { endSessionsOfUser, updateSession } from "../sessions/session-store.ts";
import { addKnownDevice, findKnownDevice } from "./known-device.ts";
import type { CheckPassword } from "./password-check.ts";
import { hashPassword } from "./password-hash.ts";
import { createPasswordRule } from "./password-rule.ts";

type ChangePassword = Handlers<(typeof userEndpoints)[number]>["users.change_password"];

/** Changing one's own password: ends every session but the one that does it, and no device is known but this one. */
export function createChangePassword(
  deps: Deps,
  changeUser: ChangeUser,
  checkPassword: CheckPassword,
  { lines }: AccountLoad,
): ChangePassword {
  const { keys, clock, randomBytes } = deps;
  const requireStrongPassword = createPasswordRule(deps.config);
  const deviceCookie = createDeviceCookie(deps.config.public_url);

  return async ({ body, principal, actor, request, reply }) => {
    const { userId, sessionId } = principal;
    const { old_secret, new_secret } = body;
    const user = await requireUser(deps.database.read, userId);
    const attempt = { names: [user.username, user.email], user, password: old_secret, request };
    if (!(await checkPassword({ purpose: "confirm", ...attempt }))) {
      const message = "old_secret: is not your present password";
      throw new AppError("invalid_body", message, { field: "old_secret" });
    }
    requireStrongPassword(new_secret, "new_secret", user);
    if (new_secret === old_secret) {
      const message = "new_secret: must differ from your present password";
      throw new AppError("weak_password", message, { field: "new_secret" });
    }
    const shares = [accountShare(userId), ...knownAddressShares(networkOf(addressOf(request)))];
    const passwordHash = await lines.confirm(shares, () => hashPassword(new_secret));
    const call = { params: { userId }, principal, actor };
    const changed = await changeUser(call, "users.change_password", async (present, trx, now) => {
      if (present.password_hash !== user.password_hash) {
        throw new AppError("conflict", "The password was changed at the same time");
      }
      await endSessionsOfUser(trx, { userId, keep: sessionId, at: now });
      await updateSession(trx, sessionId, { confirmed_at: now });
      return { password_hash: passwordHash, password_is_initial: 0 };
    });
    const cookie = deviceCookie.read(request);
    if (findKnownDevice(keys, cookie, user, clock()) !== undefined) {
      const owner = { id: userId, password_hash: passwordHash };
      const value = addKnownDevice(keys, cookie, owner, { now: clock(), randomBytes });
      deviceCookie.set(request, reply, value);
    }
    return changed;
  };
}
