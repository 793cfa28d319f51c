import { type NoticeKind, noticeKinds } from "@tessera/contract";
import type { RecordedEvent } from "../../../changes/recorded-event.ts";
import type { Deps } from "../../../deps.ts";
import { type Letters, nameInLetter, type WriteLetter } from "../../../letter.ts";
import { findUser, type StoredUser } from "./user-store.ts";

/** What is mailed to people of changes of their accounts, so that they hear of those that they did not make. */
export function changeLetters({ database }: Pick<Deps, "database">): Letters {
  return {
    "users.change_password": about("password_changed", () => [
      "The password was changed by somebody who gave the old one. All other sessions have ended.",
    ]),
    "users.reset_password": about("password_changed", () => [
      "A new password was chosen with a link. All sessions have ended; tokens go on.",
    ]),
    "users.make_reset_link": about("reset_link_made", () => [
      "An administrator has made a link by which a new password of the account is chosen. It works once, and for an hour.",
    ]),
    "users.update_role": about("role_changed", ({ role }) => [
      role === "admin"
        ? "An administrator has made the account one of an administrator of the platform."
        : "The account is no longer one of an administrator of the platform.",
    ]),
  };

  function about(kind: NoticeKind, write: (user: StoredUser) => readonly string[]): WriteLetter {
    return async ({ entityId, at }: RecordedEvent) => {
      const user = await findUser(database.read, entityId);
      if (user?.status !== "enabled") return undefined;
      const { username, email: address, first_name: name } = user;
      return {
        to: { name, address },
        subject: noticeKinds[kind].title,
        paragraphs: [
          `Hello ${nameInLetter(name || username)},`,
          `this is about your account ${nameInLetter(username)}, at ${new Date(at).toISOString()}.`,
          ...write(user),
          "If you did not expect that, choose a new password, look at your sessions and tokens, and tell an administrator.",
        ],
        // The rest is done by administrators alone.
        mayBeLeftOut: kind === "password_changed",
        notice: { kind, userId: user.id },
      };
    };
  }
}
