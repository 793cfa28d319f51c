import { dictionary } from "@zxcvbn-ts/language-common";

const minimumDifferentCharacters = 8;
/** Of letters and digits, beside common passwords. */
const minimumRest = 16;
/** Shorter ones stand by chance in what is random. */
const shortestWord = 6;
const longestWord = 16;
/** What stands where a secret is still to come, and beside it in documentation. */
const placeholders = [
  "change",
  "secret",
  "passwor",
  "example",
  "default",
  "placeholder",
  "tessera",
  "replace",
  "insert",
  "random",
  "openssl",
  "generate",
  "production",
  "character",
  "quickbrown",
  "loremipsum",
];
const commonPasswords: ReadonlySet<string> = new Set(dictionary["passwords-common"]);
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
  if (isSequence(characters)) return "is a sequence of characters";
  const inner = weaknessInBase64(secret);
  if (inner !== undefined) return `is base64 of a text that ${inner}`;
  const plain = secret.toLowerCase();
  const placeholder = placeholders.find((word) => plain.includes(word));
  if (placeholder !== undefined) return `has the word "${placeholder}" in it`;
  if (restOf(plain.replaceAll(/[^a-z0-9]/g, "")) < minimumRest) return "is made of common words";
  return undefined;
}

/** Of the text that somebody encoded: random bytes are none, and random hexadecimal digits are a good one. */
function weaknessInBase64(secret: string): string | undefined {
  const text = textInBase64(secret);
  return text === undefined ? undefined : findSecretWeakness(text);
}

function textInBase64(secret: string): string | undefined {
  const text = Buffer.from(secret, "base64").toString("latin1");
  const isWhole = Buffer.from(text, "latin1")
    .toString("base64")
    .startsWith(secret.replace(/=+$/, ""));
  return isWhole && /^[ -~]{16,}$/.test(text) ? text : undefined;
}

/** How many characters are left where common passwords are taken out, the longest first. */
function restOf(text: string): number {
  let rest = 0;
  for (let start = 0; start < text.length; ) {
    let end = Math.min(text.length, start + longestWord);
    while (end - start >= shortestWord && !commonPasswords.has(text.slice(start, end))) end -= 1;
    const isWord = end - start >= shortestWord;
    rest += isWord ? 0 : 1;
    start = isWord ? end : start + 1;
  }
  return rest;
}

/** What to tell the operator of it. */
export const secretAdvice =
  "make one with: openssl rand -base64 32; an old one under which there are tokens goes on in TESSERA_PREVIOUS_SECRET_KEYS";

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
