import type { Database } from "../store/database.ts";
import type { Schema } from "../store/schema.ts";

/** What requests leave behind that are allowed to be refused: sign-ins, and the use of tokens. */
const tables: readonly (keyof Schema)[] = [
  "users",
  "user_tags",
  "tokens",
  "token_scopes",
  "domains",
  "domain_tags",
  "entities",
  "entity_tags",
  "client_details",
  "channel_details",
  "group_details",
  "group_ancestry",
  "connections",
  "roles",
  "role_actions",
  "role_members",
  "invitations",
  "audit_events",
];

/** Everything the database holds, as text to be compared; the order of rows does not count. */
export async function readEverything(database: Database): Promise<string> {
  const contents = await Promise.all(
    tables.map(async (table) => {
      const rows = await database.read.selectFrom(table).selectAll().execute();
      return `${table}\n${rows
        .map((row) => JSON.stringify(row))
        .sort()
        .join("\n")}`;
    }),
  );
  return contents.join("\n");
}
