const minimumDifferentCharacters = 8;
/** The shortest secret that is taken; what repeats sooner holds less. */
const minimumPeriod = 32;

/** Why the secret is no randomness, as the end of a sentence; `undefined` for one that may be. */
export function findSecretWeakness(secret: string): string | undefined {
  const characters = [...secret];
  const different = new Set(characters).size;
  if (different < minimumDifferentCharacters) return `has only ${different} different characters`;
  const period = periodOf(secret);
  if (period < minimumPeriod && period < secret.length) {
    return `repeats itself after ${period} characters`;
  }
  return isSequence(characters) ? "is a sequence of characters" : undefined;
}

/** What to tell the operator of it. */
export const secretAdvice = "make one with: openssl rand -base64 32";

/** After how many characters the text begins again; its length where it does not. */
function periodOf(text: string): number {
  for (let period = 1; period <= text.length / 2; period += 1) {
    if (text.startsWith(text.slice(period))) return period;
  }
  return text.length;
}

/** Whether most characters are the ones before or after their neighbours, as in `abcdef…` or `0123…`. */
function isSequence(characters: readonly string[]): boolean {
  const codes = characters.map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, index) => Math.abs(code - (codes[index] ?? 0)));
  return steps.filter((step) => step <= 1).length > steps.length / 2;
}
