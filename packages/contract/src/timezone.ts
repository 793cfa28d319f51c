import { z } from "zod";
import { maximumLength } from "./limits.ts";
import { nearlySame } from "./nearest.ts";

/** The name of a time zone. */
export const timezone = z
  .string()
  .max(maximumLength.timezone, { error: "must be the name of a time zone, like Europe/Berlin" })
  .refine(isTimezone, {
    error: ({ input }) => {
      const near = nearlySame(String(input), Intl.supportedValuesOf("timeZone"));
      const hint = near === undefined ? "" : `; did you mean ${near}?`;
      return `must be the name of a time zone, like Europe/Berlin${hint}`;
    },
  })
  .describe("By its name in the IANA database: `Europe/Berlin`");

/** The time zone of this machine's clocks by its name, where it has one. */
export function ownTimezone(): string | undefined {
  const name = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  return isTimezone(name) ? name : undefined;
}

/** Whether this runtime knows the time zone by its name; offsets such as `+01:00` are no names. */
function isTimezone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
