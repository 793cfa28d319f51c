import type { ChangeHub } from "./change-hub.ts";
import { remember } from "./remembered.ts";

const maximumEntries = 30_000;

/** How many objects of one type a domain has, by status: counting a large domain takes longer than reading a page of it. */
export interface Totals {
  /** What `count` said since anything of the domain last changed. */
  get(domainId: string, status: string, count: () => Promise<number>): Promise<number>;
}

export function createTotals(hub: ChangeHub): Totals {
  const totals = remember<{ readonly domainId: string; readonly total: number }>(hub, {
    maximumEntries,
    keysOf: ({ domainId }) => [{ kind: "domain", id: domainId }],
  });
  return {
    get: async (domainId, status, count) => {
      const key = `${domainId}.${status}`;
      const known =
        totals.peek(key) ??
        (await totals.load(key, async () => ({ domainId, total: await count() })));
      return known.total;
    },
  };
}
