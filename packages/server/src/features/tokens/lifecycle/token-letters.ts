import type { Deps } from "../../../deps.ts";
import { type Letters, nameInLetter, type WriteLetter } from "../../../letter.ts";
import { findTokenWithOwner } from "./token-check-store.ts";

/** What is mailed to owners of tokens that somebody else has ended. */
export function tokenLetters({ database }: Pick<Deps, "database">): Letters {
  return {
    "tokens.end_self": about("Whoever held it has ended it, by the token alone."),
    "tokens.revoke_found": about(
      "An administrator to whom the whole token was given has revoked it.",
    ),
  };

  function about(sentence: string): WriteLetter {
    return async ({ entityId, at }) => {
      const token = await findTokenWithOwner(database.read, entityId);
      if (token?.owner_status !== "enabled") return undefined;
      const { owner_username: username, owner_email: address } = token;
      return {
        to: { name: username, address },
        subject: "A token of yours was ended",
        paragraphs: [
          `Hello ${nameInLetter(username)},`,
          `your token "${nameInLetter(token.name)}" works no more since ${new Date(at).toISOString()}.`,
          sentence,
          "If you did not expect that, the token may have been in the wrong hands: look at its last uses, and make a new one where it was needed.",
        ],
        mayBeLeftOut: false,
      };
    };
  }
}
