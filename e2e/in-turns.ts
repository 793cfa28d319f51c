import { test } from "vitest";
import { isOnTurn } from "../packages/server/src/testing/soak.ts";

/** As e2e takes the longest of all. */
const turns = 3;

/**
 * `test` for a file's journeys beside the main ones: every third one, the others on the next days; in soak all of
 * them. Rows of `each` are not in turns.
 */
export function testInTurns() {
  let count = 0;
  const inTurn = (name: string, journey: () => unknown) => {
    test.skipIf(!isOnTurn(count, turns))(name, journey);
    count += 1;
  };
  return Object.assign(inTurn, { each: test.each.bind(test) as typeof test.each });
}
