import { AppError, type accountLinkEndpoints, wireTime } from "@tessera/contract";
import type { Config } from "../../../config.ts";
import type { Deps } from "../../../deps.ts";
import { addressOf } from "../../../http/address-of.ts";
import { readBearer } from "../../../http/authenticate.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import { networkOf } from "../../../http/network-address.ts";
import { type RateLimit, requireRate, sayTooMany } from "../../../http/rate-limit.ts";
import { pageLink } from "../../../letter.ts";
import { uniqueKey } from "../../../store/search-key.ts";
import { type AccountLoad, addressShares } from "../accounts/account-load.ts";
import { hashPassword } from "../passwords/password-hash.ts";
import { createPasswordRule } from "../passwords/password-rule.ts";
import { requireUser, updateUser } from "../people/user-store.ts";
import { endSessionsOfUser } from "../sessions/session-store.ts";
import { resetPage } from "./account-letters.ts";
import { createAccountLinks, linkLifetimeMilliseconds } from "./account-links.ts";
import { findOwner, findOwnerByEmail, removeLinks } from "./link-store.ts";

const requestedText = "If an account has this email address, a mail with a link is on its way";

/** The handlers of links by which an email address is proven, or a new password chosen. */
export function linkHandlers(
  deps: Deps,
  { lines, rates }: AccountLoad,
): Handlers<(typeof accountLinkEndpoints)[number]> {
  const { config, database, hub, keys, clock, newId } = deps;
  const links = createAccountLinks(deps);
  const requireStrongPassword = createPasswordRule(config);

  return {
    "users.send_verification": async ({ principal, actor }) => {
      requireMail(config);
      const { userId } = principal;
      const { verified_at } = await requireUser(database.read, userId);
      if (verified_at !== null) throw alreadyVerified();
      countMail(rates.ownMails, userId);
      await hub.change(actor, async ({ trx, record }) => {
        const owner = await findOwner(trx, userId);
        if (owner?.verified_at !== null) throw alreadyVerified();
        const linkId = newId();
        await links.add(trx, { id: linkId, purpose: "verify_email", owner, maker: null });
        record({
          name: "users.send_verification",
          entityId: userId,
          details: { link_id: linkId },
        });
      });
    },

    "users.verify_email": async ({ query, actor }) => {
      await hub.change(actor, async ({ trx, touch, record }) => {
        const link = await links.findByToken(trx, query.token, "verify_email");
        if (link === undefined) {
          const message = "token: the link does not work, or not any more; ask for a new one";
          throw new AppError("invalid_query", message, { field: "token" });
        }
        const { id } = link.owner;
        await removeLinks(trx, id, "verify_email");
        await updateUser(trx, id, { verified_at: clock() });
        touch("user", id, { takesNothing: true });
        record({ name: "users.verify_email", entityId: id });
      });
    },

    // Whoever asks learns nothing: for an address of nobody the very same is done.
    "users.request_password_reset": async ({ body, actor }) => {
      requireMail(config);
      // By the address, whether or not there is such a user.
      countMail(rates.mails, keys.digest("sign-in-name", uniqueKey(body.email)));
      await hub.change(actor, async ({ trx, record }) => {
        const owner = await findOwnerByEmail(trx, body.email);
        const linkId = newId();
        await links.add(trx, { id: linkId, purpose: "reset_password", owner, maker: null });
        record({
          name: "users.request_password_reset",
          entityId: owner?.id ?? linkId,
          details: { link_id: linkId },
        });
      });
      return { msg: requestedText };
    },

    "users.reset_password": async ({ body, request, actor }) => {
      const token = readBearer(request);
      if (body.password !== body.confirm_password) {
        const field = "confirm_password";
        throw new AppError("invalid_body", `${field}: must be the same as password`, { field });
      }
      // Hashing is only for who has a link.
      const link = await links.findByToken(database.read, token, "reset_password");
      if (link === undefined) throw endedLink();
      requireStrongPassword(body.password, "password", link.owner);
      const passwordHash = await lines.register(addressShares(networkOf(addressOf(request))), () =>
        hashPassword(body.password),
      );
      await hub.change(actor, async ({ trx, touch, relyOn, record }) => {
        const present = await links.findByToken(trx, token, "reset_password");
        if (present === undefined) throw endedLink();
        if (present.madeBy !== null) relyOn("user", present.madeBy);
        const { id } = present.owner;
        const now = clock();
        // Before the writing, at which a conflict shows: what is done again is to go first.
        touch("user", id);
        await removeLinks(trx, id, "reset_password");
        await updateUser(trx, id, {
          password_hash: passwordHash,
          password_is_initial: 0,
          updated_at: now,
          updated_by: id,
        });
        // After the user, in the order in which others lock them: else each would wait for the other.
        await endSessionsOfUser(trx, { userId: id, at: now });
        record({ name: "users.reset_password", entityId: id });
      });
      return {};
    },

    "users.make_reset_link": async ({ params, actor }) => {
      const { userId } = params;
      return hub.change(actor, async ({ trx, principal, record }) => {
        const { status } = await requireUser(trx, userId);
        const owner = await findOwner(trx, userId);
        if (owner === undefined) throw new AppError("conflict", `The user is ${status}`);
        const linkId = newId();
        const maker = await requireUser(trx, principal.userId);
        const link = { id: linkId, purpose: "reset_password", owner, maker } as const;
        const token = await links.add(trx, link);
        record({ name: "users.make_reset_link", entityId: userId, details: { link_id: linkId } });
        return {
          token,
          link: pageLink(config.public_url, resetPage, token),
          expires_at: wireTime(clock() + linkLifetimeMilliseconds),
        };
      });
    },
  };
}

function countMail(rate: RateLimit, key: string): void {
  requireRate(rate, key, sayTooMany("mails to this address"));
  rate.count(key);
}

function requireMail({ smtp_url }: Pick<Config, "smtp_url">): void {
  if (smtp_url !== undefined) return;
  throw new AppError("mail_off", "This server sends no mail; ask its administrator");
}

function alreadyVerified(): AppError {
  return new AppError("conflict", "Your email address is verified already");
}

function endedLink(): AppError {
  const message = "The link does not work, or not any more; ask for a new one";
  return new AppError("unauthenticated", message);
}
