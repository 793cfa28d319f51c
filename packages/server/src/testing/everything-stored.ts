import { sql } from "kysely";
import type { Database } from "../store/database.ts";
import type { Schema } from "../store/schema.ts";

/**
 * Whether a table counts as what is stored. Not those that refused requests may write, by sign-ins and by uses of tokens,
 * and not those that the server writes by itself after a change.
 */
const isCompared: Readonly<Record<keyof Schema, boolean>> = {
  users: true,
  user_tags: true,
  sessions: true,
  account_links: true,
  server_keys: true,
  instance: true,
  tokens: true,
  token_rights: true,
  token_secrets: true,
  token_secret_tries: false,
  token_scopes: true,
  token_narrowings: true,
  token_use_reserve: false,
  token_daily_use: false,
  token_quarter_use: false,
  token_use: false,
  token_addresses: false,
  usage_recorders: false,
  usage_gaps: false,
  domains: true,
  domain_tags: true,
  entities: true,
  entity_tags: true,
  client_details: true,
  channel_details: true,
  group_details: true,
  group_ancestry: true,
  connections: true,
  roles: true,
  role_actions: true,
  role_members: true,
  invitations: true,
  outbox: false,
  jobs: false,
  sign_in_failures: false,
  notices: false,
  declined_mails: true,
  sign_in_places: true,
  calendar_feeds: true,
  audit_cuts: true,
  // The last, so that a test can leave it out.
  audit_events: true,
};

const tables = (Object.keys(isCompared) as readonly (keyof Schema)[]).filter(
  (table) => isCompared[table],
);

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

/** How many rows each of these tables has. */
export async function countRows({ read }: Database): Promise<Readonly<Record<string, number>>> {
  const counts = tables.map(
    (table) => sql`select ${sql.lit(table)} as name, count(*) as rows from ${sql.table(table)}`,
  );
  const all = sql.join(counts, sql` union all `);
  const { rows } = await sql<{ name: string; rows: number | string }>`${all}`.execute(read);
  return Object.fromEntries(rows.map(({ name, rows }) => [name, Number(rows)]));
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
