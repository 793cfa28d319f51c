import { nearest } from "@tessera/contract";

/** One part of a path between slashes. `any` is whatever stands there, and means nothing. */
export type PatternSegment =
  | { readonly kind: "word"; readonly word: string }
  | { readonly kind: "domain" | "id" | "any" };

/** What is wrong with a pattern, as a sentence without its subject. */
export interface PatternProblem {
  readonly message: string;
}

const placeholders = ["{domain}", "{id}"];
/** RFC 3986's characters of a path segment, without those that servers read differently. */
const plainWord = /^[A-Za-z0-9._~!$&'()+,=:@-]+$/;

/** Reads `/api/{domain}/rules/{id}`: words, `{domain}`, `{id}`, and `*` for one segment of any kind. */
export function parseRoutePattern(pattern: string): readonly PatternSegment[] | PatternProblem {
  if (!pattern.startsWith("/")) return { message: "must begin with /" };
  const texts = pattern.slice(1).split("/");
  const segments: PatternSegment[] = [];
  for (const [index, text] of texts.entries()) {
    const segment = parseSegment(text, index === texts.length - 1);
    if ("message" in segment) return segment;
    if (segment.kind === "domain" || segment.kind === "id") {
      if (segments.some(({ kind }) => kind === segment.kind)) {
        return { message: `must have ${text} only once` };
      }
    }
    segments.push(segment);
  }
  return segments;
}

export function isPatternProblem(
  read: readonly PatternSegment[] | PatternProblem,
): read is PatternProblem {
  return "message" in read;
}

function parseSegment(text: string, isLast: boolean): PatternSegment | PatternProblem {
  if (text === "*") return { kind: "any" };
  if (text === "{domain}") return { kind: "domain" };
  if (text === "{id}") return { kind: "id" };
  if (text.includes("{") || text.includes("}")) {
    return {
      message: `has no meaning for "${text}"; did you mean "${nearest(text, placeholders)}"? * stands for any one segment`,
    };
  }
  // A trailing slash makes another path.
  if (text === "" && isLast) return { kind: "word", word: "" };
  if (text === "." || text === ".." || !plainWord.test(text)) {
    return { message: `must not contain the segment "${text}"` };
  }
  return { kind: "word", word: text };
}

/**
 * The segments of a request's path, decoded; `undefined` where two servers could read it differently: encoded slashes,
 * dot segments, empty segments, backslashes, control characters, `;` parameters, what is encoded twice or needlessly,
 * and anything but ASCII. A query is cut off and changes nothing.
 */
export function readRequestPath(target: string): readonly string[] | undefined {
  if (plainPath.test(target)) return target.slice(1).split("/");
  const path = target.split("?", 1)[0] ?? "";
  if (!path.startsWith("/") || !/^[!-~]+$/.test(target) || target.includes("#")) return undefined;
  const texts = path.slice(1).split("/");
  const segments: string[] = [];
  for (const [index, text] of texts.entries()) {
    const segment = decodeSegment(text);
    if (segment === undefined || (segment === "" && index < texts.length - 1)) return undefined;
    segments.push(segment);
  }
  return segments;
}

/** What nearly all requests have: no sign in it means anything but itself. */
const plainPath = /^(?:\/[A-Za-z0-9_~-]+)+$/;

function decodeSegment(text: string): string | undefined {
  if (text === "." || text === ".." || /[\\;{}|^`"<>]/.test(text)) return undefined;
  if (!text.includes("%")) return text;
  for (const [octet] of text.matchAll(/%[0-9A-Fa-f]{2}/g)) {
    const character = String.fromCharCode(Number.parseInt(octet.slice(1), 16));
    // Unreserved characters are never rightly encoded; the others are read as structure by some servers.
    if (/[A-Za-z0-9._~\-/\\;%?#]/.test(character) || character < " " || character === "\x7f") {
      return undefined;
    }
  }
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
