import { type NoticeKind, noticeKinds } from "@tessera/contract";
import type { RecordedEvent } from "../../../changes/recorded-event.ts";
import type { Deps } from "../../../deps.ts";
import { type Letters, nameInLetter, type WriteLetter } from "../../../letter.ts";
import { findTokenWithOwner } from "./token-check-store.ts";

/** What of an event is said in a letter about a token: its reason, and what to do. */
interface Words {
  readonly paragraphs: readonly string[];
  /** Of somebody who showed the token. */
  readonly address?: string;
  /** Of which they are told once; the event when absent. */
  readonly cause?: string;
}

const ifUnexpected =
  "If you did not expect that, the token may have been in the wrong hands: look at its last uses, and make a new one where it was needed.";

/** What owners of tokens are told of what happens to these without them. */
export function tokenLetters({ config, database }: Pick<Deps, "config" | "database">): Letters {
  return {
    "tokens.end_self": ended(() => "Whoever held it has ended it, by the token alone."),
    "tokens.revoke_found": ended(
      () => "An administrator to whom the whole token was given has revoked it.",
    ),
    "tokens.revoke": about("token_ended", ({ actor, details }, token) => {
      // By its owner: who does it knows it.
      if (actor.kind !== "system" || details.because !== "retired_secret_used") return undefined;
      const address = String(details.address);
      const because = `Somebody at ${address} showed a secret of it that had been replaced, and the token is set to be revoked then.`;
      return { paragraphs: [endedText(token), because, ifUnexpected], address };
    }),
    "tokens.retired_secret_used": about("retired_secret_used", ({ details }, { name }) => {
      const address = String(details.address);
      return {
        paragraphs: [
          `somebody at ${address} still tries a secret of your token "${name}" that works no more: last at ${String(details.last_at)}, and so often: ${String(details.tries)}.`,
          "It was refused. It may be a machine that never got the new secret: give it that. If you know of none there, an old secret has got into other hands; it opens nothing.",
        ],
        address,
        cause: `${String(details.secret_id)} ${address}`,
      };
    }),
    "tokens.rotation_unfinished": about("rotation_unfinished", (_, { name, isRevoked }) => {
      if (isRevoked) return undefined;
      return {
        paragraphs: [
          `nobody has used the new secret of your token "${name}" in time, and so it was discarded. The secret before works on, until it ends.`,
          "Rotate the token again, and take the new secret to where it is needed.",
        ],
      };
    }),
  };

  function ended(because: (event: RecordedEvent) => string): WriteLetter {
    return about("token_ended", (event, token) => ({
      paragraphs: [endedText(token), because(event), ifUnexpected],
    }));
  }

  function about(
    kind: NoticeKind,
    write: (event: RecordedEvent, token: NamedToken) => Words | undefined,
  ): WriteLetter {
    return async (event) => {
      const found = await findTokenWithOwner(database.read, event.entityId);
      if (found?.owner_status !== "enabled") return undefined;
      const isRevoked = found.revoked_at !== null;
      const token = { name: nameInLetter(found.name), isRevoked, endedAt: event.at };
      const words = write(event, token);
      if (words === undefined) return undefined;
      const { owner_username: username, owner_email } = found;
      const { paragraphs, ...about } = words;
      return {
        to: { name: username, address: owner_email },
        subject: noticeKinds[kind].title,
        paragraphs: [
          `Hello ${nameInLetter(username)},`,
          ...paragraphs,
          `${config.public_url ?? ""}/pats/${found.id}`,
        ],
        mayBeLeftOut: true,
        notice: {
          kind,
          userId: found.user_id,
          tokenId: found.id,
          ...about,
        },
      };
    };
  }
}

interface NamedToken {
  /** As letters show it. */
  readonly name: string;
  readonly isRevoked: boolean;
  readonly endedAt: number;
}

function endedText({ name, endedAt }: NamedToken): string {
  return `your token "${name}" works no more since ${new Date(endedAt).toISOString()}.`;
}
