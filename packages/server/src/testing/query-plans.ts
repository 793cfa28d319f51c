import { CompiledQuery, type Kysely, type KyselyPlugin, type RootOperationNode, sql } from "kysely";
import type { Database, SqlValue } from "../store/database.ts";
import type { Schema } from "../store/schema.ts";

/**
 * How the database would run each read that `work` makes on `read` and `lists` of the database it is given: one plan a query.
 * On PostgreSQL scans and sorts are forbidden first, so that those that show are those that no index can spare.
 */
export async function explainReads(
  database: Database,
  work: (database: Database) => Promise<unknown>,
): Promise<readonly string[]> {
  const nodes: RootOperationNode[] = [];
  const recorder: KyselyPlugin = {
    transformQuery: ({ node }) => {
      nodes.push(node);
      return node;
    },
    transformResult: async ({ result }) => result,
  };
  const prepared = new Map<string, readonly SqlValue[]>();
  await work({
    ...database,
    read: database.read.withPlugin(recorder),
    lists: database.lists.withPlugin(recorder),
    preparedRead: (statement) => {
      const read = database.preparedRead<never>(statement);
      return (parameters) => {
        prepared.set(statement, parameters);
        return read(parameters);
      };
    },
  });
  const queries = nodes.map((node) =>
    database.read.getExecutor().compileQuery(node, { queryId: "explained" }),
  );
  const plans: string[] = [];
  for (const { sql: text, parameters } of queries) {
    plans.push(await explain(database, text, parameters));
  }
  for (const [statement, parameters] of prepared) {
    let count = 0;
    const text = statement.replaceAll("?", () => {
      count += 1;
      return database.dialect === "sqlite" ? "?" : `$${count}`;
    });
    plans.push(await explain(database, text, parameters));
  }
  return plans;
}

async function explain(
  database: Database,
  text: string,
  parameters: readonly unknown[],
): Promise<string> {
  if (database.dialect === "sqlite") {
    return run(database.read, `explain query plan ${text}`, parameters);
  }
  return database.inTransaction(async (trx) => {
    await sql`set local enable_seqscan = off`.execute(trx);
    await sql`set local enable_sort = off`.execute(trx);
    return run(trx, `explain ${text}`, parameters);
  });
}

/** The last column of each line of a plan is what is told. */
async function run(
  db: Kysely<Schema>,
  statement: string,
  parameters: readonly unknown[],
): Promise<string> {
  const query = CompiledQuery.raw(statement, [...parameters]);
  const { rows } = await db.executeQuery<Record<string, unknown>>(query);
  return rows.map((row) => String(Object.values(row).at(-1))).join("\n");
}
