import { expect, test } from "vitest";
import { explainedSteps } from "./explained-steps.ts";

const passed = (step: "token" | "weekly" | "addresses" | "rate" | "max_uses" | "scope") => ({
  step,
  passed: true,
  detail: `${step} is fine`,
});

test("only the conditions that the token has are told of", () => {
  const steps = explainedSteps(
    { conditions: { rate: { limit: 1, per: "1m" } } },
    { steps: [passed("token"), passed("weekly"), passed("addresses"), passed("rate")] },
  );
  expect(steps.map(({ step }) => step)).toEqual(["token", "rate"]);
  expect(steps[1]?.text).toMatch(/not counted here/);
});

test("a token of which no use is left may do nothing, whatever a draft of it might", () => {
  const token = { conditions: { max_uses: 10 }, uses_reserved: 10 };
  const steps = explainedSteps(token, {
    steps: [passed("token"), passed("max_uses"), passed("scope")],
  });
  expect(steps.at(-1)).toEqual({ step: "max_uses", passed: false, text: "None is left." });
  expect(explainedSteps({ ...token, uses_reserved: 7 }, { steps: [passed("max_uses")] })).toEqual([
    { step: "max_uses", passed: true, text: "3 are left." },
  ]);
});
