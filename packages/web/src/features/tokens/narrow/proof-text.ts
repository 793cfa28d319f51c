import type { Proposal } from "../../../api/token-proposal.ts";
import { sentence } from "../../../words/failure-text.ts";

/** `0 of 41,208 recorded uses would be refused`, and what that does not cover. */
export function proofText({
  uses,
  would_refuse,
  refused_already,
  not_decided,
}: Proposal["proof"]): string {
  const count = (number: number) => number.toLocaleString("en");
  const refused =
    refused_already === 0 ? "" : `, besides ${count(refused_already)} that are already refused now`;
  const others =
    not_decided === 0
      ? ""
      : ` ${count(not_decided)} more, on objects that were not counted one by one, keep their scopes.`;
  return `${count(would_refuse)} of ${count(uses)} recorded ${uses === 1 ? "use" : "uses"} would be refused${refused}.${others}`;
}

/** Why something is so, as the server says it, without what only programs read: `90d`, and the ids of objects. */
export function serverText(why: string): string {
  return sentence(
    why
      .replaceAll(/\b(in|of) (\d+)d\b/g, "$1 $2 days")
      .replaceAll(/:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/g, ""),
  );
}
