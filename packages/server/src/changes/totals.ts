import { LRUCache } from "lru-cache";
import { type ChangeHub, everything } from "./change-hub.ts";

const maximumDomains = 10_000;

/** How many objects of one type a domain has, by status: counting a large domain takes longer than reading a page of it. */
export interface Totals {
  /** What `count` said since anything of the domain last changed. */
  get(domainId: string, status: string, count: () => Promise<number>): Promise<number>;
}

export function createTotals(hub: ChangeHub): Totals {
  const byDomain = new LRUCache<string, Map<string, number>>({ max: maximumDomains });

  hub.onTouched((key) => {
    if (key === everything) byDomain.clear();
    else if (key.startsWith("domain:")) byDomain.delete(key.slice("domain:".length));
  });

  return {
    get: async (domainId, status, count) => {
      const epoch = hub.epoch();
      const known = epoch === undefined ? undefined : byDomain.get(domainId)?.get(status);
      if (known !== undefined) return known;
      const total = await count();
      // A change since the count began may not be in it.
      if (epoch === undefined || hub.epoch() !== epoch) return total;
      const ofDomain = byDomain.get(domainId) ?? new Map<string, number>();
      byDomain.set(domainId, ofDomain.set(status, total));
      return total;
    },
  };
}
