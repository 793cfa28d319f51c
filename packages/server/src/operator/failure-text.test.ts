import { sql } from "kysely";
import { expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { failureText } from "./failure-text.ts";

onEveryDatabase("what kept a start or a command from succeeding", (kind) => {
  test("is a sentence where a table or a column is gone, however it was asked for", async () => {
    const opened = await kind.open();
    const { database } = opened;
    for (const statement of ["select * from gone", "select gone from users"]) {
      const query = sql.raw(statement);
      const works = [
        () => query.execute(database.read),
        () => query.execute(database.lists),
        () => database.inTransaction((trx) => query.execute(trx)),
      ];
      for (const work of works) {
        const failure = await work().catch((error: unknown) => error);
        const text = failureText(failure);
        expect(text).toMatch(
          /^the database is not as its migrations made it \(.*gone.*\): tessera/,
        );
        expect(text).not.toContain("\n");
      }
    }
    await opened.close();
  });
});

test("is a stack where it should not be", () => {
  expect(failureText(new RangeError("odd"))).toMatch(/^RangeError: odd\n {4}at /);
});
