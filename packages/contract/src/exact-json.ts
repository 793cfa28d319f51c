/** What of a JSON text would be lost by who reads it as JavaScript does. */
export interface JsonLoss {
  /** Names of members and numbers of elements, from the outermost on. */
  readonly path: readonly string[];
  /** What is wrong there and what would be right, to be put after the path. */
  readonly message: string;
  /** Where in the text it stands. */
  readonly at: number;
}

/**
 * The first number that binary64 does not hold to its last digit, or member that stands twice in its object: JSON.parse
 * would change the one and drop the other in silence (RFC 7493, sections 2.2 and 2.3). `text` must be valid JSON.
 */
export function findJsonLoss(text: string): JsonLoss | undefined {
  const open: Container[] = [];
  let at = 0;
  const found = (message: string): JsonLoss => ({ path: open.map(placeOf), message, at });
  let inner: Container | undefined;
  while (at < text.length) {
    const sign = text[at] ?? "";
    if (sign === '"') {
      const end = endOfText(text, at);
      if (inner?.isKeyNext === true) {
        inner.place = textAt(text, at, end);
        inner.isKeyNext = false;
        if (inner.names.has(inner.place)) return found("must not be there twice");
        inner.names.add(inner.place);
      }
      at = end;
    } else if (sign === "-" || isDigit(sign)) {
      const end = endOfNumber(text, at);
      const number = text.slice(at, end);
      if (!isExact(number)) return found(`${shortened(number)} ${cannotBeKept}`);
      at = end;
    } else {
      if (sign === "," && inner !== undefined) goOn(inner);
      else if (sign === "{" || sign === "[") {
        inner = sign === "{" ? newObject() : newArray();
        open.push(inner);
      } else if (sign === "}" || sign === "]") {
        open.pop();
        inner = open.at(-1);
      }
      at += 1;
    }
  }
  return undefined;
}

const cannotBeKept = "cannot be kept exactly as a number; send it as text";

/** An object or array whose end has not come yet. */
interface Container {
  readonly isObject: boolean;
  isKeyNext: boolean;
  /** The name of the present member, or the number of the present element. */
  place: string | number;
  readonly names: Set<string>;
}

/** Of arrays, which have no names. */
const none = new Set<string>();

const newObject = () => ({ isObject: true, isKeyNext: true, place: "", names: new Set<string>() });
const newArray = () => ({ isObject: false, isKeyNext: false, place: 0, names: none });

const placeOf = ({ place }: Container) => String(place);

function goOn(container: Container): void {
  container.isKeyNext = container.isObject;
  if (typeof container.place === "number") container.place += 1;
}

/** What a text in quotation marks says; few have a character that is written in another way. */
function textAt(text: string, start: number, end: number): string {
  const between = text.slice(start + 1, end - 1);
  return between.includes("\\") ? (JSON.parse(text.slice(start, end)) as string) : between;
}

function endOfText(text: string, start: number): number {
  let quote = start;
  do {
    quote = text.indexOf('"', quote + 1);
  } while (isEscaped(text, quote));
  return quote + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charAt(at - 1 - backslashes) === "\\") backslashes += 1;
  return backslashes % 2 === 1;
}

function endOfNumber(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && "0123456789.eE+-".includes(text.charAt(at))) at += 1;
  return at;
}

function isDigit(sign: string): boolean {
  return sign >= "0" && sign <= "9";
}

/** So many digits survive being read and written as binary64 (DBL_DIG of C). */
const digitsThatSurvive = 15;

/** Whether JSON.parse reads this very number: `1.0` is `1`, and `-0` is `0`. */
function isExact(number: string): boolean {
  if (number.length <= digitsThatSurvive && !/e/i.test(number)) return true;
  const value = Number(number);
  return Number.isFinite(value) && sizeOf(number) === sizeOf(String(value));
}

/** The number without its sign, as digits that neither begin nor end with 0 and a power of ten: one text for one size. */
function sizeOf(number: string): string {
  const [, whole = "", fraction = "", power = "0"] =
    /^-?(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/i.exec(number) ?? [];
  const digits = whole + fraction;
  let start = 0;
  let end = digits.length;
  // Not by an expression such as /0+$/, which takes the square of the time for zeros that are followed by another digit.
  while (digits.charAt(start) === "0") start += 1;
  while (end > start && digits.charAt(end - 1) === "0") end -= 1;
  if (start === end) return "0";
  return `${digits.slice(start, end)}e${Number(power) - fraction.length + digits.length - end}`;
}

function shortened(number: string): string {
  return number.length <= 40 ? number : `${number.slice(0, 40)}…`;
}
