import { Worker } from "node:worker_threads";
import { ConnectionEndedError, ThreadNotStartedError, TooSlowError } from "./driver-errors.ts";
import type {
  WorkerAnswer,
  WorkerFailure,
  WorkerQuestion,
  WorkerResult,
  WorkerStatements,
  WorkerTask,
} from "./sqlite-worker.ts";

/** A connection to the database file in a thread of its own. */
export interface SqliteThread {
  /**
   * Statements run in the order in which they were given. Of those given together none runs after one that failed; the
   * outcome is the last one's. Rejects where the thread has ended.
   */
  run(question: WorkerStatements): Promise<StatementOutcome>;
  hasEnded(): boolean;
  /** After the statements that were given before. */
  close(): Promise<void>;
}

export type StatementOutcome =
  | WorkerResult
  | { readonly error: Error; readonly milliseconds: number };

/** Resolves when the file is open; rejects with what keeps it from being opened. */
export async function startSqliteThread(task: WorkerTask): Promise<SqliteThread> {
  const worker = new Worker(new URL("./sqlite-worker.ts", import.meta.url), {
    workerData: task,
    // What the process was started with is not meant for the thread.
    execArgv: [],
  });
  const waiting: PromiseWithResolvers<StatementOutcome>[] = [];
  let isOver = false;
  let cause: unknown;
  const ended = new Promise<void>((resolve) => {
    worker.once("exit", () => {
      isOver = true;
      for (const { reject } of waiting.splice(0)) reject(new ConnectionEndedError(cause));
      resolve();
    });
  });
  worker.on("error", (error) => {
    cause = error;
  });
  worker.on("message", (answer: WorkerAnswer) => {
    waiting.shift()?.resolve(toOutcome(answer));
    // A thread with nothing to do does not keep the process alive.
    if (waiting.length === 0) worker.unref();
  });

  const thread: SqliteThread = {
    run: (question) => {
      if (isOver) return Promise.reject(new ConnectionEndedError(cause));
      const asked = Promise.withResolvers<StatementOutcome>();
      if (waiting.push(asked) === 1) worker.ref();
      worker.postMessage(question);
      return asked.promise;
    },
    hasEnded: () => isOver,
    close: async () => {
      worker.ref();
      worker.postMessage("close" satisfies WorkerQuestion);
      await ended;
    },
  };
  await thread.run({ statements: [] }).catch((error: Error) => {
    const { cause: reason = error } = error;
    // What SQLite says of the file is told as it is.
    throw (reason as { code?: unknown }).code === "ERR_SQLITE_ERROR"
      ? reason
      : new ThreadNotStartedError(reason);
  });
  return thread;
}

function toOutcome(answer: WorkerAnswer): StatementOutcome {
  if (!("failed" in answer)) return answer;
  return { error: toError(answer.failed), milliseconds: answer.milliseconds };
}

function toError({ name, message, code, errcode }: WorkerFailure["failed"]): Error {
  if (name === TooSlowError.name) return new TooSlowError();
  return Object.assign(new Error(message), { name, code, errcode });
}
