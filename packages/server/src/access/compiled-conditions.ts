import type { WeeklyHours } from "./weekly-hours.ts";

/** The conditions of a token, ready to be asked; what does not matter is `undefined`. */
export interface CompiledConditions {
  /** Integer milliseconds since the epoch. */
  readonly notBefore: number | undefined;
  readonly weekly: WeeklyHours | undefined;
  /** Of an address that is none it says no. */
  readonly admitsAddress: ((address: string) => boolean) | undefined;
  /** On all servers together. */
  readonly maxUses: number | undefined;
  /** On each server: so many uses at once, and as many in each such time. */
  readonly rate: { readonly limit: number; readonly perMilliseconds: number } | undefined;
  /** As how many scopes it counts in memory. */
  readonly weight: number;
}
