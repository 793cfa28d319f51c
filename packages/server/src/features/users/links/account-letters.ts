import type { Deps } from "../../../deps.ts";
import { type Letters, nameInLetter, pageLink, type WriteLetter } from "../../../letter.ts";
import type { LinkPurpose } from "../../../store/schema.ts";
import { createAccountLinks, type OpenLink } from "./account-links.ts";

/** Pages of the web app. */
export const resetPage = "/password/reset";
const verifyPage = "/verify-email";

/** What is mailed of links: nothing once the link has ended. */
export function accountLetters(deps: Deps): Letters {
  const { config, database } = deps;
  const links = createAccountLinks(deps);

  return {
    "users.send_verification": aboutLink("verify_email", ({ token, owner }) => ({
      subject: "Verify your email address",
      paragraphs: [
        `Hello ${nameInLetter(owner.first_name || owner.username)},`,
        "with this link you show that mail to this address reaches you:",
        pageLink(config.public_url, verifyPage, token),
        "It works once, and for an hour.",
        "If you have no account there, somebody typed your address; do nothing.",
      ],
    })),
    "users.request_password_reset": aboutLink("reset_password", ({ token, owner }) => ({
      subject: "Choose a new password",
      paragraphs: [
        `Hello ${nameInLetter(owner.first_name || owner.username)},`,
        `somebody, perhaps you, asked for a new password of the account ${nameInLetter(owner.username)}. With this link you choose it:`,
        pageLink(config.public_url, resetPage, token),
        "It works once, and for an hour. All your sessions end then; your tokens go on.",
        "If it was not you, do nothing: your password stays as it is.",
      ],
    })),
  };

  function aboutLink(
    purpose: LinkPurpose,
    write: (link: OpenLink) => {
      readonly subject: string;
      readonly paragraphs: readonly string[];
    },
  ): WriteLetter {
    return async ({ details }) => {
      const link = await links.findById(database.read, String(details.link_id), purpose);
      if (link === undefined) return undefined;
      const { first_name: name, email: address } = link.owner;
      return { to: { name, address }, ...write(link), mayBeLeftOut: false };
    };
  }
}
