import { sql } from "kysely";
import type { Database } from "../store/database.ts";
import type { Schema } from "../store/schema.ts";

/** What requests leave behind that are allowed to be refused: sign-ins, and the use of tokens. */
const tables: readonly (keyof Schema)[] = [
  "users",
  "user_tags",
  "tokens",
  "token_secrets",
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

/**
 * Everything the database holds, as text to be compared; the order of rows does not count. The database writes it: of
 * PostgreSQL's tables how many rows they have and the sum of the rows' hashes, of SQLite's the rows themselves.
 */
export async function readEverything(database: Database): Promise<string> {
  const contents = database.dialect === "postgres" ? sumsOfRows() : await allRows(database);
  const parts = sql.join(contents, sql` union all `);
  const { rows } = await sql<{ name: string; content: string | null }>`${parts}`.execute(
    database.read,
  );
  return rows.map(({ name, content }) => `${name}\n${content ?? ""}`).join("\n");
}

/** For who asks time and again: on SQLite it is read anew only when something has been committed since. */
export function watchEverything(database: Database): () => Promise<string> {
  if (database.dialect === "postgres") return () => readEverything(database);
  let known: { readonly version: number | undefined; readonly text: string } | undefined;
  return async () => {
    const { rows } = await sql<{ data_version: number }>`pragma data_version`.execute(
      database.read,
    );
    const version = rows[0]?.data_version;
    if (version === undefined || version !== known?.version)
      known = { version, text: await readEverything(database) };
    return known.text;
  };
}

function sumsOfRows() {
  return tables.map(
    (table) =>
      sql`select ${sql.lit(table)} as name,
        count(*) || ' rows, ' || coalesce(sum(hashtextextended(cast(t as text), 0)), 0) as content
        from ${sql.table(table)} t`,
  );
}

async function allRows({ read }: Database) {
  const columns = await sql<{ table_name: string; names: string }>`
    select t.name as table_name, group_concat('"' || c.name || '"') as names
    from sqlite_schema t, pragma_table_info(t.name) c where t.type = 'table' group by t.name`.execute(
    read,
  );
  const namesOf = new Map(columns.rows.map(({ table_name, names }) => [table_name, names]));
  return tables.map(
    (table) =>
      sql`select ${sql.lit(table)} as name, (select group_concat(line, char(10)) from
        (select json_array(${sql.raw(namesOf.get(table) ?? "")}) as line
         from ${sql.table(table)} order by line)) as content`,
  );
}
