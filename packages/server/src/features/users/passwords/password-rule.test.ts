import { expect, test } from "vitest";
import { parseConfig } from "../../../config.ts";
import { createFindPasswordProblem } from "./password-rule.ts";

const findProblem = createFindPasswordProblem(parseConfig({}));
const owner = { username: "Ada_Byron", email: "Countess@Lovelace.example" };

test.each([
  ["seven characters", "7 chars", "must match"],
  ["the user name", "ada_byron", "user name"],
  ["the user name twice", "Ada_ByronAda_Byron", "user name"],
  ["the user name and a year's end", "ada_byron26", "user name"],
  ["the e-mail", "countess@lovelace.example", "user name"],
  ["the e-mail's local part", "COUNTESS", "user name"],
  ["user name and local part with a dot", "countess.ada_byron", "user name"],
  ["the user name in other letters of the same look", "ａｄａ_byron", "user name"],
  ["one letter again and again", "zzzzzzzzzzzz", "4 different"],
  ["nothing to be seen", "\u200b\u200c\u200d\u2060\u200b\u200c\u200d\u2060", "4 different"],
  ["one that everybody takes", "password1", "most common"],
  ["one that everybody takes, in capitals", "QWERTYUIOP", "most common"],
  ["one that everybody takes, of digits", "1234567890", "most common"],
])("a password of %s will not do", (_, password, problem) => {
  expect(findProblem(password, owner)).toContain(problem);
});

test.each([
  "correct horse battery staple",
  "ada_byron likes gears",
  "k7m2p-x9fhd-abcde-fghjk",
  "pässwört für alle",
])("%j will do", (password) => {
  expect(findProblem(password, owner)).toBeUndefined();
});

test("a short user name does not forbid words that hold it", () => {
  expect(findProblem("blue bubble", { username: "b", email: "b@b.test" })).toBeUndefined();
});
