/**
 * The text with another last letter. A fixed letter in its place would be the text itself now and
 * then, as secrets are random.
 */
export function withOtherLastLetter(text: string): string {
  return `${text.slice(0, -1)}${text.endsWith("0") ? "1" : "0"}`;
}
