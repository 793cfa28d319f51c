import type { Deps } from "../../deps.ts";
import { type Letters, nameInLetter, sentBy } from "../../letter.ts";
import { findInvitation, findPerson } from "./invitation-store.ts";

/** What is mailed to who is invited: nothing once the invitation is answered or withdrawn. */
export function invitationLetters({
  config,
  database,
}: Pick<Deps, "config" | "database">): Letters {
  return {
    "invitations.send": async ({ at, domainId, details }) => {
      const db = database.read;
      const invitation = await findInvitation(db, domainId ?? "", String(details.invitee));
      const isPending = invitation?.confirmed_at === null && invitation.rejected_at === null;
      if (!isPending || invitation.domain_status !== "enabled") return undefined;
      const invitee = await findPerson(db, invitation.invitee_user_id);
      const inviter = await findPerson(db, invitation.invited_by);
      if (invitee === undefined || inviter === undefined) return undefined;
      const domain = nameInLetter(invitation.domain_name);
      const who = nameInLetter(`${inviter.first_name} ${inviter.last_name}`.trim());
      const { first_name: name, email: address } = invitee;
      return {
        to: { name, address },
        subject: `An invitation to the domain ${domain}`,
        paragraphs: [
          `Hello ${nameInLetter(name || invitee.username)},`,
          `${who} (username ${nameInLetter(inviter.username)}) invites you to the domain "${domain}", with the role "${nameInLetter(invitation.role_name)}". The names are as people chose them.`,
          "Sign in to accept it or to refuse it:",
          `${config.public_url ?? ""}`,
          "Without an answer nothing happens.",
        ],
        mayBeLeftOut: true,
        notice: {
          kind: "invitation_received",
          userId: invitation.invitee_user_id,
          // Whoever invites time and again fills nobody's list.
          sent: sentBy(invitation.invited_by, at),
          cause: invitation.domain_id,
          domainId: invitation.domain_id,
        },
      };
    },
  };
}
