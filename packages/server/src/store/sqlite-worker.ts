import { constants, getPriority, setPriority } from "node:os";
import type { SQLInputValue } from "node:sqlite";
import { parentPort, workerData } from "node:worker_threads";
import { keepStatements, openSqliteConnection } from "./sqlite-connection.ts";

// Runs in a thread of its own, started by sqlite-thread.ts: one connection, whose statements hold up nobody else.

/** What the thread is started with. */
export interface WorkerTask {
  readonly path: string;
  readonly readOnly: boolean;
  /** Run once, before everything else. */
  readonly setup: string;
}

/** Statements, or the wish that the connection be closed. */
export type WorkerQuestion = WorkerStatements | "close";

/** Run in this order up to the first that fails. */
export interface WorkerStatements {
  readonly statements: readonly WorkerStatement[];
  /** How long each may take; for ever when not said. */
  readonly limitMilliseconds?: number | undefined;
}

export interface WorkerStatement {
  readonly statement: string;
  readonly parameters: readonly unknown[];
}

/** Of the last statement, or of the one that failed. Answers come in the order of the questions. */
export type WorkerAnswer = WorkerResult | WorkerFailure;

export interface WorkerResult {
  /** Empty for a statement that answers none. */
  readonly rows: unknown[];
  /** Of a statement that answers no rows. */
  readonly changes: bigint | undefined;
  /** How long the database worked on it. */
  readonly milliseconds: number;
}

/** Of an error what survives the way between threads. */
export interface WorkerFailure {
  readonly failed: {
    readonly name: string;
    readonly message: string;
    readonly code: unknown;
    readonly errcode: unknown;
  };
  readonly milliseconds: number;
}

/** In steps of niceness: where another thread wants the same core, this one still gets a quarter of it. */
const patience = 5;
const lowestPriority = constants.priority.PRIORITY_LOW;

if (parentPort === null) throw new Error("sqlite-worker.ts only runs as a worker");
const port = parentPort;
const { path, readOnly, setup } = workerData as WorkerTask;
yieldToOthers();
const { connection, deadline } = openSqliteConnection(path, { readOnly });
if (setup !== "") connection.exec(setup);

const prepare = keepStatements((statement) => {
  // A transaction that reads before it writes would fail if another connection wrote in between.
  const prepared = connection.prepare(statement === "begin" ? "begin immediate" : statement);
  return { prepared, answersRows: prepared.columns().length > 0 };
});

type Rows = Pick<WorkerResult, "rows" | "changes">;
const nothing: Rows = { rows: [], changes: 0n };

port.on("message", (question: WorkerQuestion) => {
  if (question === "close") {
    connection.close();
    port.close();
    return;
  }
  port.postMessage(answer(question));
});

function answer({ statements, limitMilliseconds }: WorkerStatements): WorkerAnswer {
  const startedAt = performance.now();
  const milliseconds = () => performance.now() - startedAt;
  try {
    let last = nothing;
    for (const statement of statements) {
      const run = () => runStatement(statement);
      last = limitMilliseconds === undefined ? run() : deadline.within(limitMilliseconds, run);
    }
    return { ...last, milliseconds: milliseconds() };
  } catch (error) {
    const { name, message, code, errcode } = error as Error & { code?: unknown; errcode?: unknown };
    return { failed: { name, message, code, errcode }, milliseconds: milliseconds() };
  }
}

function runStatement({ statement, parameters }: WorkerStatement): Rows {
  // A full disk has ended the transaction already; what it failed of is to be told, not that.
  if (statement === "rollback" && !connection.isTransaction) return nothing;
  const { prepared, answersRows } = prepare(statement);
  const values = parameters as SQLInputValue[];
  if (answersRows) return { rows: prepared.all(...values), changes: undefined };
  return { rows: [], changes: BigInt(prepared.run(...values).changes) };
}

/**
 * Lets the thread that answers go first wherever there is not a core for each. Only on Linux is a priority that of a
 * thread; elsewhere the whole process would get it.
 */
function yieldToOthers(): void {
  if (process.platform !== "linux") return;
  try {
    setPriority(Math.min(getPriority() + patience, lowestPriority));
  } catch {
    // Where it is forbidden the thread works all the same.
  }
}
