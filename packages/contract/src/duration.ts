import { maximumLength } from "./limits.ts";

/** Milliseconds of each unit: Go's (https://pkg.go.dev/time#ParseDuration) and days and weeks. */
const unitMilliseconds: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};

const part = /(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h|d|w)/y;

/** Reads `24h`, `1h30m`, `1.5h`, `30d`, `2w` → milliseconds; anything else → undefined. */
export function parseDuration(text: string): number | undefined {
  if (text === "" || text.length > maximumLength.duration) return undefined;
  let milliseconds = 0;
  part.lastIndex = 0;
  while (part.lastIndex < text.length) {
    const match = part.exec(text);
    if (match === null) return undefined;
    milliseconds += Number(match[1]) * (unitMilliseconds[match[2] ?? ""] ?? Number.NaN);
  }
  return Number.isSafeInteger(Math.round(milliseconds)) ? Math.round(milliseconds) : undefined;
}
