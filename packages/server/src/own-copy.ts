/** A text that was cut out of a request keeps the whole request in memory; its copy does not. */
export function ownCopy(text: string): string {
  return Buffer.from(text).toString();
}
