import { AppError, findJsonLoss } from "@tessera/contract";

type Code = "invalid_body" | "invalid_query" | "invalid_path";

const maximumDepth = 64;
/** Of members, elements, objects and arrays, at all levels, where nothing else is said. */
const usualValues = 50_000;

/**
 * Reads the JSON of a caller. Throws 400 for what is nested too deep or has too many members, before any of it is made, and for what would not
 * be kept as it was sent; `SyntaxError` for what is no JSON. `name`: of the query's key. `hearValues` hears how many members,
 * elements, objects and arrays there are, or were counted until they were too many; `look`: before anything is made.
 */
export function readStorableJson(
  code: Code,
  text: string,
  name?: string,
  maximumValues = usualValues,
  hearValues: (values: number) => void = () => {},
  look: () => void = () => {},
): unknown {
  const { values, excess } = measure(text, maximumValues);
  hearValues(values);
  if (excess !== undefined) {
    const message = `${name ?? "the body"} must not ${excess}`;
    throw new AppError(code, message, name === undefined ? {} : { field: name });
  }
  look();
  const value: unknown = JSON.parse(text);
  const path = name === undefined ? [] : [name];
  const loss = findJsonLoss(text);
  if (loss !== undefined) throw refuse(code, [...path, ...loss.path], loss.message, ": ");
  if (!isPlain(text)) requireStorable(code, value, path);
  return value;
}

/** Whether nothing in the JSON can be what {@link requireStorable} refuses: it takes less time than to look at each member. */
function isPlain(text: string): boolean {
  return (
    !text.includes("\\") &&
    text.isWellFormed() &&
    !text.includes("__proto__") &&
    !text.includes("constructor")
  );
}

/**
 * Throws 400, naming the member, for JSON that would not be kept as it was sent: NUL characters and halves of surrogate
 * pairs (which PostgreSQL refuses), and members that change what an object is, of which a schema would drop some.
 */
export function requireStorable(code: Code, value: unknown, path: string[] = []): void {
  if (typeof value === "string") requireStorableText(code, value, path);
  if (typeof value !== "object" || value === null) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      // Most items of a long list are plain, and their path is wanted only where one is refused.
      if (typeof item === "number") continue;
      path.push(String(index));
      requireStorable(code, item, path);
      path.pop();
    }
    return;
  }
  for (const key of Object.keys(value)) {
    const member = (value as Readonly<Record<string, unknown>>)[key];
    requireStorableText(code, key, path);
    path.push(key);
    if (isPoisonous(key, member)) throw refuse(code, path, "is no name that a member may have");
    requireStorable(code, member, path);
    path.pop();
  }
}

function requireStorableText(code: Code, text: string, path: readonly string[]): void {
  if (text.includes("\u0000")) throw refuse(code, path, "must not contain a NUL character");
  if (!text.isWellFormed()) throw refuse(code, path, "must not contain half of a surrogate pair");
}

/** What an assignment or a merge of objects would take for the prototype. */
function isPoisonous(key: string, member: unknown): boolean {
  if (key === "__proto__") return true;
  return (
    key === "constructor" &&
    typeof member === "object" &&
    member !== null &&
    Object.hasOwn(member, "prototype")
  );
}

function refuse(code: Code, path: readonly string[], message: string, joint = " "): AppError {
  const field = path.slice(0, 8).join(".");
  const subject = field || (code === "invalid_body" ? "the body" : "the query");
  return new AppError(code, `${subject}${joint}${message}`, field === "" ? {} : { field });
}

/**
 * Counts brackets and commas outside texts, before anything is made of them: half a million levels or elements take
 * JSON.parse, and whoever looks at each of them, a good part of a second.
 */
function measure(text: string, maximumValues: number): { values: number; excess?: string } {
  let depth = 0;
  let values = 0;
  let isInText = false;
  for (let index = 0; index < text.length; index += 1) {
    const sign = text.charCodeAt(index);
    if (isInText) {
      if (sign === signs.backslash) index += 1;
      else if (sign === signs.quote) isInText = false;
    } else if (sign === signs.quote) {
      isInText = true;
    } else if (sign === signs.comma || sign === signs.openArray || sign === signs.openObject) {
      values += 1;
      if (values > maximumValues) {
        return { values, excess: `have more than ${maximumValues} members and elements` };
      }
      if (sign === signs.comma) continue;
      depth += 1;
      if (depth > maximumDepth) {
        return { values, excess: `be nested deeper than ${maximumDepth} levels` };
      }
    } else if (sign === signs.closeArray || sign === signs.closeObject) {
      depth -= 1;
    }
  }
  return { values };
}

const signs = {
  comma: 0x2c,
  quote: 0x22,
  backslash: 0x5c,
  openArray: 0x5b,
  closeArray: 0x5d,
  openObject: 0x7b,
  closeObject: 0x7d,
} as const;
