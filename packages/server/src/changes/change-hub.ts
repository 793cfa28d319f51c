import type { Actor } from "../access/actor.ts";
import type { Principal } from "../access/principal.ts";
import type { Database, Trx } from "../store/database.ts";

/** Whose facts a change is about: what caches remember under it is stale, and rights that came of it may be gone. */
export type ChangeKey = `${"user" | "session" | "token" | "domain"}:${string}`;

/** After a gap: all that is cached is stale. */
export const everything = "*";

/** One change, from its first read to its commit. */
export interface Change<P extends Principal | undefined = Principal | undefined> {
  readonly trx: Trx;
  /** Who acts, as this transaction reads it: the scopes and the role to go by. */
  readonly principal: P;
  /**
   * Names whose facts change. `takesNothing`: nobody can lose a right by it, so that others who rely on the same facts
   * at this moment need not be asked again.
   */
  touch(key: ChangeKey, options?: { readonly takesNothing: boolean }): void;
  /** Lets the change commit only if nothing of this was changed by anybody else since it began. */
  relyOn(key: ChangeKey): void;
}

/** Transactions that are decided inside, and that tell every cache, here and in other processes, what they made stale. */
export interface ChangeHub {
  /**
   * Like `Database.inTransaction`, and first of all asks again whether the actor may: what was taken away before the
   * commit does not commit. Before it resolves, the listeners of this process have heard of all that was touched;
   * other processes hear of it when the transaction commits.
   */
  change<P extends Principal | undefined, T>(
    actor: Actor<P>,
    work: (change: Change<P>) => Promise<T>,
  ): Promise<T>;
  onTouched(listener: (key: ChangeKey | typeof everything) => void): void;
  /**
   * Changes with every touch: what was read before must not be cached after.
   * `undefined` while other processes' changes may be missed: then nothing cached may be used.
   */
  epoch(): number | undefined;
}

export async function openChangeHub(database: Database): Promise<ChangeHub> {
  const listeners: ((key: ChangeKey | typeof everything) => void)[] = [];
  let epoch = 0;
  let isConnected = true;
  const deliver = (key: ChangeKey) => {
    epoch += 1;
    for (const listener of listeners) listener(key);
  };
  const subscription = await database.changes.subscribe({
    onMessage: (message) => deliver(message as ChangeKey),
    onLost: () => {
      isConnected = false;
      epoch += 1;
    },
    onRestored: () => {
      isConnected = true;
      epoch += 1;
      for (const listener of listeners) listener(everything);
    },
  });

  return {
    change: async (actor, work) => {
      let touched = new Set<ChangeKey>();
      try {
        return await database.inTransaction(async (trx) => {
          touched = new Set();
          const taken = new Set<ChangeKey>();
          const { principal, reliesOn } = await actor.decideAgain(trx);
          const relied = new Set(reliesOn as readonly ChangeKey[]);
          const result = await work({
            trx,
            principal,
            touch: (key, { takesNothing } = { takesNothing: false }) => {
              touched.add(key);
              if (!takesNothing) taken.add(key);
            },
            relyOn: (key) => relied.add(key),
          });
          for (const key of touched) await database.changes.publish(trx, key);
          await database.rights.take(trx, [...taken]);
          await database.rights.hold(trx, [...relied]);
          return result;
        });
      } finally {
        // Also after a failure: whether a broken connection committed is not known.
        for (const key of touched) deliver(key);
      }
    },
    onTouched: (listener) => {
      listeners.push(listener);
    },
    epoch: () => (isConnected && subscription.isCurrent() ? epoch : undefined),
  };
}
