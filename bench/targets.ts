import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { bindToCore } from "./cores.ts";
import type { LoadRequest } from "./load.ts";

/** What a server that is measured can be asked. */
export interface Target {
  readonly origin: string;
  /** Sent in turn, so that no server answers for one token and one object alone. */
  readonly requests: readonly LoadRequest[];
}

export type Targets = Readonly<Record<string, Target>>;

/** Servers in a process of their own, on a core of their own where there are two. */
export interface MeasuredServers {
  readonly targets: Targets;
  /** Of the processor, used so far by all threads of the process. */
  cpuMicroseconds(): Promise<number>;
  /** From then on uses of tokens are counted, or not. */
  record(isRecording: boolean): void;
  stop(): Promise<void>;
}

/** Starts a file of this folder that calls {@link offer}. */
export async function startServers(
  file: string,
  parameters: readonly string[] = [],
): Promise<MeasuredServers> {
  const child = fork(join(import.meta.dirname, file), parameters);
  bindToCore("server", child.pid);
  const targets = (await nextMessage(child, file)) as Targets;
  return {
    targets,
    cpuMicroseconds: async () => {
      child.send("cpu");
      const { user, system } = (await nextMessage(child, file)) as NodeJS.CpuUsage;
      return user + system;
    },
    record: (isRecording) => {
      child.send(isRecording ? "record" : "forget");
    },
    stop: async () => {
      child.send("stop");
      await once(child, "exit");
    },
  };
}

async function nextMessage(child: ChildProcess, file: string): Promise<unknown> {
  const ended = new AbortController();
  const gone = once(child, "exit", { signal: ended.signal }).then(() => {
    throw new Error(`${file} ended`);
  });
  const heard = once(child, "message", { signal: ended.signal });
  try {
    const [message] = await Promise.race([heard, gone]);
    return message;
  } finally {
    ended.abort();
    await Promise.allSettled([gone, heard]);
  }
}

/** In the process of the servers: tells what they can be asked, and from then on the time of the processor. */
export function offer(
  targets: Targets,
  stop: () => Promise<unknown> = async () => {},
  record: (isRecording: boolean) => void = () => {},
): void {
  process.on("message", (message) => {
    if (message === "cpu") process.send?.(process.cpuUsage());
    else if (message === "record" || message === "forget") record(message === "record");
    else void stop().finally(() => process.exit());
  });
  process.once("disconnect", () => process.exit());
  process.send?.(targets);
}
