import type { GivenOptions } from "./endpoint-input.ts";
import { UsageError } from "./usage-error.ts";

/** The one value of an option; throws where it was given more than once. */
export function single(given: GivenOptions, name: string): string | undefined {
  const [value, ...more] = given.get(name) ?? [];
  if (more.length > 0) throw new UsageError(`--${name} was given more than once`);
  return value;
}

/** In seconds. */
export function timeLimit(given: GivenOptions): number {
  const seconds = Number(single(given, "timeout") ?? "60");
  if (!(seconds > 0 && seconds <= 86_400)) {
    throw new UsageError("--timeout is a number of seconds, at most 86400");
  }
  return seconds;
}
