import { expect, test } from "vitest";
import { initials } from "./person-name.ts";

test.each([
  ["Jane Doe", "JD"],
  ["Jane van der Doe", "JD"],
  ["jane", "J"],
  ["Jane \u{1f3ed}\u{1f30a}", "J"],
  ["\u{1e900}\u{1e901} \u{1e902}", "\u{1e900}\u{1e902}"],
  ["\u05d0\u05d1 (3)! \u05d2", "\u05d0\u05d2"],
  ["\u202eJane Doe", "D"],
  ["\u{1f3ed}", ""],
])("the initials of %s are %s", (name, letters) => expect(initials(name)).toBe(letters));
