import { type ReplyTo, readWireTime, weekdays } from "@tessera/sdk";
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
  "1s": "a second",
  "1m": "a minute",
  "1h": "an hour",
  "24h": "a day",
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
            `Only ${weekly.windows.map(windowText).join("; ")}, by the clocks of ${weekly.timezone}.`,
          ]),
    ],
    often: [
      ...(max_uses === undefined ? [] : [usesText(max_uses, usesReserved)]),
      ...(rate === undefined
        ? []
        : [`At most ${timesText(rate.limit)} in ${perText(rate.per)}, on each server.`]),
    ],
  };
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

/** `a minute`, `90s`. */
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

function usesText(maximum: number, reserved = 0): string {
  const left = Math.max(0, maximum - reserved);
  if (reserved === 0) return `${capital(timesText(maximum))} in all, on all servers together.`;
  return `${capital(timesText(maximum))} in all, on all servers together; ${left === 0 ? "none is" : `${left.toLocaleString("en")} ${left === 1 ? "is" : "are"}`} left.`;
}

function timesText(count: number): string {
  return count === 1 ? "once" : `${count.toLocaleString("en")} times`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
