import { fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Load, LoadResult } from "./load.ts";

/** Load from a process of its own, until it is stopped: what it costs there is no wait here. */
export function startBeside(load: Omit<Load, "signal">) {
  const child = fork(join(import.meta.dirname, "load-process.ts"));
  const ended = once(child, "message");
  child.send(load);
  return {
    stop: async (): Promise<LoadResult> => {
      child.send("stop");
      const [result] = (await ended) as [LoadResult];
      child.disconnect();
      return result;
    },
  };
}
