import { LRUCache } from "lru-cache";

export interface RecentlyUsedOptions<Value> {
  /** The least recently used are forgotten beyond that. */
  readonly maximumEntries: number;
  /** As how many entries a value counts, 1 or more; as one when not said. */
  readonly weightOf?: (value: Value) => number;
  /** Hears of every entry that is forgotten, deleted or replaced. */
  readonly onForgotten?: (value: Value, key: string) => void;
}

/** Who was used last matters once there is little room; to note it takes longer than to find the value. */
export function lookUp<Value extends object | number | string | boolean>(
  values: LRUCache<string, Value>,
  key: string,
): Value | undefined {
  return values.calculatedSize * 2 < values.maxSize ? values.peek(key) : values.get(key);
}

/**
 * A map that forgets the least recently used. It takes room only for what is in it: lru-cache's own `max` takes all of
 * it at once, some megabytes for each hundred thousand, and a server has dozens of such maps.
 */
export function createRecentlyUsed<Value extends object | number | string | boolean>({
  maximumEntries,
  weightOf = () => 1,
  onForgotten,
}: RecentlyUsedOptions<Value>): LRUCache<string, Value> {
  return new LRUCache<string, Value>({
    maxSize: maximumEntries,
    sizeCalculation: weightOf,
    ...(onForgotten === undefined ? {} : { dispose: onForgotten }),
  });
}
