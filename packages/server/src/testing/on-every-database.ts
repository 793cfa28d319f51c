import { describe } from "vitest";
import { type TestDatabaseKind, testDatabases } from "./test-databases.ts";

/** The same tests on every database that the server can use. */
export function onEveryDatabase(what: string, tests: (kind: TestDatabaseKind) => void): void {
  describe.each(testDatabases)(`${what}, on $name`, tests);
}
