import { parseWindowText } from "@tessera/sdk";
import type { GivenOptions } from "./endpoint-input.ts";
import { single } from "./given-options.ts";
import { UsageError } from "./usage-error.ts";

/** Options that say where, when and how often a token works: flags and what they mean. */
export const conditionFlags = [
  ["--allow-from <a,b>", "only from these addresses and networks"],
  ["--deny-from <a,b>", "never from these"],
  ["--not-before <time>", "from when on: 2026-12-01T00:00:00Z"],
  ["--only-at <times>", 'when in the week: "mon-fri 07:00-19:00"; may be repeated'],
  ["--timezone <name>", "of --only-at: Europe/Berlin; UTC if not said"],
  ["--max-uses <number>", "how often in all"],
  ["--rate <number/time>", "how often in a time, on each server: 600/1m"],
] as const;

/** Takes conditions away. */
export const removeFlag = [
  "--remove <names>",
  "which to take away: addresses, not_before, weekly, max_uses, rate",
] as const;

/** The conditions that the options name, as the wire has them; `null` for what is to be taken away. */
export function readConditionOptions(given: GivenOptions): Readonly<Record<string, unknown>> {
  const [allow, deny] = [listOf(given, "allow-from"), listOf(given, "deny-from")];
  const windows = (given.get("only-at") ?? []).map(readWindow);
  const timezone = single(given, "timezone");
  if (timezone !== undefined && windows.length === 0) {
    throw new UsageError("--timezone is for --only-at");
  }
  const notBefore = single(given, "not-before");
  const maxUses = single(given, "max-uses");
  const rate = single(given, "rate");
  const removed = listOf(given, "remove").map((name) => [name, null] as const);
  return {
    ...Object.fromEntries(removed),
    ...(allow.length + deny.length === 0
      ? {}
      : {
          addresses: {
            ...(allow.length === 0 ? {} : { allow }),
            ...(deny.length === 0 ? {} : { deny }),
          },
        }),
    ...(notBefore === undefined ? {} : { not_before: notBefore }),
    ...(windows.length === 0 ? {} : { weekly: { timezone: timezone ?? "UTC", windows } }),
    ...(maxUses === undefined ? {} : { max_uses: readCount("--max-uses", maxUses) }),
    ...(rate === undefined ? {} : { rate: readRate(rate) }),
  };
}

function listOf(given: GivenOptions, name: string): readonly string[] {
  return (given.get(name) ?? []).flatMap((text) => text.split(",")).filter((text) => text !== "");
}

function readWindow(text: string) {
  const window = parseWindowText(text);
  if (window !== undefined) return window;
  throw new UsageError(
    `--only-at is like "mon-fri 07:00-19:00" or "daily 22:00-06:00", not "${text}"`,
  );
}

function readRate(text: string) {
  const [limit = "", per = "", ...more] = text.split("/");
  if (per === "" || more.length > 0) throw new UsageError(`--rate is like 600/1m, not "${text}"`);
  return { limit: readCount("--rate", limit), per };
}

function readCount(option: string, text: string): number {
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new UsageError(`${option} needs a whole number, not "${text}"`);
}
