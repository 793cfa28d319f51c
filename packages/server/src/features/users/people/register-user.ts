import { AppError, type userEndpoints } from "@tessera/contract";
import { requireFreshPassword } from "../../../access/fresh-password.ts";
import type { Principal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import { addressOf } from "../../../http/address-of.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import type { FindCaller } from "../../../http/find-caller.ts";
import { networkOf } from "../../../http/network-address.ts";
import { requireRate } from "../../../http/rate-limit.ts";
import { type AccountLoad, accountShare, addressShares } from "../accounts/account-load.ts";
import { hashPassword } from "../passwords/password-hash.ts";
import { createPasswordRule } from "../passwords/password-rule.ts";
import { refuseNameOfAdministrator } from "./administrator-name.ts";
import { namingDuplicates } from "./change-user.ts";
import {
  emailColumns,
  firstNameColumns,
  lastNameColumns,
  usernameColumns,
} from "./user-columns.ts";
import { toFullReply } from "./user-reply.ts";
import { insertUser, replaceTags, requireUser } from "./user-store.ts";

type Register = Handlers<(typeof userEndpoints)[number]>["users.register"];

/** Registration, by anyone while that is on; only an administrator's session gives the new user a role and a status. */
export function createRegister(
  deps: Deps,
  findCaller: FindCaller,
  { lines, rates }: AccountLoad,
): Register {
  const { config, hub, clock, newId } = deps;
  const requireStrongPassword = createPasswordRule(config);

  return async ({ body, request, reply, actor }) => {
    const caller = await findCaller(request, actor);
    const isAdmin = requireMayRegister(caller.principal, body);
    requireMayMakeAdmin(caller.principal, body.role);
    const { username, secret } = body.credentials;
    requireStrongPassword(secret, "credentials.secret", { username, email: body.email });
    const network = networkOf(addressOf(request));
    if (!isAdmin) {
      requireRate(rates.registrations, network);
      // Those that are refused count too: they tell which names are taken.
      rates.registrations.count(network);
    }
    const shares = isAdmin
      ? [accountShare(caller.principal?.userId ?? "")]
      : addressShares(network);
    const passwordHash = await lines.register(shares, () => hashPassword(secret));
    const id = newId();
    const user = await namingDuplicates({ username: "credentials.username", email: "email" }, () =>
      hub.change(caller, async ({ trx, principal, record }) => {
        requireMayRegister(principal, body);
        requireMayMakeAdmin(principal, body.role);
        const now = clock();
        await refuseNameOfAdministrator(trx, { userId: id, to: body });
        await insertUser(trx, {
          id,
          ...usernameColumns(username),
          ...emailColumns(body.email),
          ...firstNameColumns(body.first_name),
          ...lastNameColumns(body.last_name),
          role: body.role,
          status: body.status,
          password_hash: passwordHash,
          metadata: JSON.stringify(body.metadata),
          private_metadata: JSON.stringify(body.private_metadata),
          profile_picture: body.profile_picture,
          created_at: now,
        });
        await replaceTags(trx, id, body.tags);
        record({ name: "users.register", entityId: id });
        return requireUser(trx, id);
      }),
    );
    reply.header("location", `/users/${id}`);
    return toFullReply(user, undefined);
  };

  /** Whoever has got hold of a session must not make lasting administrators with it. */
  function requireMayMakeAdmin(principal: Principal | undefined, role: string): void {
    if (principal?.kind !== "session" || !principal.isAdmin || role !== "admin") return;
    requireFreshPassword(principal, clock(), config.password_confirmation_lifetime);
  }

  /** Whether it is an administrator who registers somebody; only they choose a role and a status. */
  function requireMayRegister(
    principal: Principal | undefined,
    { role, status }: { readonly role: string; readonly status: string },
  ): boolean {
    if (principal?.isAdmin === true) return true;
    if (!config.self_registration) throw new AppError("self_registration_off");
    if (role !== "user") throw onlyForAdmins("role", "user");
    if (status !== "enabled") throw onlyForAdmins("status", "enabled");
    return false;
  }
}

function onlyForAdmins(field: string, value: string): AppError {
  const message = `${field}: only an administrator's session chooses it; leave it out or send "${value}"`;
  return new AppError("owner_lacks_permission", message, { field });
}
