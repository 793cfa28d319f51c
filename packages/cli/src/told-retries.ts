import { setTimeout as wait } from "node:timers/promises";
import { type RetryOptions, retriesOfPrograms } from "@tessera/sdk";
import type { Terminal } from "./terminal.ts";

/** Whoever sees a command stand still is told for what it waits: its time limit is that of each request. */
export function toldRetries({ tell }: Pick<Terminal, "tell">): RetryOptions {
  return {
    ...retriesOfPrograms,
    wait: async (milliseconds, signal) => {
      tell(`the server has no room for this now: it is asked again in ${milliseconds / 1000} s`);
      await wait(milliseconds, undefined, signal === undefined ? {} : { signal });
    },
  };
}
