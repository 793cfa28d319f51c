import { expect, test } from "vitest";
import { passwordRuleText } from "./password-rule.ts";

test.each([
  ["^.{8,}$", "At least 8 characters."],
  ["^.{12,128}$", "At least 12, at most 128 characters."],
  [
    "^(?=.*[A-Z])(?=.*[a-z])(?=.*\\d).{10,}$",
    "At least 10 characters, with an uppercase letter, a lowercase letter, and a digit.",
  ],
  [
    "^[a-z]+-[a-z]+$",
    "It must follow the rule for passwords that whoever runs this server has set.",
  ],
])("the rule %s is told in words", (rule, words) => {
  expect(passwordRuleText(rule)).toMatch(new RegExp(`^${words}`));
  expect(passwordRuleText(rule)).not.toMatch(/[\^$\\*{]/);
});
