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
  for (const [statement, parameters] of prepared) {
    queries.push(CompiledQuery.raw(numberParameters(database, statement), [...parameters]));
  }
  // The same question has the same plan.
  const different = new Map(
    queries.map((query) => [JSON.stringify([query.sql, query.parameters]), query]),
  );
  return explainAll(database, [...different.values()]);
}

function numberParameters({ dialect }: Database, statement: string): string {
  if (dialect === "sqlite") return statement;
  let count = 0;
  return statement.replaceAll("?", () => {
    count += 1;
    return `$${count}`;
  });
}

async function explainAll(
  database: Database,
  queries: readonly CompiledQuery[],
): Promise<readonly string[]> {
  const explain = async (db: Kysely<Schema>, word: string) => {
    const plans: string[] = [];
    for (const query of queries)
      plans.push(await run(db, `${word} ${query.sql}`, query.parameters));
    return plans;
  };
  if (database.dialect === "sqlite") return explain(database.read, "explain query plan");
  return database.inTransaction(async (trx) => {
    await sql`set local enable_seqscan = off`.execute(trx);
    await sql`set local enable_sort = off`.execute(trx);
    return explain(trx, "explain");
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
