/** The line does not end as JSON does, or is none. */
export class NoJsonError extends RangeError {
  constructor() {
    super("is no JSON");
  }
}

/** Throws a {@link NoJsonError}. */
export function parseJson(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    throw new NoJsonError();
  }
}

/** A line of which a crash or a full disk left the beginning. */
export interface CutLine {
  readonly number: number;
  readonly text: string;
}

/** What was cut off in a file, once all of it is read. */
export interface CutsOfFile {
  /** The first line whose rest is nowhere behind it: by what wrote the file it would be there. */
  readonly lost: CutLine | undefined;
  /** Of a file to which nothing whole was added since. */
  readonly atEnd: CutLine | undefined;
  /** How many are whole further on. */
  readonly healed: number;
}

/** Is told all lines of a file, one after the other. */
export interface CutLines<T> {
  /** `false`: it is no beginning of a line, but something else that is no JSON. */
  addCut(number: number, line: string): boolean;
  addWhole(line: string, read: T): void;
  end(): CutsOfFile;
}

/** Of each crash there may be one. */
const mostWaiting = 1_000;

/**
 * Tells lines that were cut off, which whoever wrote them writes again, from lines that somebody has spoilt. `holds`:
 * whether a whole line holds what the one that begins so was to hold.
 */
export function createCutLines<T>(
  holds: (beginning: string, line: string, read: T) => boolean,
): CutLines<T> {
  let waiting: (CutLine & { readonly isAtEnd: boolean })[] = [];
  let healed = 0;
  return {
    addCut: (number, line) => {
      // Of what was not yet on the disk a power failure leaves zeros, of a letter perhaps half.
      const text = line.replace(/[\0\ufffd]+$/, "");
      if (!text.startsWith("{") && text !== "") return false;
      const last = waiting.at(-1);
      // A disk that is full cuts the same line off again and again.
      if (last?.isAtEnd && last.text.startsWith(text)) return true;
      if (last?.isAtEnd && text.startsWith(last.text)) waiting.pop();
      if (waiting.length === mostWaiting) return false;
      waiting.push({ number, text, isAtEnd: true });
      return true;
    },
    addWhole: (line, read) => {
      if (waiting.length === 0) return;
      const left = waiting.filter(({ text }) => !holds(text, line, read));
      healed += waiting.length - left.length;
      waiting = left.map((each) => ({ ...each, isAtEnd: false }));
    },
    end: () => ({
      lost: waiting.find(({ isAtEnd }) => !isAtEnd),
      atEnd: waiting.find(({ isAtEnd }) => isAtEnd),
      healed,
    }),
  };
}
