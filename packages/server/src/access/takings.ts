import type { ChangeKey } from "./change-key.ts";

/** Tells whether rights were taken away, here or in another process as far as it was heard, since a moment. */
export interface Takings {
  /** A number for this moment. */
  now(): number;
  /** Whether since then something was changed by which a right that came of one of these may be gone. */
  since(moment: number, keys: readonly ChangeKey[]): boolean;
}
