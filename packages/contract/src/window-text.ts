import { type Weekday, weekdays } from "./conditions.ts";

/** A time of the week as people write it: `mon-fri 07:00-19:00`, `sat,sun 22:00-06:00`, `daily 00:00-24:00`. */
export function parseWindowText(
  text: string,
): { readonly days: Weekday[]; readonly from: string; readonly to: string } | undefined {
  const [, dayText = "", from = "", to = ""] =
    /^([a-z,-]+) +(\d\d:\d\d)-(\d\d:\d\d)$/i.exec(text.trim()) ?? [];
  const days = dayText.toLowerCase().split(",").map(readDays);
  if (from === "" || days.includes(undefined)) return undefined;
  return { days: [...new Set(days.flatMap((some) => some ?? []))], from, to };
}

const names: readonly string[] = weekdays;

/** A day or several, as `fri-mon`; `undefined` where it is neither. */
function readDays(text: string): readonly Weekday[] | undefined {
  if (text === "daily") return weekdays;
  const [first, last] = text.split("-").map((name) => names.indexOf(name));
  if (first === undefined || first === -1 || last === -1) return undefined;
  const count = last === undefined ? 1 : ((last - first + weekdays.length) % weekdays.length) + 1;
  return Array.from(
    { length: count },
    (_, index) => weekdays[(first + index) % weekdays.length] ?? "mon",
  );
}
