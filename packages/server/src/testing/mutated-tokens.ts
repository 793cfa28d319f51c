import fc from "fast-check";
import { withChecksum } from "./forged-tokens.ts";

const lookAlikes: Readonly<Record<string, string>> = {
  a: "\u0430",
  c: "\u0441",
  e: "\u0435",
  o: "\u043e",
  p: "\u0440",
  x: "\u0445",
  A: "\u0391",
  B: "\u0392",
  _: "\uff3f",
  "0": "O",
  O: "0",
  I: "l",
  l: "I",
  "1": "l",
};
const strange = [
  "\0",
  " ",
  "\t",
  "\n",
  "\u00a0",
  "\ufeff",
  "\u200b",
  "%5F",
  "=",
  "+",
  "/",
  "-",
  '"',
  "\ud800",
];

const mutation = fc.record({
  how: fc.constantFrom(
    "replace",
    "insert",
    "remove",
    "swap",
    "repeat",
    "case",
    "look-alike",
    "splice",
    "other id",
    "other secret",
    "random secret",
    "wide",
    "cut",
    "strange",
  ),
  at: fc.nat(),
  to: fc.nat(),
  letter: fc.constantFrom(..."0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_"),
  random: fc.stringMatching(/^[0-9A-Za-z]{43}$/),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

/** A text made of tokens by some changes, often with a checksum that fits; now and then it is one of them again. */
export function mutatedTokens(tokens: readonly string[]): fc.Arbitrary<string> {
  return fc
    .record({
      of: fc.constantFrom(...tokens),
      other: fc.constantFrom(...tokens),
      mutations: fc.array(mutation, { minLength: 1, maxLength: 3 }),
      isRepaired: fc.boolean(),
    })
    .map(({ of, other, mutations, isRepaired }) => {
      const text = mutations.reduce((before, one) => mutated(before, other, one), of);
      return isRepaired && text.length > 6 ? withChecksum(text) : text;
    });
}

function mutated(text: string, other: string, { how, at, to, letter, random }: Mutation): string {
  const place = at % (text.length + 1);
  const [before, here, behind] = [text.slice(0, place), text.charAt(place), text.slice(place + 1)];
  const [prefix = "", id = "", ...rest] = text.split("_");
  const [, otherId = "", otherRest = ""] = other.split("_");
  switch (how) {
    case "replace":
      return before + letter + behind;
    case "insert":
      return before + letter + here + behind;
    case "remove":
      return before + behind;
    case "swap": {
      const letters = [...text];
      const second = to % (text.length || 1);
      [letters[place], letters[second]] = [letters[second] ?? "", letters[place] ?? ""];
      return letters.join("");
    }
    case "repeat":
      return before + text.slice(place, place + 1 + (to % 9)) + here + behind;
    case "case":
      return (
        before + (here === here.toUpperCase() ? here.toLowerCase() : here.toUpperCase()) + behind
      );
    case "look-alike":
      return before + (lookAlikes[here] ?? letter) + behind;
    case "splice":
      return text.slice(0, place) + other.slice(place);
    case "other id":
      return [prefix, otherId, ...rest].join("_");
    case "other secret":
      return [prefix, id, otherRest].join("_");
    case "random secret":
      return [prefix, id, random + (rest.join("_").slice(43) || "000000")].join("_");
    // What is beyond the bits that an id and a secret have.
    case "wide":
      return [prefix, to % 2 === 0 ? "z".repeat(22) : id, `${"z".repeat(43)}000000`].join("_");
    case "cut":
      return text.slice(0, place);
    case "strange":
      return before + (strange[to % strange.length] ?? "") + here + behind;
  }
}
