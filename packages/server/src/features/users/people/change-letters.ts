import { type NoticeKind, noticeKinds } from "@tessera/contract";
import type { RecordedEvent } from "../../../changes/recorded-event.ts";
import type { Deps } from "../../../deps.ts";
import { type Letters, nameInLetter, type WriteLetter } from "../../../letter.ts";
import { findUser, type StoredUser } from "./user-store.ts";

/** Nobody else sets mails of these in motion. */
const byAdministrators: ReadonlySet<NoticeKind> = new Set(["reset_link_made", "role_changed"]);

/** What is mailed to people of changes of their accounts, so that they hear of those that they did not make. */
export function changeLetters({ database }: Pick<Deps, "database">): Letters {
  return {
    "users.change_password": about("password_changed", () => [
      "The password was changed by somebody who gave the old one. All other sessions have ended.",
    ]),
    "users.reset_password": about("password_changed", () => [
      "A new password was chosen with a link. All sessions have ended; tokens go on.",
    ]),
    "users.update_email": about("email_changed", () => [
      "The email address of the account is another one from now on: this is the last mail about it that comes here.",
      "If it was not you, sign in with your username and your password, give the account your address again, and choose a new password.",
    ]),
    "users.make_reset_link": about("reset_link_made", () => [
      "An administrator has made a link by which a new password of the account is chosen. It works once, and for an hour.",
    ]),
    "calendar.make_feed": about("calendar_feed_made", () => [
      "An address was made at which any calendar program reads when your tokens end, and how they are called. The one before works no more; a new password ends this one.",
    ]),
    "users.update_role": about("role_changed", ({ role }) => [
      role === "admin"
        ? "An administrator has made the account one of an administrator of the platform."
        : "The account is no longer one of an administrator of the platform.",
    ]),
  };

  function about(kind: NoticeKind, write: (user: StoredUser) => readonly string[]): WriteLetter {
    return async ({ entityId, at, details: { old_email } }: RecordedEvent) => {
      const user = await findUser(database.read, entityId);
      // Whoever has got hold of an account does not silence it by disabling or deleting it.
      if (user === undefined) return undefined;
      const { username, email, first_name: name } = user;
      return {
        to: { name, address: typeof old_email === "string" ? old_email : email },
        subject: noticeKinds[kind].title,
        paragraphs: [
          `Hello ${nameInLetter(name || username)},`,
          `this is about your account ${nameInLetter(username)}, at ${new Date(at).toISOString()}.`,
          ...write(user),
          "If you did not expect that, choose a new password, look at your sessions and tokens, and tell an administrator.",
        ],
        mayBeLeftOut: !byAdministrators.has(kind),
        notice: { kind, userId: user.id },
      };
    };
  }
}
