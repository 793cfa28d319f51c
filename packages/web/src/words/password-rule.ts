import { capitalized } from "./first-letter.ts";

/** The server's rule for passwords, a regular expression, in words: nobody is to read one. */
export function passwordRuleText(rule: string | undefined): string {
  if (rule === undefined || rule === "") return "";
  return `${shapeText(rule)} Not your username or email address, and none that many people use.`;
}

const classes: Readonly<Record<string, string>> = {
  "[a-z]": "a lowercase letter",
  "[A-Z]": "an uppercase letter",
  "[a-zA-Z]": "a letter",
  "[A-Za-z]": "a letter",
  "\\d": "a digit",
  "[0-9]": "a digit",
  "\\W": "a special character",
  "[^A-Za-z0-9]": "a special character",
  "[^a-zA-Z0-9]": "a special character",
  "\\p{Ll}": "a lowercase letter",
  "\\p{Lu}": "an uppercase letter",
  "\\p{N}": "a digit",
};

/** Conditions about what must be in it, then how long it is: `^(?=.*[A-Z])(?=.*\\d).{8,}$`. */
const known = /^\^((?:\(\?=\.\*[^()]+\))*)\.(?:\{(\d+),(\d*)\}|[+*])\$$/;

function shapeText(rule: string): string {
  const [match, conditions = "", minimum = "", maximum = ""] = known.exec(rule) ?? [];
  const wanted = [...conditions.matchAll(/\(\?=\.\*([^()]+)\)/g)].map(
    ([, one = ""]) => classes[one],
  );
  const length = [
    ...(minimum === "" ? [] : [`at least ${minimum}`]),
    ...(maximum === "" ? [] : [`at most ${maximum}`]),
  ].join(", ");
  const parts = [
    ...(length === "" ? [] : [`${length} characters`]),
    ...(wanted.length === 0
      ? []
      : [`with ${new Intl.ListFormat("en").format(wanted.map(String))}`]),
  ].join(", ");
  if (match === undefined || parts === "" || wanted.includes(undefined)) {
    return "It must follow the rule for passwords that whoever runs this server has set.";
  }
  return `${capitalized(parts)}.`;
}

/** What the rule says is wrong with a password; `undefined`: nothing that can be known here. */
export function passwordProblem(rule: string | undefined, password: string): string | undefined {
  if (rule === undefined || new RegExp(rule, "u").test(password)) return undefined;
  return shapeText(rule);
}
