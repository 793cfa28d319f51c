import { revealHidden } from "@tessera/contract";
import { hideCredentials } from "../others-words.ts";

/** One line of text for a terminal, on which nothing of it acts. */
export function sentence(text: string): string {
  return revealHidden(text);
}

/** Several lines, likewise; whoever puts others' words into one makes a {@link sentence} of them first. */
export function printable(text: string): string {
  return text.split("\n").map(sentence).join("\n");
}

/** What an error says, on one line, and where in the program it was thrown. */
export function errorText(error: unknown): string {
  if (!(error instanceof Error)) return sentence(String(error));
  const places = /(?:\n {4}at [^\n]*)+$/.exec(error.stack ?? "")?.[0] ?? "";
  return `${sentence(hideCredentials(`${error.name}: ${error.message}`))}${printable(places)}`;
}
