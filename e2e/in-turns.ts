import { test } from "vitest";
import { isOnTurn } from "../packages/server/src/testing/soak.ts";

/**
 * `test` for a file's journeys beside the main ones: every other one, the rest on the next day; in soak all of them.
 * Rows of `each` are not in turns.
 */
export function testInTurns() {
  let count = 0;
  const inTurn = (name: string, journey: () => unknown) => {
    if (isOnTurn(count)) test(name, journey);
    count += 1;
  };
  return Object.assign(inTurn, { each: test.each.bind(test) as typeof test.each });
}
