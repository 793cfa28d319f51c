import { sql } from "kysely";
import { expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { userRow } from "../../testing/test-rows.ts";
import { sessionConfirmationStatements } from "./0003-session-confirmation.ts";
import { postgresWords, sqliteWords } from "./sql-words.ts";

onEveryDatabase("sessions from before", (kind) => {
  test("count as confirmed when they began", async () => {
    const { database, close } = await kind.open();
    const words = kind.name === "SQLite" ? sqliteWords : postgresWords;
    const user = userRow();
    await database.inTransaction(async (trx) => {
      await trx.insertInto("users").values(user).execute();
      await sql.raw("alter table sessions drop column confirmed_at").execute(trx);
      await sql`insert into sessions (id, user_id, refresh_digest, created_at, expires_at)
      values ('s', ${user.id}, 'd', 1234, 5678)`.execute(trx);
      for (const statement of sessionConfirmationStatements(words)) {
        await sql.raw(statement).execute(trx);
      }
    });
    const sessions = await database.read.selectFrom("sessions").selectAll().execute();
    expect(sessions).toMatchObject([{ id: "s", created_at: 1234, confirmed_at: 1234 }]);
    await close();
  });
});
