import { parseWindowText, readWireTime } from "@tessera/sdk";
import { localMinute } from "../../../words/durations.ts";
import { isolated } from "../../../words/foreign-text.ts";
import type { LinkConditions } from "../token-search.ts";
import {
  type ConditionDraft,
  type ConditionKind,
  conditionsOf,
  draftOf,
  localTimezone,
  problemsOf,
  type WindowDraft,
} from "./condition-draft.ts";
import type { WrittenConditions } from "./conditions-section.tsx";

/**
 * What a link fills in. Whatever cannot be read is in the form all the same, to be corrected: left out it would make the
 * token work from more places, or more often, than the link says.
 */
export function readLinkConditions(link: LinkConditions): WrittenConditions {
  const draft = readDraft(link);
  const wrong = Object.entries(problemsOf(draft)).flatMap(([name, problem]) =>
    problem === undefined ? [] : [[parameterOf(name), problem] as const],
  );
  const problems = [...new Map(wrong)].map(([parameter, problem]) => {
    const value = link[parameter];
    return value === undefined
      ? `${parameter}: ${problem}`
      : `${parameter}=“${isolated(value)}”: ${forms[parameter] ?? problem}`;
  });
  return {
    draft,
    conditions: conditionsOf(draft),
    isComplete: problems.length === 0,
    ...(problems.length === 0 ? {} : { problems }),
  };
}

/** What would be right, where the words of the form's fields do not say it. */
const forms: Partial<Readonly<Record<keyof LinkConditions, string>>> = {
  not_before: "must be a time, like 2026-12-01T00:00:00Z",
  only_at: 'must be times of the week with ; between, like "mon-fri 07:00-19:00;sat 09:00-12:00"',
  rate: "must be a number and a time between 1s and 24h, like 600/1m",
};

function readDraft(link: LinkConditions): ConditionDraft {
  const startsAt = readWireTime(link.not_before);
  const [limit = "", per = "", ...more] = (link.rate ?? "").split("/");
  const bare = draftOf(undefined, link.timezone ?? localTimezone());
  const isSaid: readonly (readonly [ConditionKind, unknown])[] = [
    ["allow", link.allow_from],
    ["deny", link.deny_from],
    ["notBefore", link.not_before],
    ["weekly", link.only_at ?? link.timezone],
    ["maxUses", link.max_uses],
    ["rate", link.rate],
  ];
  return {
    ...bare,
    on: isSaid.flatMap(([kind, text]) => (text === undefined ? [] : [kind])),
    allow: linesOf(link.allow_from),
    deny: linesOf(link.deny_from),
    notBefore: startsAt === null ? "" : localMinute(startsAt),
    windows: (link.only_at ?? "").split(";").map(readWindow),
    maxUses: link.max_uses ?? "",
    rateLimit: more.length === 0 && per !== "" ? limit : "",
    ratePer: link.rate === undefined ? bare.ratePer : per,
  };
}

function readWindow(text: string, key: number): WindowDraft {
  const { days, from, to } = parseWindowText(text) ?? { days: [], from: "", to: "" };
  return { key, days, from, to: to === "24:00" ? "00:00" : to };
}

function linesOf(text = ""): string {
  return text.split(",").join("\n");
}

/** The part of the link that a member of the wire comes of. */
function parameterOf(name: string): keyof LinkConditions {
  if (name.startsWith("addresses.deny")) return "deny_from";
  if (name.startsWith("addresses")) return "allow_from";
  if (name.startsWith("not_before")) return "not_before";
  if (name.startsWith("weekly.timezone")) return "timezone";
  if (name.startsWith("weekly")) return "only_at";
  return name.startsWith("rate") ? "rate" : "max_uses";
}
