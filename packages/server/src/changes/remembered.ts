import { type ChangeKey, textOfKey } from "../access/change-key.ts";
import { createRecentlyUsed, lookUp } from "../recently-used.ts";
import type { ChangeHub } from "./change-hub.ts";

/**
 * What was read from the database and is still true: it is forgotten when something that it came of is touched, here or
 * in another process, and nothing is used while changes may be missed.
 */
export interface Remembered<Value> {
  /** At once, where it is known. */
  peek(key: string): Value | undefined;
  /**
   * Reads, and remembers what was read unless anything at all changed meanwhile. It does not look first: two that ask
   * at the same moment both read.
   */
  load(key: string, read: () => Promise<Value>): Promise<Value>;
}

export interface RememberOptions<Value> {
  /** The least recently used are forgotten beyond that. */
  readonly maximumEntries: number;
  /** As how many entries a value counts, 1 or more; as one when not said. */
  readonly weightOf?: (value: NonNullable<Value>) => number;
  /** Of what the value came; a touch of any of these keys forgets it. */
  readonly keysOf: (value: NonNullable<Value>, key: string) => readonly ChangeKey[];
  /** Whether it is worth remembering; all is when not said. */
  readonly isWorthIt?: (value: NonNullable<Value>) => boolean;
}

/** A cache that is told of changes; `undefined` is not remembered. */
export function remember<Value extends object | number | true | undefined>(
  hub: Pick<ChangeHub, "epoch" | "onTouched">,
  { maximumEntries, weightOf, keysOf, isWorthIt = () => true }: RememberOptions<Value>,
): Remembered<Value> {
  const entriesByKey = new Map<string, Set<string>>();
  const values = createRecentlyUsed<NonNullable<Value>>({
    maximumEntries,
    ...(weightOf === undefined ? {} : { weightOf }),
    onForgotten: (value, entry) => {
      for (const key of keysOf(value, entry)) {
        const text = textOfKey(key);
        const entries = entriesByKey.get(text);
        entries?.delete(entry);
        if (entries?.size === 0) entriesByKey.delete(text);
      }
    },
  });

  hub.onTouched({
    touched: (key) => {
      for (const entry of [...(entriesByKey.get(textOfKey(key)) ?? [])]) values.delete(entry);
    },
    missed: () => values.clear(),
  });

  return {
    peek: (entry) => {
      if (hub.epoch() === undefined) return undefined;
      return lookUp(values, entry);
    },
    load: async (entry, read) => {
      const epoch = hub.epoch();
      const value = await read();
      // A change since the reading began may not be in what was read.
      const isTrue = epoch !== undefined && hub.epoch() === epoch;
      if (!isTrue || value === undefined || value === null || !isWorthIt(value)) return value;
      values.set(entry, value);
      for (const key of keysOf(value, entry)) {
        const text = textOfKey(key);
        const entries = entriesByKey.get(text) ?? new Set();
        entriesByKey.set(text, entries.add(entry));
      }
      return value;
    },
  };
}
