import { type Client, type ReplyTo, revealHidden, type ScopeWire, scopeText } from "@tessera/sdk";
import type { GivenOptions } from "./endpoint-input.ts";
import { single } from "./given-options.ts";
import { formatReply } from "./output.ts";
import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/** Asks the server as whoever is signed in. */
export type AskServer = <T>(ask: (client: Client) => Promise<T>) => Promise<T>;

type Proposal = ReplyTo<"tokens.proposal">;

/**
 * Shows which scopes the token needs, with the proof; applies that, or undoes it, where it is told to. On a terminal it
 * asks before. Resolves to what to print.
 */
export async function narrowToken(
  given: GivenOptions,
  askServer: AskServer,
  terminal: Terminal,
): Promise<string> {
  const tokenId = single(given, "tokenId") ?? "";
  const isJson = given.has("json") || single(given, "output") === "json";
  if (given.has("undo")) {
    if (given.has("apply") || given.has("window")) {
      throw new UsageError("--undo is given alone: it undoes what was applied last");
    }
    const undone = await askServer((client) => client.tokens.undo_proposal({ tokenId }));
    return isJson ? formatReply(undone, "json") : undoneText(undone);
  }
  const window = single(given, "window") ?? "90d";
  const proposal = await askServer((client) =>
    client.tokens.proposal({ tokenId, query: { window } }),
  );
  const text = proposalText(proposal);
  const isSame = proposal.dropped.length + proposal.narrowed.length === 0;
  if (!given.has("apply") || isSame) {
    if (isJson) return formatReply(proposal, "json");
    return isSame ? text : `${text}\nNothing is changed yet: add --apply to apply this.`;
  }
  if (terminal.isInteractive) {
    for (const line of text.split("\n")) terminal.tell(line);
    const answer = await terminal.ask("Give the token these scopes? (yes or no) ");
    if (!/^y(?:es)?$/i.test(answer.trim())) return "Nothing is changed.";
  }
  const body = { etag: proposal.etag, window };
  const applied = await askServer((client) => client.tokens.apply_proposal({ tokenId, body }));
  if (isJson) return formatReply(applied, "json");
  const done = `Applied. Until ${applied.undo_until} this undoes it: tessera tokens narrow ${tokenId} --undo`;
  return terminal.isInteractive ? done : `${text}\n${done}`;
}

function proposalText(proposal: Proposal): string {
  const { window, dropped, narrowed, not_narrowed, not_judged, proof, longest_gap } = proposal;
  const listed = new Set([...dropped, ...narrowed].map(({ scope }) => textOf(scope)));
  const reasons = new Map(
    [...not_narrowed, ...not_judged].map(({ scope, why }) => [textOf(scope), `  (${why})`]),
  );
  const kept = proposal.scopes_now.map(textOf).filter((text) => !listed.has(text));
  return lines([
    ...dropped.map(({ scope, why }) => `- ${textOf(scope)}  (${why})`),
    ...narrowed.flatMap(({ scope, to, why }) => [
      `- ${textOf(scope)}  (${why})`,
      ...to.map((id) => `+ ${textOf({ ...scope, entity_id: id })}`),
    ]),
    ...kept.map((text) => `  ${text}${reasons.get(text) ?? ""}`),
    listed.size === 0 ? `There is nothing to narrow, by what it did in ${window}.` : "",
    `Proof: ${proof.would_refuse} of ${proof.uses} recorded uses in ${window} would be refused (${counted(proof.operations, "operation")} on ${counted(proof.objects, "object")}, decided again).`,
    proof.refused_already > 0
      ? `${proof.refused_already} of them are refused with the present scopes too.`
      : "",
    longest_gap === undefined
      ? ""
      : `The longest time without a use: ${counted(longest_gap.days, "day")}, from ${longest_gap.from} to ${longest_gap.to}.`,
    ...proposal.gaps.map(({ from, to }) => `Not all uses are counted from ${from} to ${to}.`),
    ...proposal.notes,
  ]);
}

function undoneText({ scopes, left_out }: ReplyTo<"tokens.undo_proposal">): string {
  return lines([
    "Undone. The token has these scopes again:",
    ...scopes.map((scope) => `  ${textOf(scope)}`),
    ...left_out.map((scope) => `- ${textOf(scope)}  (its object was deleted)`),
  ]);
}

function counted(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

function textOf(scope: ScopeWire): string {
  const { domain_id, entity_type: entityType, entity_id: entityId, operation } = scope;
  return `${scopeText({ entityType, entityId, operation })} in ${domain_id}`;
}

/** What is empty is no line; nothing in them acts on the terminal. */
function lines(texts: readonly string[]): string {
  return texts
    .filter((text) => text !== "")
    .map(revealHidden)
    .join("\n");
}
