import type { Principal } from "../../access/principal.ts";
import type { KnownHolder } from "../../http/refused-credential.ts";
import type { RefusedUse } from "../../http/token-uses.ts";

/** To whom something was refused. */
export interface RefusedCaller extends Pick<KnownHolder, "kind" | "id" | "userId"> {
  /** `good`: a credential that works; `useless`: one that did once; `unproven`: the wrong secret of a known one. */
  readonly standing: keyof typeof bounds;
}

/** What of one caller, for one reason, from one address, was refused again and again. */
export interface RefusalGroup {
  readonly caller: RefusedCaller;
  readonly address: string;
  readonly domainId: string;
  readonly operation: string;
  readonly because: string;
  /** What was asked for last. */
  readonly target: RefusedUse["target"];
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

type KeptGroup = {
  -readonly [Name in keyof RefusalGroup]: RefusalGroup[Name];
} & {
  readonly key: string;
  /** Until when it waits for more to be written together. */
  restsUntil: number;
};

/** Of all users. */
const maximumGroups = 2_000;
/**
 * Of one token or session, and of one user: whoever is refused very much takes no place of others, and whoever has only
 * what works no more takes none of what does. Who proves nothing has one share with all such.
 */
const bounds = {
  good: { ofCaller: 20, ofUser: 60 },
  useless: { ofCaller: 10, ofUser: 20 },
  unproven: { ofCaller: 5, ofUser: 100 },
} as const;
/** What was refused again within this time of being written is written together. */
const restMilliseconds = 60_000;

/**
 * Puts refusals that are alike together. With no place left whoever has most of them gives one up; what is beyond the
 * bounds is counted.
 */
export class RefusalGroups {
  readonly #groups = new Map<string, KeptGroup>();
  readonly #ofCallers = new Map<string, number>();
  readonly #ofUsers = new Map<string, number>();
  #dropped = 0;

  /** What stands in no group, and was not taken yet. */
  get dropped(): number {
    return this.#dropped;
  }

  get isEmpty(): boolean {
    return this.#groups.size === 0 && this.#dropped === 0;
  }

  add(
    caller: RefusedCaller,
    { operation, target, because }: RefusedUse,
    address: string,
    now: number,
  ): void {
    const { domainId } = target;
    // Of whoever proves nothing it does not matter what was asked for.
    const asked = caller.standing === "unproven" ? "" : `${domainId}\n${operation}`;
    const key = `${callerOf(caller)}\n${asked}\n${because}\n${address}`;
    const known = this.#groups.get(key);
    if (known !== undefined) {
      if (known.count === 0) known.firstAt = now;
      known.count += 1;
      known.lastAt = now;
      known.target = target;
      known.operation = operation;
      return;
    }
    if (!this.#makeRoom(caller)) {
      this.#dropped += 1;
      return;
    }
    const times = { firstAt: now, lastAt: now, restsUntil: 0 };
    const kind = { caller, address, domainId, operation, because, target };
    this.#groups.set(key, { key, ...kind, count: 1, ...times });
    addTo(this.#ofCallers, callerOf(caller), 1);
    addTo(this.#ofUsers, userOf(caller), 1);
  }

  /**
   * What is to be written now, with what was dropped; `settle` says whether it was. What could not be written is
   * dropped. What came meanwhile stays. `isLast`: also what waits for more.
   */
  take(now: number, isLast: boolean) {
    const taken: RefusalGroup[] = [];
    const kept: KeptGroup[] = [];
    for (const group of this.#groups.values()) {
      if (group.restsUntil > now && !isLast) continue;
      if (group.count === 0) {
        this.#remove(group);
        continue;
      }
      taken.push({ ...group });
      kept.push(group);
      group.count = 0;
      group.restsUntil = now + restMilliseconds;
    }
    const lost = this.#dropped;
    const settle = (isWritten: boolean) => {
      if (isWritten) this.#dropped -= lost;
      else for (const { count } of taken) this.#dropped += count;
    };
    return { taken, lost, settle };
  }

  /** `false`: this caller or user has as much as anybody may. */
  #makeRoom(caller: RefusedCaller): boolean {
    const ofUser = this.#ofUsers.get(userOf(caller)) ?? 0;
    const most = bounds[caller.standing];
    if ((this.#ofCallers.get(callerOf(caller)) ?? 0) >= most.ofCaller) return false;
    if (ofUser >= most.ofUser) return false;
    if (this.#groups.size < maximumGroups) return true;
    const [greediest, has] = [...this.#ofUsers].reduce((one, other) =>
      other[1] > one[1] ? other : one,
    );
    if (has <= ofUser + 1) return false;
    const given = this.#groups.values().find((group) => userOf(group.caller) === greediest);
    if (given === undefined) return false;
    this.#dropped += given.count;
    this.#remove(given);
    return true;
  }

  #remove({ key, caller }: KeptGroup): void {
    this.#groups.delete(key);
    addTo(this.#ofCallers, callerOf(caller), -1);
    addTo(this.#ofUsers, userOf(caller), -1);
  }
}

/** Of a credential that works. */
export function goodCaller(principal: Principal): RefusedCaller {
  const { kind, userId } = principal;
  const id = kind === "token" ? principal.tokenId : principal.sessionId;
  return { kind, id, userId, standing: "good" };
}

function callerOf({ standing, id }: RefusedCaller): string {
  return `${standing} ${id}`;
}

function userOf({ standing, userId }: RefusedCaller): string {
  return standing === "unproven" ? standing : `${standing} ${userId}`;
}

function addTo(counts: Map<string, number>, name: string, number: number): void {
  const count = (counts.get(name) ?? 0) + number;
  if (count === 0) counts.delete(name);
  else counts.set(name, count);
}
