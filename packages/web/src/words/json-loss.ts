import { findJsonLoss } from "@tessera/sdk";

/** What reading the JSON would lose, in words, and where it stands; `undefined`: nothing. `text` must be valid JSON. */
export function findLossText(text: string): { problem: string; at: number } | undefined {
  const loss = findJsonLoss(text);
  if (loss === undefined) return undefined;
  return { problem: `${loss.path.join(".") || "it"}: ${loss.message}`, at: loss.at };
}
