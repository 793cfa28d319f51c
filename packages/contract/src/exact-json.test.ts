import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonLoss } from "./exact-json.ts";

test.each([
  "0",
  "-0",
  "-0.0",
  "0e999999999999999999999",
  "1.0",
  "1.50",
  "100000000000000000000000",
  "1E2",
  "1e+2",
  "1e-7",
  "0.1",
  "123456789012345",
  "9007199254740991",
  "9007199254740992",
  "9007199254740994",
  "-9007199254740994.0",
  "0.30000000000000004",
  "1.7976931348623157e308",
  "5e-324",
  "1e21",
  "1000000000000000000000",
  `0.${"0".repeat(300)}1`,
  `1${"0".repeat(308)}.${"0".repeat(300)}`,
])("%s is kept as this very number", (number) => {
  expect(findJsonLoss(`{"a":${number}}`)).toBeUndefined();
  expect(findJsonLoss(number)).toBeUndefined();
});

test.each([
  "9007199254740993",
  "-9007199254740993",
  "9007199254740993.0",
  "9.007199254740993e15",
  "1234567890123456789",
  "0.1000000000000000055511151231257827",
  "3.14159265358979323846",
  "1e400",
  "-1e400",
  "1e-400",
  "2e-324",
  "1e999999999999999999999",
  `1${"0".repeat(20)}1`,
])("%s is not kept as this very number, which is told", (number) => {
  const loss = findJsonLoss(`{"metadata":{"a":[0,true,{"b":${number}}]}}`);
  expect(loss?.path).toEqual(["metadata", "a", "2", "b"]);
  expect(loss?.message).toBe(`${number} cannot be kept exactly as a number; send it as text`);
  expect(loss?.at).toBe('{"metadata":{"a":[0,true,{"b":'.length);
});

test("what is no number but looks like one is none", () => {
  const text = '{"9007199254740993":"9007199254740993","\\"":"\\\\","a":"\\"9007199254740993"}';
  expect(findJsonLoss(text)).toBeUndefined();
});

test.each([
  ['{"a":1,"a":2}', ["a"]],
  ['{"a":1,"\\u0061":2}', ["a"]],
  ['{"x":[{"a":{"b":1}},{"b":1,"c":{},"b":1}]}', ["x", "1", "b"]],
])("a member that stands twice is found: %s", (text, path) => {
  expect(findJsonLoss(text)).toMatchObject({ path, message: "must not be there twice" });
});

test.each([
  '{"a":{"a":{"a":1}},"A":[{"a":1},{"a":1}]}',
  '{"a":"a","b":"a","c":["a","a"]}',
  '{"":1," ":2,"__proto__":3,"constructor":4}',
  "{}",
  "[]",
  '"a"',
  "null",
])("members whose names are alike elsewhere are no repetition: %s", (text) => {
  expect(findJsonLoss(text)).toBeUndefined();
});

test("what JavaScript writes loses nothing", () => {
  fc.assert(
    fc.property(fc.json(), fc.double({ noNaN: true, noDefaultInfinity: true }), (text, number) => {
      expect(findJsonLoss(text)).toBeUndefined();
      expect(findJsonLoss(JSON.stringify({ number }))).toBeUndefined();
    }),
  );
});

test("an integer is let through only where it comes back digit by digit", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 70n), max: 2n ** 70n }), (integer) => {
      const written = JSON.stringify(JSON.parse(String(integer)));
      // In exponents it has at most 17 digits, which end in zeros.
      const [digits = "", power = "0"] = written.replace(".", "").split("e+");
      const comesBack =
        power === "0" ? digits : digits.padEnd(Number(power) + 1 + Number(integer < 0n), "0");
      expect(findJsonLoss(String(integer)) === undefined).toBe(comesBack === String(integer));
    }),
  );
});

test("a number of a million digits is looked at once", () => {
  const startedAt = performance.now();
  expect(findJsonLoss(`1${"0".repeat(1_000_000)}1`)).toBeDefined();
  expect(findJsonLoss(`0.${"0".repeat(1_000_000)}1`)).toBeDefined();
  // The square of it would take hours.
  expect(performance.now() - startedAt).toBeLessThan(10_000);
});
