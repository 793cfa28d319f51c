import { changesSomething, type ReadProposal } from "./read-proposal.ts";

/** What its reader should know before the proposal is applied, a sentence each. */
export function notesOf({ proposed, scopes, record }: ReadProposal, window: string): string[] {
  if (!changesSomething(proposed)) return [];
  const isNarrowed = proposed.narrowed.length > 0;
  const isEmpty = proposed.scopes.length === 0 && scopes.length > 0;
  return [
    ...(isEmpty
      ? [
          `Nothing of what its scopes allow was used in ${window}: you may as well revoke the token.`,
        ]
      : []),
    ...(isNarrowed
      ? ["An object that is made later would be refused, until a scope on it is added."]
      : []),
    ...(record.isComplete
      ? []
      : ["Some uses in this time are not counted: see from when to when in the gaps."]),
    `What the token does less often than once in ${window} does not show: look at the longest gap, or choose a longer window.`,
    "A service that remembers answers of this server instead of asking again is counted less often than the token was used there.",
  ];
}
