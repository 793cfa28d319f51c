import { describe } from "vitest";
import { type TestDatabaseKind, testDatabases } from "./test-databases.ts";

/** The same of what is hardly the database's: on SQLite alone, and in `npm run soak` on every one. */
export function onOneDatabase(what: string, tests: (kind: TestDatabaseKind) => void): void {
  const isWanted = ({ name }: TestDatabaseKind) =>
    process.env.TESSERA_SOAK !== undefined || name === "SQLite";
  describe.each(testDatabases.filter(isWanted))(`${what}, on $name`, tests);
}

/** The same tests on every database that the server can use. */
export function onEveryDatabase(what: string, tests: (kind: TestDatabaseKind) => void): void {
  describe.each(testDatabases)(`${what}, on $name`, tests);
}
