import { revealHidden } from "@tessera/contract";
import type { TokenEnd } from "./feed-store.ts";

/** So many octets has a line at most, without its end (RFC 5545, section 3.1). */
const maximumLineOctets = 75;

/** The ends of tokens as iCalendar (RFC 5545): the same text for the same ends, whenever it is asked for. */
export function calendarText(ends: readonly TokenEnd[], publicUrl: string): string {
  const host = new URL(publicUrl === "" ? "http://localhost" : publicUrl).hostname;
  const lines = [
    "BEGIN:VCALENDAR",
    "VERSION:2.0",
    "PRODID:-//Tessera//Ends of tokens//EN",
    "CALSCALE:GREGORIAN",
    "METHOD:PUBLISH",
    "X-WR-CALNAME:Tessera: ends of tokens",
    "REFRESH-INTERVAL;VALUE=DURATION:PT6H",
    ...ends.flatMap((end) => eventLines(end, publicUrl, host)),
    "END:VCALENDAR",
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join("");
}

function eventLines(
  { tokenId, secretId, name, madeAt, endsAt }: TokenEnd,
  publicUrl: string,
  host: string,
): readonly string[] {
  return [
    "BEGIN:VEVENT",
    `UID:${tokenId}-${secretId}@${host}`,
    `DTSTAMP:${utc(madeAt)}`,
    `DTSTART:${utc(endsAt)}`,
    `SUMMARY:${escaped(`Token "${name}" ends`)}`,
    ...(publicUrl === "" ? [] : [`URL:${publicUrl}/pats/${tokenId}`]),
    "TRANSP:TRANSPARENT",
    "END:VEVENT",
  ];
}

/** `20260102T030405Z` */
function utc(at: number): string {
  return new Date(at).toISOString().replaceAll(/[-:]|\.\d+/g, "");
}

/** RFC 5545, section 3.3.11; what else acts on a program that shows it is made visible. */
function escaped(text: string): string {
  return text
    .split(/\r\n?|\n/)
    .map((line) => revealHidden(line).replaceAll(/[\\;,]/g, "\\$&"))
    .join("\\n");
}

/** Broken into lines that are short enough, never within a character. */
function folded(line: string): string {
  const parts: string[] = [];
  let part = "";
  let octets = 0;
  for (const character of line) {
    const length = Buffer.byteLength(character);
    if (octets + length > maximumLineOctets) {
      parts.push(part);
      // The space that begins the next line counts.
      part = " ";
      octets = 1;
    }
    part += character;
    octets += length;
  }
  return [...parts, part].join("\r\n");
}
