import type { EntityType } from "@tessera/contract";
import { eventOfType } from "../changes/recorded-event.ts";
import type { Deps } from "../deps.ts";
import type { Weigh } from "../http/fair-shares.ts";
import type { EntityChangeCall } from "./change-entity.ts";
import type { EntityExtension } from "./entity-extension-store.ts";
import { deleteEntity, requireEntity, requireFewDependents, takeScopes } from "./entity-store.ts";

/** Each may be of another token, which every process is told of. */
const scopesOfPart = 1000;

/**
 * Deletes objects of one type. Anybody may name an object in the scopes of their tokens, as often as they like: where
 * that was done very often, scopes are ended in parts before, and the object with the last of them. Others make changes
 * in between; what is cut short is made by asking again.
 */
export function createDeleteEntity(
  { hub }: Pick<Deps, "hub">,
  type: EntityType,
  extension: EntityExtension,
) {
  return async (call: EntityChangeCall & { readonly weigh: Weigh }): Promise<void> => {
    const { domainId, id } = call.params;
    const key = { domainId, type, id };
    const makePart = () =>
      hub.change(call.actor, async ({ trx, touch, record }) => {
        const { name } = await requireEntity(trx, key);
        const dependents = await requireFewDependents(trx, key, extension.dependents?.(key));
        await extension.requireDeletable?.(trx, key);
        const tokenIds = await takeScopes(trx, key, scopesOfPart);
        call.weigh(tokenIds.length);
        for (const tokenId of tokenIds) touch("token", tokenId);
        touch("domain", domainId);
        const scopes = { scopes_ended: tokenIds.length, tokens_concerned: new Set(tokenIds).size };
        const event = { domainId, entityId: id };
        if (tokenIds.length === scopesOfPart) {
          // What comes after may come to nothing: these have ended all the same.
          const name = eventOfType(type.name, "end_scopes");
          record({ name, ...event, details: scopes });
          return false;
        }
        call.weigh(dependents);
        await extension.beforeDelete?.(trx, key, call.weigh);
        await deleteEntity(trx, key);
        const details = tokenIds.length === 0 ? { name } : { name, ...scopes };
        record({ name: eventOfType(type.name, "delete"), ...event, details });
        return true;
      });
    while (!(await makePart()));
  };
}
