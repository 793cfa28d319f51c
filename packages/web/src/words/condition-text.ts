import { type ReplyTo, readWireTime, weekdays } from "@tessera/sdk";
import { times } from "./counted.ts";
import { capitalized } from "./first-letter.ts";
import { dateTimeText } from "./time-text.ts";

/** Where, when and how often a token works. */
export type Conditions = NonNullable<ReplyTo<"tokens.view">["conditions"]>;
export type Weekday = (typeof weekdays)[number];
type Window = NonNullable<Conditions["weekly"]>["windows"][number];

/** Of many the first are named. */
const networksNamed = 6;

export const dayNames: Readonly<Record<Weekday, string>> = {
  mon: "Mon",
  tue: "Tue",
  wed: "Wed",
  thu: "Thu",
  fri: "Fri",
  sat: "Sat",
  sun: "Sun",
};

const unitNames: Readonly<Record<string, string>> = {
  "1s": "second",
  "1m": "minute",
  "1h": "hour",
  "24h": "day",
};

/** What a token's conditions say, a sentence each, by what they are about; nothing where there is none of a kind. */
export function conditionSentences(conditions: Conditions = {}, usesReserved?: number) {
  const { addresses, not_before, weekly, max_uses, rate } = conditions;
  const startsAt = readWireTime(not_before);
  return {
    from: [
      ...(addresses?.allow === undefined ? [] : [`Only from ${networksText(addresses.allow)}.`]),
      ...(addresses?.deny === undefined ? [] : [`Never from ${networksText(addresses.deny)}.`]),
    ],
    when: [
      ...(startsAt === null ? [] : [`Not before ${dateTimeText(startsAt)}.`]),
      ...(weekly === undefined
        ? []
        : [
            `Only ${weekly.windows.map(windowText).join("; ")}, in the time zone ${weekly.timezone}.`,
          ]),
    ],
    often: [
      ...(max_uses === undefined ? [] : [usesText(max_uses, usesReserved)]),
      ...(rate === undefined ? [] : [`${capitalized(rateText(rate))}, on each server.`]),
    ],
  };
}

/** All of it in one sentence, where there is no room for more; `undefined` where there is no condition. */
export function conditionsInShort(conditions: Conditions = {}): string | undefined {
  const { addresses, not_before, weekly, max_uses, rate } = conditions;
  const startsAt = readWireTime(not_before);
  const parts = [
    ...(addresses?.allow === undefined ? [] : [`only from ${networksInShort(addresses.allow)}`]),
    ...(addresses?.deny === undefined ? [] : [`never from ${networksInShort(addresses.deny)}`]),
    ...(startsAt === null ? [] : [`not before ${dateTimeText(startsAt)}`]),
    ...(weekly === undefined ? [] : [`only ${windowsInShort(weekly.windows)}`]),
    ...(max_uses === undefined ? [] : [`only ${times(max_uses)} in total`]),
    ...(rate === undefined ? [] : [rateText(rate)]),
  ];
  return parts.length === 0 ? undefined : `It works ${parts.join(", ")}.`;
}

/** `Mon–Fri from 07:00 to 19:00`, `Sat from 22:00 to 06:00 of the next day`. */
export function windowText({ days, from, to }: Window): string {
  const on = daysText(days);
  return isWholeDay({ from, to })
    ? `${on}, the whole day`
    : `${on} from ${from} to ${endText({ from, to })}`;
}

/** `Mon–Fri`, `Mon, Wed`, `every day`. */
export function daysText(days: readonly Weekday[]): string {
  if (days.length === weekdays.length) return "every day";
  const runs: Weekday[][] = [];
  for (const day of weekdays) {
    if (!days.includes(day)) continue;
    const run = runs.at(-1);
    const last = run?.at(-1);
    if (last !== undefined && weekdays.indexOf(last) === weekdays.indexOf(day) - 1) run?.push(day);
    else runs.push([day]);
  }
  return runs
    .flatMap((run) =>
      run.length > 2
        ? [`${dayNames[run[0] ?? "mon"]}–${dayNames[run.at(-1) ?? "sun"]}`]
        : run.map((day) => dayNames[day]),
    )
    .join(", ");
}

function isWholeDay({ from, to }: Pick<Window, "from" | "to">): boolean {
  return from === "00:00" && to === "24:00";
}

/** What is earlier than the beginning is on the next day. */
function isOverMidnight({ from, to }: Pick<Window, "from" | "to">): boolean {
  return to < from;
}

/** `minute`, `90s`. */
export function perText(per: string): string {
  return unitNames[per] ?? per;
}

function endText(window: Pick<Window, "from" | "to">): string {
  if (window.to === "24:00") return "midnight";
  return isOverMidnight(window) ? `${window.to} of the next day` : window.to;
}

function networksText(networks: readonly string[]): string {
  const left = networks.length - networksNamed;
  if (left < 2) return networks.join(", ");
  return `${networks.slice(0, networksNamed).join(", ")} and ${left} more`;
}

function networksInShort(networks: readonly string[]): string {
  return networks.length > 1 ? `${networks.length} addresses or networks` : networks.join();
}

function windowsInShort(windows: readonly Window[]): string {
  return windows.length > 1
    ? `at ${windows.length} times of the week`
    : windows.map(windowText).join();
}

/** `at most 600 times per minute`. */
function rateText({ limit, per }: NonNullable<Conditions["rate"]>): string {
  return `at most ${times(limit)} per ${perText(per)}`;
}

function usesText(maximum: number, reserved = 0): string {
  const left = Math.max(0, maximum - reserved);
  const all = `${capitalized(times(maximum))} in total, on all servers together`;
  if (reserved === 0) return `${all}.`;
  return `${all}; ${left === 0 ? "none is" : `${left.toLocaleString("en")} ${left === 1 ? "is" : "are"}`} left.`;
}
