import { describe } from "vitest";
import { isOnTurn, isSoak } from "./soak.ts";
import { type TestDatabaseKind, testDatabases } from "./test-databases.ts";

/** Whether also what is hardly the database's is tested on it: on SQLite, and in `npm run soak` on every one. */
export function isDoneInFull({ name }: TestDatabaseKind): boolean {
  return isSoak || name === "SQLite";
}

/** Rows that are hardly the database's, each on one of the databases, on the next day on another; in soak on every one. */
export function sharedOut<Row>(kind: TestDatabaseKind, rows: readonly Row[]): readonly Row[] {
  const place = testDatabases.indexOf(kind);
  return rows.filter((_, index) => isOnTurn(index + place, testDatabases.length));
}

/** Tests of what is hardly the database's, on those that are {@link isDoneInFull}. */
export function onOneDatabase(what: string, tests: (kind: TestDatabaseKind) => void): void {
  describe.each(testDatabases.filter(isDoneInFull))(`${what}, on $name`, tests);
}

/** The same tests on every database that the server can use. */
export function onEveryDatabase(what: string, tests: (kind: TestDatabaseKind) => void): void {
  describe.each(testDatabases)(`${what}, on $name`, tests);
}
