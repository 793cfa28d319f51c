import { Readable } from "node:stream";
import type { Environment } from "../environment.ts";
import type { Terminal } from "../terminal.ts";
import { createTextSource } from "../text-source.ts";

/** Nobody types; `input` stands on standard input, and `told` hears what would go to standard error. */
export function silentTerminal(input = "", told: string[] = []): Terminal {
  return {
    isInteractive: false,
    ask: nobody,
    askSecret: nobody,
    input: createTextSource(Readable.from([Buffer.from(input)])),
    tell: (message) => {
      told.push(message);
    },
  };
}

const nobody = () => Promise.reject(new Error("nobody is there to be asked"));

/** An environment that sets nothing else, and in which nobody is signed in. */
export function environmentOf(set: Partial<Environment> = {}): Environment {
  return {
    url: undefined,
    token: undefined,
    password: undefined,
    profile: { path: "/nonexistent/profile.json", ownsFolder: false },
    ...set,
  };
}
