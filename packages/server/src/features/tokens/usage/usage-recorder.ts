import type { Deps } from "../../../deps.ts";
import type { Job } from "../../../jobs/schedule.ts";
import { addTokenUses, type TokenUses } from "./usage-store.ts";

/** Counts uses in memory and writes them down now and then, off the path of requests. */
export interface UsageRecorder {
  record(tokenId: string, scopeIds: readonly string[], address: string): void;
  /** Writes down what has been counted; called now and then, and at shutdown. */
  flush(): Promise<void>;
  /** The flushing, as a job of each server. */
  readonly job: Job;
}

interface Counted {
  lastUsedAt: number;
  lastUsedAddress: string;
  readonly byDay: Map<string, number>;
  readonly byScope: Map<string, { uses: number; lastUsedAt: number }>;
}

const tokensAtOnce = 200;
const dayMilliseconds = 86_400_000;

export function createUsageRecorder(
  deps: Pick<Deps, "config" | "database" | "clock" | "log">,
): UsageRecorder {
  let counted = new Map<string, Counted>();
  let today = { number: 0, name: "" };

  const dayOf = (now: number): string => {
    const number = Math.floor(now / dayMilliseconds);
    if (number !== today.number) today = { number, name: new Date(now).toISOString().slice(0, 10) };
    return today.name;
  };

  const flush = async () => {
    const uses = [...counted].map(([tokenId, of]) => ({ tokenId, ...of }));
    counted = new Map();
    for (let start = 0; start < uses.length; start += tokensAtOnce) {
      const part = uses.slice(start, start + tokensAtOnce);
      try {
        await deps.database.inTransaction(async (trx) => {
          for (const ofToken of part) await addTokenUses(trx, ofToken);
        });
      } catch (error) {
        for (const ofToken of part) addBack(ofToken);
        deps.log.warn({ err: error }, "The uses of tokens could not be written down yet");
      }
    }
  };

  const addBack = ({ tokenId, ...earlier }: TokenUses & Counted) => {
    const later = counted.get(tokenId);
    if (later === undefined) return void counted.set(tokenId, earlier);
    for (const [day, uses] of earlier.byDay)
      later.byDay.set(day, (later.byDay.get(day) ?? 0) + uses);
    for (const [scopeId, { uses, lastUsedAt }] of earlier.byScope) {
      const present = later.byScope.get(scopeId);
      if (present === undefined) later.byScope.set(scopeId, { uses, lastUsedAt });
      else present.uses += uses;
    }
  };

  return {
    record: (tokenId, scopeIds, address) => {
      const now = deps.clock();
      let ofToken = counted.get(tokenId);
      if (ofToken === undefined) {
        ofToken = {
          lastUsedAt: now,
          lastUsedAddress: address,
          byDay: new Map(),
          byScope: new Map(),
        };
        counted.set(tokenId, ofToken);
      }
      const day = dayOf(now);
      ofToken.lastUsedAt = now;
      ofToken.lastUsedAddress = address;
      ofToken.byDay.set(day, (ofToken.byDay.get(day) ?? 0) + 1);
      for (const scopeId of scopeIds) {
        const ofScope = ofToken.byScope.get(scopeId);
        if (ofScope === undefined) ofToken.byScope.set(scopeId, { uses: 1, lastUsedAt: now });
        else {
          ofScope.uses += 1;
          ofScope.lastUsedAt = now;
        }
      }
    },
    flush,
    job: {
      name: "write_token_uses",
      everyMilliseconds: deps.config.usage_flush_interval,
      isPerServer: true,
      run: async () => {
        await flush();
        return "written";
      },
    },
  };
}
