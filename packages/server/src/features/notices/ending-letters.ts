import type { Deps } from "../../deps.ts";
import { type Letters, nameInLetter } from "../../letter.ts";
import { listStandingWarnings, type StandingWarning } from "./ending-store.ts";
import { findAddressee } from "./notice-store.ts";

const day = 86_400_000;
/** A token that nothing used for so long is perhaps needed by nothing. */
const longUnused = 30 * day;
/** More are in the list of tokens. */
const maximumNamed = 20;

/** What is mailed of tokens that end, as they are when the mail is sent: nothing of what was taken care of meanwhile. */
export function endingLetters({
  config,
  database,
  clock,
}: Pick<Deps, "config" | "database" | "clock">): Letters {
  return {
    "users.tokens_expiring": async ({ entityId: userId, details }) => {
      const now = clock();
      const mailId = String(details.mail_id);
      const warnings = await listStandingWarnings(database.read, { userId, mailId, now });
      const [first] = warnings;
      const addressee = await findAddressee(database.read, userId);
      if (first === undefined || addressee === undefined) return undefined;
      const { first_name: name, username, email: address } = addressee;
      const named = warnings.slice(0, maximumNamed);
      const others = warnings.length - named.length;
      return {
        to: { name, address },
        subject: subjectOf(warnings, first, now),
        paragraphs: [
          `Hello ${nameInLetter(name || username)},`,
          ...named.map((warning) => paragraphOf(warning, now, config.public_url ?? "")),
          ...(others > 0 ? [`${others} more:\n${config.public_url ?? ""}/pats`] : []),
        ],
        mayBeLeftOut: true,
        notice: { kind: "token_expiring", userId, tokenId: first.tokenId },
        mailId,
      };
    },
  };
}

function subjectOf(
  warnings: readonly StandingWarning[],
  { name, endsAt }: StandingWarning,
  now: number,
): string {
  if (warnings.length > 1) return `${warnings.length} tokens of yours end soon`;
  return `Your token "${nameInLetter(name)}" ends in ${spanText(endsAt - now)}`;
}

/** What helps to decide between a new secret and letting it end. */
function paragraphOf(warning: StandingWarning, now: number, publicUrl: string): string {
  const { tokenId, name, endsAt } = warning;
  return [
    `"${nameInLetter(name)}" ends in ${spanText(endsAt - now)}, at ${new Date(endsAt).toISOString()}.`,
    useText(warning, now),
    `${publicUrl}/pats/${tokenId}`,
  ].join("\n");
}

function useText({ madeAt, lastUsedAt, lastUsedAddress }: StandingWarning, now: number): string {
  if (lastUsedAt === null) {
    const since = spanText(now - madeAt);
    return `It was never used, and is ${since} old: if nothing needs it, let it end. Otherwise rotate it there:`;
  }
  const ago = spanText(now - lastUsedAt);
  if (now - lastUsedAt > longUnused) {
    return `It was not used for ${ago}: if nothing needs it any more, let it end. Otherwise rotate it there:`;
  }
  const from = lastUsedAddress === null ? "" : `, from ${lastUsedAddress}`;
  return `It was last used ${ago} ago${from}: what uses it stops working then. Rotate it there:`;
}

/** So much of a unit is told as one of it. */
const almostWhole = 0.98;
const units = [
  ["day", day],
  ["hour", 3_600_000],
  ["minute", 60_000],
] as const;

/** `7 days`, `3 minutes`, `less than a minute`: in the largest unit, rounded. */
function spanText(milliseconds: number): string {
  const [name, length] = units.find(([, size]) => milliseconds >= size * almostWhole) ?? [];
  if (name === undefined || length === undefined) return "less than a minute";
  const count = Math.max(1, Math.round(milliseconds / length));
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}
