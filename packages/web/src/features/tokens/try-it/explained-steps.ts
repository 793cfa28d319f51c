import type { TokenAnswer } from "../../../api/token-conditions.ts";
import type { Token } from "../../../api/tokens.ts";
import { sentence } from "../../../words/failure-text.ts";
import { uncapitalized } from "../../../words/first-letter.ts";
import { dateTimeText } from "../../../words/time-text.ts";

type Step = NonNullable<TokenAnswer["steps"]>[number];
type StepName = Step["step"];

interface ExplainedStep {
  readonly step: StepName;
  readonly passed: boolean;
  readonly text: string;
}

interface StepWords {
  readonly title: string;
  /** What helps where it fails. */
  readonly advice: string;
  /** Instead of the server's own words, which speak of the owner in the third person, or in ids. */
  readonly passed?: string;
  readonly failed?: string;
}

const changeConditions = "Change it under Conditions";

const words: Readonly<Record<StepName, StepWords>> = {
  token: { title: "The token", advice: "Regenerate the token, or let it be valid for longer." },
  not_before: {
    title: "Start time",
    advice: `Wait until then, or ${uncapitalized(changeConditions)}.`,
  },
  weekly: {
    title: "Times of the week",
    advice: `Use it at one of its times, or ${uncapitalized(changeConditions)}.`,
  },
  addresses: {
    title: "Address",
    advice: `Use it from an address that is allowed, or ${uncapitalized(changeConditions)}.`,
  },
  rate: { title: "How often", advice: `Use it less often, or ${uncapitalized(changeConditions)}.` },
  max_uses: {
    title: "Maximum number of uses",
    advice: `${changeConditions}, or make a new token.`,
  },
  scope: {
    title: "Scopes",
    advice: "It needs one more scope.",
    failed: "No scope of the token covers it.",
  },
  domain: {
    title: "Domain",
    advice: "An administrator of the domain can enable it.",
  },
  owner: {
    title: "Your own rights",
    advice:
      "A token never does more than you may. Ask an administrator of the domain for a role that allows it.",
    passed: "You may do this yourself now.",
    failed: "You have no role that allows it on this object.",
  },
};

export function stepTitle(step: StepName): string {
  return words[step].title;
}

export function adviceFor(step: StepName): string {
  return words[step].advice;
}

/** The steps up to the one that fails, in words; with what a draft does not know of the token: how often it was used. */
export function explainedSteps(
  { conditions, uses_reserved = 0 }: Pick<Token, "conditions" | "uses_reserved">,
  { steps = [] }: Pick<TokenAnswer, "steps">,
): readonly ExplainedStep[] {
  const explained: ExplainedStep[] = [];
  for (const { step, passed, detail } of steps) {
    if (step === "max_uses" && conditions?.max_uses !== undefined) {
      const left = Math.max(0, conditions.max_uses - uses_reserved);
      const isOrAre = left === 1 ? "is" : "are";
      const text = left === 0 ? "None is left." : `${left.toLocaleString("en")} ${isOrAre} left.`;
      explained.push({ step, passed: left > 0, text });
      if (left === 0) break;
      continue;
    }
    // The server lets what is not asked for pass by; nobody is to read of it.
    if (isNotThere(step, conditions)) continue;
    const own = step === "rate" ? notCounted : words[step][passed ? "passed" : "failed"];
    explained.push({ step, passed, text: own ?? withLocalTimes(sentence(detail)) });
  }
  return explained;
}

const notCounted = "It passes unless the token is used too often. That is not counted here.";

const conditionSteps = ["not_before", "weekly", "addresses", "rate", "max_uses"] as const;

/** Whether it is a condition that the token does not have. */
function isNotThere(step: StepName, conditions: Token["conditions"]): boolean {
  const condition = conditionSteps.find((name) => name === step);
  return condition !== undefined && conditions?.[condition] === undefined;
}

/** The server's times are in UTC; the reader's clock shows others. */
function withLocalTimes(text: string): string {
  return text.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, (time) => dateTimeText(Date.parse(time)));
}
