import { describe } from "vitest";
import { type TestDatabaseKind, testDatabases } from "./test-databases.ts";

/** Whether also what is hardly the database's is tested on it: on SQLite, and in `npm run soak` on every one. */
export function isDoneInFull({ name }: TestDatabaseKind): boolean {
  return process.env.TESSERA_SOAK !== undefined || name === "SQLite";
}

/** Tests of what is hardly the database's, on those that are {@link isDoneInFull}. */
export function onOneDatabase(what: string, tests: (kind: TestDatabaseKind) => void): void {
  describe.each(testDatabases.filter(isDoneInFull))(`${what}, on $name`, tests);
}

/** The same tests on every database that the server can use. */
export function onEveryDatabase(what: string, tests: (kind: TestDatabaseKind) => void): void {
  describe.each(testDatabases)(`${what}, on $name`, tests);
}
