import { findLossText } from "../words/json-loss.ts";

/** What was read: an object, or what is wrong and in which line, from 1. */
export type JsonReading =
  | { readonly value: Record<string, unknown> }
  | { readonly problem: string; readonly line: number };

/** Reads the text of a JSON object; no text at all is an empty one. */
export function readJsonObject(text: string): JsonReading {
  if (text.trim() === "") return { value: {} };
  try {
    const value: unknown = JSON.parse(text);
    // What reading it lost could not be told from what was written.
    const loss = findLossText(text);
    if (loss !== undefined) return { problem: loss.problem, line: lineOf(text, loss.at) };
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      return { value: value as Record<string, unknown> };
    }
    return { problem: 'must be an object, like {"key": "value"}', line: 1 };
  } catch {
    const { problem, at } = findJsonError(text);
    return { problem, line: lineOf(text, at) };
  }
}

function lineOf(text: string, at: number): number {
  return text.slice(0, at).split("\n").length;
}

/** The text of an object as the editor shows it; empty braces for an empty one. */
export function jsonText(value: Record<string, unknown>): string {
  return JSON.stringify(value, null, 2).replace(
    actsUnseen,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Embeddings, overrides, isolates and the controls that JSON lets stand in a string: only strings can hold them. */
const actsUnseen = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g;

const token =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: JSON forbids them in strings.
  /\s*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.+-])|true\b|false\b|null\b))/y;

type Expected = "value" | "value or ]" | "key" | "key or }" | ":" | ", or ]" | ", or }" | "nothing";

/** Where JSON.parse stopped; browsers tell it in different ways, or not at all. */
function findJsonError(text: string): { problem: string; at: number } {
  const open: ("{" | "[")[] = [];
  let expected: Expected = "value";
  let at = 0;
  for (;;) {
    token.lastIndex = at;
    const match = token.exec(text);
    const next = at + (/^\s*/.exec(text.slice(at))?.[0].length ?? 0);
    if (match === null) return { problem: wrongText(text, next, expected), at: next };
    const [, mark, string] = match;
    const after = follow(mark ?? (string === undefined ? "literal" : "string"), expected, open);
    if (after === undefined) return { problem: wrongText(text, next, expected), at: next };
    expected = after;
    at = token.lastIndex;
  }
}

/** What may follow the token; `undefined`: it may not stand here. */
function follow(what: string, expected: Expected, open: ("{" | "[")[]): Expected | undefined {
  const isValueDue = expected === "value" || expected === "value or ]";
  const isKeyDue = expected === "key" || expected === "key or }";
  if (what === ":") return expected === ":" ? "value" : undefined;
  if (what === ",") {
    if (expected === ", or ]") return "value";
    return expected === ", or }" ? "key" : undefined;
  }
  if (what === "{" || what === "[") {
    if (!isValueDue) return undefined;
    open.push(what);
    return what === "{" ? "key or }" : "value or ]";
  }
  if (what === "}" || what === "]") {
    if (!expected.endsWith(what)) return undefined;
    open.pop();
    return afterValue(open);
  }
  if (isKeyDue) return what === "string" ? ":" : undefined;
  return isValueDue ? afterValue(open) : undefined;
}

function afterValue(open: readonly ("{" | "[")[]): Expected {
  const inner = open.at(-1);
  if (inner === undefined) return "nothing";
  return inner === "{" ? ", or }" : ", or ]";
}

const expectedWords: Readonly<Record<Expected, string>> = {
  value: "a value",
  "value or ]": "a value or ]",
  key: "a key in double quotes",
  "key or }": "a key in double quotes or }",
  ":": "a colon",
  ", or ]": "a comma or ]",
  ", or }": "a comma or }",
  nothing: "nothing more",
};

function wrongText(text: string, at: number, expected: Expected): string {
  const found = text.slice(at).split(/[\s,:{}[\]]/, 1)[0] || text.charAt(at);
  const shown = found.length > 20 ? `${found.slice(0, 20)}…` : found;
  return at >= text.length
    ? `ends too early: ${expectedWords[expected]} should follow`
    : `${expectedWords[expected]} should stand before ${shown}`;
}
