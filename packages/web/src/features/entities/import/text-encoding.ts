/** How the letters of a file stand in its bytes; names as in the Encoding Standard of the WHATWG. */
export const encodings = [
  { value: "utf-8", label: "UTF-8" },
  { value: "utf-16le", label: "UTF-16" },
  { value: "utf-16be", label: "UTF-16, big-endian" },
  { value: "windows-1252", label: "Windows-1252, western Europe" },
  { value: "windows-1250", label: "Windows-1250, central Europe" },
  { value: "windows-1251", label: "Windows-1251, Cyrillic" },
  { value: "windows-1253", label: "Windows-1253, Greek" },
  { value: "windows-1254", label: "Windows-1254, Turkish" },
  { value: "windows-1257", label: "Windows-1257, Baltic" },
] as const;

export type Encoding = (typeof encodings)[number]["value"];

/** What old programs of each region write, a byte for a letter: which of them it is no byte says. */
const codePages = encodings.map(({ value }) => value).filter((one) => one.startsWith("windows"));

type Bytes = Uint8Array<ArrayBuffer>;

/** The text with its byte order mark; what is no letter in the encoding becomes U+FFFD. */
export function decode(bytes: Bytes, encoding: Encoding): string {
  return new TextDecoder(encoding, { ignoreBOM: true }).decode(bytes);
}

/**
 * In which encoding the file is; `undefined`: it could be in several, which show other letters. Marks at the
 * beginning, zero bytes of UTF-16 and well-formed UTF-8 leave no doubt.
 */
export function recogniseEncoding(bytes: Bytes): Encoding | undefined {
  const [first, second] = bytes;
  if (first === 0xff && second === 0xfe) return "utf-16le";
  if (first === 0xfe && second === 0xff) return "utf-16be";
  const ofZeros = encodingOfZeros(bytes);
  if (ofZeros !== undefined) return ofZeros;
  if (isUtf8(bytes)) return "utf-8";
  const western = decode(bytes, "windows-1252");
  // Words of Cyrillic or Greek letters: nobody writes three accents in a row.
  const isOtherScript = /[\u0080-\u00ff]{3}/.test(western);
  return isOtherScript || western !== decode(bytes, "windows-1250") ? undefined : "windows-1252";
}

/** The first lines that differ by encoding, once for each way that they can be read. */
export function waysToRead(
  bytes: Bytes,
): readonly { readonly encoding: Encoding; readonly sample: string }[] {
  const ways: { encoding: Encoding; sample: string }[] = [];
  for (const encoding of codePages) {
    const lines = decode(bytes, encoding).split(/\r\n|\r|\n/);
    const sample = lines.filter((line) => /[^\0-\x7f]/.test(line)).slice(0, 3);
    const shown = sample.map((line) => line.slice(0, 60)).join(" · ");
    if (!ways.some((known) => known.sample === shown)) ways.push({ encoding, sample: shown });
  }
  return ways;
}

/** How many bytes the text had in the file. */
export function byteLength(text: string, encoding: Encoding): number {
  if (encoding === "utf-8") return new TextEncoder().encode(text).length;
  return encoding.startsWith("utf-16") ? 2 * text.length : text.length;
}

/** UTF-16 without a mark has a zero in most pairs of bytes, where the letters are Latin or the separators are. */
function encodingOfZeros(bytes: Bytes): Encoding | undefined {
  if (bytes.length % 2 === 1) return undefined;
  let atEven = 0;
  let atOdd = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    if (bytes[at] === 0) atEven += 1;
    if (bytes[at + 1] === 0) atOdd += 1;
  }
  const many = bytes.length / 10;
  if (atOdd > many && atEven === 0) return "utf-16le";
  return atEven > many && atOdd === 0 ? "utf-16be" : undefined;
}

function isUtf8(bytes: Bytes): boolean {
  try {
    new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
}
