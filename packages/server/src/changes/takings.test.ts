import { expect, test } from "vitest";
import type { ChangeKey } from "../access/change-key.ts";
import { createTakings } from "./takings.ts";

const domain = (id: string): ChangeKey => ({ kind: "domain", id });
const taking = { takesNothing: false };

test("what was taken away since a moment is known by its key, and nothing else", () => {
  const takings = createTakings();
  const before = takings.now();
  takings.touched(domain("a"), { takesNothing: true });
  expect([takings.now() === before, takings.since(before, [domain("a")])]).toEqual([true, false]);
  takings.touched(domain("a"), taking);
  const between = takings.now();
  takings.touched(domain("b"), taking);
  expect(takings.since(before, [domain("a")])).toBe(true);
  expect(takings.since(between, [domain("a")])).toBe(false);
  expect(takings.since(between, [domain("a"), domain("b")])).toBe(true);
});

test("where changes were missed, or more than are kept, anything may have been taken away", () => {
  const takings = createTakings({ maximum: 2 });
  const before = takings.now();
  for (const id of ["a", "b", "c"]) takings.touched(domain(id), taking);
  expect(takings.since(before, [domain("x")])).toBe(true);
  expect(takings.since(takings.now() - 1, [domain("a")])).toBe(false);
  const later = takings.now();
  takings.missed();
  expect(takings.since(later, [domain("x")])).toBe(true);
});
