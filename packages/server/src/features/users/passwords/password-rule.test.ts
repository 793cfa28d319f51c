import { expect, test } from "vitest";
import { parseConfig } from "../../../config.ts";
import { createFindPasswordProblem } from "./password-rule.ts";

const findProblem = createFindPasswordProblem(parseConfig({}));
const owner = { username: "Ada_Byron", email: "Countess@Lovelace.example" };

test.each([
  ["seven characters", "7 chars", "must match"],
  ["the username", "ada_byron", "username"],
  ["the username twice", "Ada_ByronAda_Byron", "username"],
  ["the username and a year's end", "ada_byron26", "username"],
  ["the email", "countess@lovelace.example", "username"],
  ["the email's local part", "COUNTESS", "username"],
  ["username and local part with a dot", "countess.ada_byron", "username"],
  ["the username in other letters of the same look", "ａｄａ_byron", "username"],
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

test("a short username does not forbid words that hold it", () => {
  expect(findProblem("blue bubble", { username: "b", email: "b@b.test" })).toBeUndefined();
});
