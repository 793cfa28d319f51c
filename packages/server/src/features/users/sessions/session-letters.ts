import { type NoticeKind, noticeKinds } from "@tessera/contract";
import type { RecordedEvent } from "../../../changes/recorded-event.ts";
import type { Deps } from "../../../deps.ts";
import { type Letters, nameInLetter, type WriteLetter } from "../../../letter.ts";
import { findUser } from "../people/user-store.ts";

/** What of an event is said in a letter about a session. */
interface Words {
  readonly userId: string | null;
  readonly paragraphs: readonly string[];
  readonly address?: string;
  readonly userAgent?: string;
}

/** What people are told of their sessions. */
export function sessionLetters({ config, database }: Pick<Deps, "config" | "database">): Letters {
  return {
    "sessions.new_place": about("new_sign_in", ({ at, actor, details }) => {
      const address = String(details.address);
      const userAgent = String(details.user_agent);
      return {
        userId: actor.userId,
        paragraphs: [
          `somebody has signed in to your account with its password, at ${new Date(at).toISOString()} from ${address}${userAgent === "" ? "" : `, with a program that calls itself "${nameInLetter(userAgent)}"`}. Nobody had signed in to it from there before.`,
          "If that was you, there is nothing to do.",
        ],
        address,
        userAgent,
      };
    }),
    "sessions.reuse_detected": about("session_copied", ({ at, details }) => ({
      userId: String(details.user_id),
      paragraphs: [
        `a session of your account was ended at ${new Date(at).toISOString()}: its secret was used a second time, so that somebody may have copied it.`,
      ],
    })),
  };

  function about(kind: NoticeKind, write: (event: RecordedEvent) => Words): WriteLetter {
    return async (event) => {
      const { userId, paragraphs, ...where } = write(event);
      const user = await findUser(database.read, userId ?? "");
      // Whoever has got hold of an account does not silence it by disabling or deleting it.
      if (user === undefined) return undefined;
      const { username, email: address, first_name: name } = user;
      return {
        to: { name, address },
        subject: noticeKinds[kind].title,
        paragraphs: [
          `Hello ${nameInLetter(name || username)},`,
          ...paragraphs,
          "If it was not you, choose a new password, and look at your sessions and tokens:",
          `${config.public_url ?? ""}/profile`,
        ],
        mayBeLeftOut: true,
        notice: { kind, userId: user.id, ...where },
      };
    };
  }
}
