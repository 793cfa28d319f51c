import { type Catalogue, eventTypesOf } from "@tessera/contract";
import type { Actor } from "../access/actor.ts";
import {
  type ChangeKey,
  type ChangeKind,
  type RightKind,
  readKey,
  textOfKey,
} from "../access/change-key.ts";
import type { Principal } from "../access/principal.ts";
import type { Takings } from "../access/takings.ts";
import type { Database, KeysBefore, MessageSender, Trx } from "../store/database.ts";
import { GaveWayError } from "../store/driver-errors.ts";
import type { AuditKeys } from "./audit-keys.ts";
import { insertAuditEvents } from "./audit-store.ts";
import type { OutboxTarget } from "./deliver.ts";
import { insertOutboxItems } from "./outbox-store.ts";
import { createOwnEchoes } from "./own-echoes.ts";
import { type EventInput, type RecordedEvent, toEventActor } from "./recorded-event.ts";
import { createTakings } from "./takings.ts";

/** What hears of changes. */
export interface ChangeListener {
  /** `takesNothing`: nobody can lose a right by it; of what other processes change that is not known. */
  touched(key: ChangeKey, how: { readonly takesNothing: boolean }): void;
  /** Changes may have been missed: all that is cached may be stale. */
  missed(): void;
}

/** One change, from its first read to its commit. */
export interface Change<P extends Principal | undefined = Principal | undefined> {
  readonly trx: Trx;
  /** Who acts, as this transaction reads it: the scopes and the role to go by. */
  readonly principal: P;
  /**
   * Names whose facts change. `takesNothing`: nobody can lose a right by it, so that others who rely on the same facts
   * at this moment need not be asked again.
   */
  touch(kind: ChangeKind, id: string, options?: { readonly takesNothing: boolean }): void;
  /** Lets the change commit only if nothing of this was changed by anybody else since it began. */
  relyOn(kind: RightKind, id: string): void;
  /** Says what happens: kept with the change, and told to whoever is to hear of it once the change is committed. */
  record(event: EventInput): void;
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
  onTouched(listener: ChangeListener): void;
  /** All that this process remembers is stale, for a reason that is no change of an object. */
  forget(): void;
  /** From now on the outbox keeps for the target what it wants to hear of; telling it is a work of its own. */
  addTarget(target: Pick<OutboxTarget, "name" | "wants">): void;
  /**
   * Changes with every touch: what was read before must not be cached after.
   * `undefined` while other processes' changes may be missed: then nothing cached may be used.
   */
  epoch(): number | undefined;
  readonly takings: Takings;
}

export interface ChangeHubDeps {
  readonly database: Database;
  readonly catalogue: Pick<Catalogue, "entityTypes">;
  readonly clock: () => number;
  readonly newId: () => string;
  readonly auditKeys: AuditKeys;
}

export async function openChangeHub({
  database,
  catalogue,
  clock,
  newId,
  auditKeys,
}: ChangeHubDeps): Promise<ChangeHub> {
  const eventTypes = eventTypesOf(catalogue.entityTypes);
  const targets: Pick<OutboxTarget, "name" | "wants">[] = [];
  const takings = createTakings();
  const listeners: ChangeListener[] = [takings];
  let epoch = 0;
  let isConnected = true;
  const echoes = createOwnEchoes();
  const deliver = (key: ChangeKey, takesNothing: boolean) => {
    epoch += 1;
    for (const listener of listeners) listener.touched(key, { takesNothing });
  };
  const forget = () => {
    epoch += 1;
    echoes.clear();
    for (const listener of listeners) listener.missed();
  };
  const subscription = await database.changes.subscribe({
    onMessage: (message, sender) => deliver(readKey(message), echoes.take(sender, message)),
    onLost: () => {
      isConnected = false;
      epoch += 1;
      echoes.clear();
    },
    onRestored: () => {
      isConnected = true;
      forget();
    },
  });

  const readEpoch = () => (isConnected && subscription.isCurrent() ? epoch : undefined);
  const expectEcho = (sender: MessageSender, message: string) => {
    // Nothing is heard meanwhile, or not in time.
    if (readEpoch() === undefined) echoes.clear();
    else if (sender !== undefined) echoes.expect(sender, message);
  };

  return {
    change: async (actor, work) => {
      let touched = createKeySet();
      const echoing: [MessageSender, string][] = [];
      const dismissEchoes = () => {
        for (const echo of echoing.splice(0)) echoes.dismiss(...echo);
      };
      let relied = createKeySet();
      // Of all attempts: one that fails early has not yet said what it takes.
      const taken = createKeySet();
      let hasGivenWay = false;
      const keysBefore = () => ({ relied: relied.all(), taken: taken.all(), hasGivenWay });
      const attempt = async (trx: Trx, before: KeysBefore) => {
        dismissEchoes();
        touched = createKeySet();
        relied = createKeySet();
        const takenNow = createKeySet();
        const events: RecordedEvent[] = [];
        const { principal, reliesOn } = await actor.decideAgain(trx);
        for (const key of reliesOn) relied.add(key);
        const result = await work({
          trx,
          principal,
          touch: (kind, id, { takesNothing } = { takesNothing: false }) => {
            touched.add({ kind, id });
            if (takesNothing) return;
            taken.add({ kind, id });
            takenNow.add({ kind, id });
          },
          relyOn: (kind, id) => relied.add({ kind, id }),
          record: (event) => events.push(toRecorded(event, actor)),
        });
        for (const key of touched.all()) {
          const message = textOfKey(key);
          const sender = await database.changes.publish(trx, message);
          expectEcho(sender, message);
          echoing.push([sender, message]);
        }
        await database.rights.take(trx, takenNow.all());
        await database.rights.hold(trx, relied.all(), before);
        // After all else that may have to wait: until the commit nobody else adds to these chains.
        await insertAuditEvents(trx, { database, auditKeys }, actor, events);
        // Last: whoever tells them waits for transactions that have got this far, and they for nothing any more.
        await insertOutboxItems(trx, events.flatMap(toOutboxItems));
        return result;
      };
      try {
        return await database.inTransaction(async (trx) => {
          const before = keysBefore();
          try {
            return await database.rights.again(trx, before, (handle) => attempt(handle, before));
          } catch (error) {
            hasGivenWay ||= error instanceof GaveWayError;
            throw error;
          }
        }, keysBefore);
      } catch (error) {
        dismissEchoes();
        throw error;
      } finally {
        // Also after a failure: whether a broken connection committed is not known.
        for (const key of touched.all()) deliver(key, !taken.has(key));
      }
    },
    onTouched: (listener) => {
      listeners.push(listener);
    },
    forget,
    addTarget: (added) => {
      targets.push(added);
    },
    epoch: readEpoch,
    takings,
  };

  function toRecorded(
    { name, entityId, domainId, details = {}, by }: EventInput,
    actor: Actor,
  ): RecordedEvent {
    const type = eventTypes.get(name);
    if (type === undefined) throw new RangeError(`there is no event ${name}`);
    return {
      id: newId(),
      at: clock(),
      name,
      subject: type.subject,
      entityId,
      domainId: domainId ?? null,
      details,
      actor: toEventActor(by ?? actor.principal, actor),
    };
  }

  function toOutboxItems(event: RecordedEvent) {
    const type = eventTypes.get(event.name);
    return targets.flatMap((target) =>
      type !== undefined && target.wants(type) ? [{ target: target.name, event }] : [],
    );
  }
}

/** Keys, each once. */
function createKeySet() {
  const keys = new Map<string, ChangeKey>();
  return {
    add: (key: ChangeKey): void => {
      keys.set(textOfKey(key), key);
    },
    has: (key: ChangeKey): boolean => keys.has(textOfKey(key)),
    all: (): readonly ChangeKey[] => [...keys.values()],
  };
}
