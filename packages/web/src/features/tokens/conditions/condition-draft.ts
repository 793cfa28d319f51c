import { maximumCount, ownTimezone, readWireTime, weekdays } from "@tessera/sdk";
import { bodyProblems } from "../../../api/body-problems.ts";
import type { Conditions, Weekday } from "../../../words/condition-text.ts";
import { localMinute } from "../../../words/durations.ts";
import { fieldComplaint } from "../../../words/failure-text.ts";
import { wholeNumber } from "../../../words/whole-number.ts";

/** What can be switched on in the form: a condition each, two of them of addresses. */
export type ConditionKind = "allow" | "deny" | "notBefore" | "weekly" | "maxUses" | "rate";

export interface WindowDraft {
  /** Tells the rows of the form apart. */
  readonly key: number;
  readonly days: readonly Weekday[];
  /** `HH:mm`, or empty. */
  readonly from: string;
  /** Likewise; `00:00` is the end of the day. */
  readonly to: string;
}

/** Conditions while they are written; what is switched off keeps what was entered. */
export interface ConditionDraft {
  readonly on: readonly ConditionKind[];
  /** Addresses and networks, one a line. */
  readonly allow: string;
  readonly deny: string;
  /** `YYYY-MM-DDTHH:mm` in the person's time zone, or empty. */
  readonly notBefore: string;
  readonly timezone: string;
  readonly windows: readonly WindowDraft[];
  readonly maxUses: string;
  readonly rateLimit: string;
  readonly ratePer: string;
}

/** What is wrong, by the wire's name of the member: `addresses.allow.2`. */
export type ConditionProblems = Readonly<Record<string, string | undefined>>;

const workingHours: Omit<WindowDraft, "key"> = {
  days: ["mon", "tue", "wed", "thu", "fri"],
  from: "07:00",
  to: "19:00",
};

/** The form of what a token has. `timezone`: where windows are written that are not there yet. */
export function draftOf(conditions: Conditions = {}, timezone: string): ConditionDraft {
  const { addresses, not_before, weekly, max_uses, rate } = conditions;
  const startsAt = readWireTime(not_before);
  const kinds: readonly [ConditionKind, unknown][] = [
    ["allow", addresses?.allow],
    ["deny", addresses?.deny],
    ["notBefore", not_before],
    ["weekly", weekly],
    ["maxUses", max_uses],
    ["rate", rate],
  ];
  return {
    on: kinds.flatMap(([kind, value]) => (value === undefined ? [] : [kind])),
    allow: (addresses?.allow ?? []).join("\n"),
    deny: (addresses?.deny ?? []).join("\n"),
    notBefore: startsAt === null ? "" : localMinute(startsAt),
    timezone: weekly?.timezone ?? timezone,
    windows: (weekly?.windows ?? [workingHours]).map(({ days, from, to }, key) => ({
      key,
      days,
      from,
      to: to === "24:00" ? "00:00" : to,
    })),
    maxUses: max_uses === undefined ? "" : String(max_uses),
    rateLimit: rate === undefined ? "" : String(rate.limit),
    ratePer: rate?.per ?? "1m",
  };
}

/** Where windows begin that nobody wrote yet. */
export function localTimezone(): string {
  return ownTimezone() ?? "UTC";
}

/** Another row of the form: what is left of the week. */
export function nextWindow(windows: readonly WindowDraft[]): WindowDraft {
  const taken = new Set(windows.flatMap(({ days }) => days));
  const left = weekdays.filter((day) => !taken.has(day));
  const key = Math.max(-1, ...windows.map((window) => window.key)) + 1;
  return { ...workingHours, key, days: left };
}

/** One a line, or with commas between; with mere spaces where all of it looks like addresses. */
export function entriesOf(text: string): readonly string[] {
  return text
    .split(/[\n,;]+/)
    .map((entry) => entry.trim())
    .flatMap((entry) => (/^[\da-f:./\s]+$/i.test(entry) ? entry.split(/\s+/) : entry))
    .filter((entry) => entry !== "");
}

/** The conditions as the server takes them; `undefined` where there is none. `before`: what they come from. */
export function conditionsOf(
  draft: ConditionDraft,
  before: Conditions = {},
): Conditions | undefined {
  const isOn = (kind: ConditionKind) => draft.on.includes(kind);
  const conditions: Conditions = {
    ...(isOn("allow") || isOn("deny")
      ? {
          addresses: {
            ...(isOn("allow") ? { allow: [...entriesOf(draft.allow)] } : {}),
            ...(isOn("deny") ? { deny: [...entriesOf(draft.deny)] } : {}),
          },
        }
      : {}),
    ...(isOn("notBefore") ? { not_before: instantOf(draft.notBefore, before.not_before) } : {}),
    ...(isOn("weekly")
      ? {
          weekly: {
            timezone: draft.timezone,
            windows: draft.windows.map(({ days, from, to }) => ({
              days: [...days],
              from,
              to: to === "00:00" ? "24:00" : to,
            })),
          },
        }
      : {}),
    ...(isOn("maxUses") ? { max_uses: wholeNumber(draft.maxUses) } : {}),
    ...(isOn("rate") ? { rate: { limit: wholeNumber(draft.rateLimit), per: draft.ratePer } } : {}),
  };
  return Object.keys(conditions).length === 0 ? undefined : conditions;
}

/** What is to be sent so that `before` becomes `after`: `null` takes one away, what stays as it is is not named. */
export function changeOf(before: Conditions = {}, after: Conditions = {}) {
  const names = ["addresses", "not_before", "weekly", "max_uses", "rate"] as const;
  const changed = names.filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
  return Object.fromEntries(changed.map((name) => [name, after[name] ?? null]));
}

/** All that is wrong with the draft, each entry by itself. */
export function problemsOf(draft: ConditionDraft): ConditionProblems {
  const { on } = draft;
  const conditions = conditionsOf(draft) ?? {};
  const { windows = [] } = conditions.weekly ?? {};
  const entries = (["allow", "deny"] as const).flatMap((list) =>
    (conditions.addresses?.[list] ?? []).map((_, index) => `addresses.${list}.${index}`),
  );
  const ofWindows = windows.flatMap((_, index) =>
    ["days", "from", "to"].map((member) => `weekly.windows.${index}.${member}`),
  );
  const lists = ["addresses.allow", "addresses.deny", "addresses"];
  const others = [...lists, "not_before", "weekly.timezone", "weekly.windows", "rate.per"];
  const names = [...entries, ...ofWindows, ...others];
  return {
    ...bodyProblems(
      "tokens.update_conditions",
      conditions,
      Object.fromEntries(names.map((name) => [name, name])),
    ),
    ...missingEntries(draft),
    ...(on.includes("notBefore") && draft.notBefore === ""
      ? { not_before: "Choose a day and a time" }
      : {}),
    ...(on.includes("weekly") && draft.windows.length === 0
      ? { "weekly.windows": "Add a time, or it never works" }
      : {}),
    ...numberProblem(on.includes("maxUses"), "max_uses", draft.maxUses, maximumCount.limitedUses),
    ...numberProblem(on.includes("rate"), "rate.limit", draft.rateLimit, maximumCount.ratedUses),
    ...Object.fromEntries(
      windows.flatMap(({ days, from }, index) => [
        ...(days.length === 0 ? [[`weekly.windows.${index}.days`, "Choose a day"]] : []),
        ...(from === "" ? [[`weekly.windows.${index}.from`, "Enter a time"]] : []),
        ...endProblem(draft.windows[index]).map((text) => [`weekly.windows.${index}.to`, text]),
      ]),
    ),
  };
}

/** What the server complains of, by the same names; of other members nothing. */
export function refusedMember(error: unknown): ConditionProblems {
  const complaint = fieldComplaint(error);
  if (complaint === undefined) return {};
  const name = complaint.field.replace(/^conditions\./, "");
  const isCondition = /^(?:addresses|not_before|weekly|max_uses|rate)\b/.test(name);
  return isCondition ? { [name]: complaint.text } : {};
}

function endProblem({ from = "", to = "" }: Partial<WindowDraft> = {}): readonly string[] {
  if (to === "") return ["Enter a time"];
  return from === to && from !== "00:00"
    ? ["Must differ from the start; the whole day is 00:00 to 00:00"]
    : [];
}

function missingEntries({ on, allow, deny }: ConditionDraft): ConditionProblems {
  return Object.fromEntries(
    (
      [
        ["allow", allow],
        ["deny", deny],
      ] as const
    )
      .filter(([kind, text]) => on.includes(kind) && entriesOf(text).length === 0)
      .map(([kind]) => [`addresses.${kind}`, "Enter an address or a network"]),
  );
}

function numberProblem(isOn: boolean, name: string, text: string, most: number): ConditionProblems {
  const number = wholeNumber(text);
  if (!isOn || (number >= 1 && number <= most)) return {};
  return { [name]: `Enter a number between 1 and ${most.toLocaleString("en")}` };
}

/** The field knows minutes: what was not changed stays to the second. */
function instantOf(local: string, before: string | undefined): string {
  const at = readWireTime(before);
  if (before !== undefined && at !== null && localMinute(at) === local) return before;
  const chosen = Date.parse(local);
  return Number.isNaN(chosen) ? "" : new Date(chosen).toISOString();
}
