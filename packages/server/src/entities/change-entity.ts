import type { EntityType } from "@tessera/contract";
import type { Actor } from "../access/actor.ts";
import type { Principal } from "../access/principal.ts";
import type { Change } from "../changes/change-hub.ts";
import { eventOfType } from "../changes/recorded-event.ts";
import type { Deps } from "../deps.ts";
import { type FullKey, noSuchEntity } from "./entity-store.ts";
import type { createEntityViews } from "./entity-views.ts";
import { areViewsKept, viewKey } from "./kept-views.ts";

/** A request to change one object. */
export interface EntityChangeCall {
  readonly params: { readonly domainId: string; readonly id: string };
  readonly principal: Principal;
  readonly actor: Actor<Principal>;
}

/** What is written into the row of whatever is changed. */
export interface Stamp {
  readonly updated_by: string;
  readonly updated_at: number;
  readonly touched_at: number;
}

/** The change itself, in its transaction; returns what the record of it keeps. */
export type EntityWork = (
  change: Change<Principal>,
  key: FullKey,
  stamp: Stamp,
) => Promise<Readonly<Record<string, unknown>>>;

/** Changes of one object of a type, each in a transaction with the record of the event `<type>.<name>`. */
export function createChangeEntity(
  { hub, clock, database }: Pick<Deps, "hub" | "clock" | "database">,
  type: EntityType,
  views: ReturnType<typeof createEntityViews>,
) {
  async function make(
    change: Change<Principal>,
    { params: { domainId, id }, principal }: EntityChangeCall,
    name: string,
    work: EntityWork,
  ): Promise<void> {
    const now = clock();
    const stamp = { updated_by: principal.userId, updated_at: now, touched_at: now };
    const details = await work(change, { domainId, type, id }, stamp);
    if (areViewsKept({ database })) {
      const { kind, id: shown } = viewKey(type, { domainId, id });
      change.touch(kind, shown, { takesNothing: true });
    }
    change.record({ name: eventOfType(type.name, name), domainId, entityId: id, details });
  }

  return {
    changeSilently: (call: EntityChangeCall, name: string, work: EntityWork): Promise<void> =>
      hub.change(call.actor, (change) => make(change, call, name, work)),

    /** Resolves to the object as it then is. */
    changeAndShow: async (call: EntityChangeCall, name: string, work: EntityWork) => {
      const { domainId, id } = call.params;
      const row = await hub.change(call.actor, async (change) => {
        await make(change, call, name, work);
        const [changed] = await views.reader.readEntities(change.trx, domainId, [id]);
        return changed;
      });
      if (row === undefined) throw noSuchEntity(type, id);
      return views.toReply(domainId, row);
    },
  };
}
