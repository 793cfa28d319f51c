import type pg from "pg";
import type { SqlValue } from "./database.ts";
import { classifyDriverError } from "./driver-errors.ts";
import type { WatchedPool } from "./postgres-pool.ts";

/** More in one statement would keep the thread from others while their rows are read. */
const mostAtOnce = 32;

type Parameters = readonly SqlValue[];
type Read<Row> = (parameters: Parameters) => Promise<Row | undefined>;

interface Waiting<Row> {
  readonly parameters: Parameters;
  readonly resolve: (row: Row | undefined | Promise<Row | undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads by key, of which those that are wanted in one turn of the event loop are one statement: what a statement costs
 * besides its row is more than the row. Nobody is shown anything older for it, as the statement is sent after all of
 * them have asked. `name`: under which it is prepared, where it may be; all parameters are texts.
 */
export function createReadByKey<Row>(
  pool: WatchedPool,
  statement: string,
  name: string | undefined,
): Read<Row> {
  const one = toQuery(name, numberPlaceholders(statement));
  const all = toQuery(name === undefined ? undefined : `${name}_all`, askedTogether(statement));
  let gathered: Waiting<Row>[] = [];

  const readOne: Read<Row> = async (parameters) => {
    const [row] = await pool.query<Row>({ ...one, values: [...parameters] });
    return row;
  };

  const readAll = async (waiting: readonly Waiting<Row>[]): Promise<void> => {
    const [first] = waiting;
    const columns = (first?.parameters ?? []).map((_, column) =>
      waiting.map(({ parameters }) => parameters[column]),
    );
    try {
      const rows = await pool.query<Row & { readonly asked_place: number }>({
        ...all,
        values: columns,
      });
      const byPlace = new Map(rows.map((row) => [row.asked_place, row]));
      for (const [index, { resolve }] of waiting.entries()) resolve(byPlace.get(index + 1));
    } catch (error) {
      // What one of them named may be what no column can hold: the others have their rows all the same.
      const isOfOne = classifyDriverError(error).kind === "unstorable";
      for (const { parameters, resolve, reject } of waiting) {
        if (isOfOne) resolve(readOne(parameters));
        else reject(error);
      }
    }
  };

  const send = (): void => {
    const waiting = gathered;
    gathered = [];
    const [first] = waiting;
    if (waiting.length > 1) void readAll(waiting);
    else first?.resolve(readOne(first.parameters));
  };

  return (parameters) =>
    new Promise((resolve, reject) => {
      const count = gathered.push({ parameters, resolve, reject });
      if (count === 1) setImmediate(send);
      else if (count === mostAtOnce) send();
    });
}

function toQuery(name: string | undefined, text: string): pg.QueryConfig {
  return name === undefined ? { text } : { name, text };
}

/** For each place in the arrays that are its parameters the row that the statement finds; of most keys there is one. */
function askedTogether(statement: string): string {
  const count = statement.split("?").length - 1;
  const numbers = Array.from({ length: count }, (_, index) => index + 1);
  const arrays = numbers.map((number) => `$${number}::text[]`).join(", ");
  const names = numbers.map((number) => `p${number}`).join(", ");
  // With a limit it is asked for each place by itself, by its key, whatever the planner thinks of the tables.
  return `select asked.asked_place, found.*
    from unnest(${arrays}) with ordinality as asked (${names}, asked_place)
    cross join lateral (${numberPlaceholders(statement, "asked.p")} limit 1) found`;
}

function numberPlaceholders(statement: string, prefix = "$"): string {
  let count = 0;
  return statement.replaceAll("?", () => {
    count += 1;
    return `${prefix}${count}`;
  });
}
