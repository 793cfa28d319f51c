import { AppError, type EntityType, type entityCreate } from "@tessera/contract";
import type { z } from "zod";
import type { Actor } from "../access/actor.ts";
import { createCeiling } from "../changes/ceiling.ts";
import { eventOfType } from "../changes/recorded-event.ts";
import type { Deps } from "../deps.ts";
import type { Weigh } from "../http/fair-shares.ts";
import { mapInTurns } from "../http/in-turns.ts";
import { createBuiltInRoles } from "../rights/built-in-role-store.ts";
import type { Trx } from "../store/database.ts";
import { classifyDriverError, type UniqueIndex } from "../store/driver-errors.ts";
import { forEachChunk } from "../store/row-chunks.ts";
import { searchKey } from "../store/search-key.ts";
import type { EntityExtension } from "./entity-extension-store.ts";
import {
  countEntities,
  type EntityReader,
  type EntityRow,
  findTakenIds,
  insertEntities,
  insertTags,
  requireDomain,
} from "./entity-store.ts";
import { requireEnabledGroups } from "./parent-group-store.ts";

/** What a creation of an object of any type may carry, as far as it is the same for all. */
export type EntityBody = z.output<typeof entityCreate> & {
  readonly id?: string | undefined;
  readonly parent_group_id?: string | undefined;
  readonly parent_id?: string | undefined;
};

interface NewEntities {
  readonly domainId: string;
  readonly userId: string;
  readonly actor: Actor;
  readonly bodies: readonly EntityBody[];
  /** How an error names a member of the body at `index`. */
  readonly fieldOf: (index: number, member: string) => string;
  readonly weigh: Weigh;
}

interface CreatedEntity {
  readonly row: EntityRow;
  /** What the reply to the creation has beside a view's. */
  readonly extra: object | undefined;
}

/** Creates objects of one type: all of them or, throwing, none. */
export function entityCreator(
  deps: Deps,
  type: EntityType,
  extension: EntityExtension,
  reader: EntityReader,
): (wanted: NewEntities) => Promise<readonly CreatedEntity[]> {
  const { config, clock } = deps;
  const ceiling = createCeiling(
    config.max_objects_per_type,
    `${type.name} may be in one domain; delete some first`,
    clock,
  );
  const parentMember = type.kind === "group" ? "parent_id" : "parent_group_id";

  return async (wanted) => {
    const entities = wanted.bodies.map((body) => ({ id: body.id ?? deps.newId(), body }));
    try {
      return await deps.hub.change(wanted.actor, async ({ trx, touch, record }) => {
        const created = await insertAll(trx, wanted, entities);
        const name = eventOfType(type.name, "create");
        await mapInTurns(entities, ({ id, body }) => {
          record({ name, domainId: wanted.domainId, entityId: id, details: { name: body.name } });
        });
        // Somebody may have asked for what they may do with such an id before it existed.
        touch("domain", wanted.domainId, { takesNothing: true });
        return created;
      });
    } catch (error) {
      throw duplicateProblem(error, wanted) ?? error;
    }
  };

  async function insertAll(
    trx: Trx,
    { domainId, userId, fieldOf, weigh }: NewEntities,
    entities: readonly { readonly id: string; readonly body: EntityBody }[],
  ): Promise<readonly CreatedEntity[]> {
    const now = deps.clock();
    await requireDomain(trx, domainId);
    await ceiling.require(domainId, entities.length, () => countEntities(trx, domainId, type));
    await refuseTakenIds(trx, domainId, entities, fieldOf);
    await requireEnabledGroups(trx, domainId, wantedParents(entities, fieldOf));
    const newRows = await mapInTurns(entities, ({ id, body }) => ({
      domain_id: domainId,
      type: type.name,
      id,
      name: body.name,
      name_key: searchKey(body.name),
      status: body.status,
      metadata: JSON.stringify(body.metadata),
      parent_id: parentOf(body) ?? null,
      created_by: userId,
      created_at: now,
      touched_at: now,
    }));
    await insertEntities(trx, newRows);
    const tagged = entities.map(({ id, body }) => ({ id, tags: body.tags }));
    await insertTags(trx, domainId, type, tagged);
    const creation = { domainId, userId, entities: entities as never, fieldOf, weigh };
    const extras = (await extension.insert?.(trx, creation)) ?? [];
    const rows = new Map<string, EntityRow>();
    await forEachChunk(entities, async (chunk) => {
      const entityIds = chunk.map(({ id }) => id);
      await createBuiltInRoles(trx, {
        domainId,
        entityType: type.name,
        singular: type.singular,
        entityIds,
        userId,
        now,
        newId: deps.newId,
      });
      const read = await reader.readEntities(trx, domainId, entityIds);
      for (const row of read) rows.set(row.id, row);
    });
    return entities.flatMap(({ id }, index) => {
      const row = rows.get(id);
      return row === undefined ? [] : { row, extra: extras[index] };
    });
  }

  function parentOf(body: EntityBody): string | undefined {
    return body[parentMember];
  }

  function wantedParents(
    entities: readonly { readonly body: EntityBody }[],
    fieldOf: NewEntities["fieldOf"],
  ): ReadonlyMap<string, string> {
    const wanted = new Map<string, string>();
    for (const [index, { body }] of entities.entries()) {
      const parentId = parentOf(body);
      if (parentId === undefined || wanted.has(parentId)) continue;
      wanted.set(parentId, fieldOf(index, parentMember));
    }
    return wanted;
  }

  async function refuseTakenIds(
    trx: Trx,
    domainId: string,
    entities: readonly { readonly id: string; readonly body: EntityBody }[],
    fieldOf: NewEntities["fieldOf"],
  ): Promise<void> {
    const chosen = entities.flatMap(({ body }) => body.id ?? []);
    const taken = new Set(await findTakenIds(trx, domainId, type, chosen));
    for (const [index, { body }] of entities.entries()) {
      if (body.id === undefined) continue;
      if (taken.has(body.id)) throw takenProblem(fieldOf(index, "id"));
      taken.add(body.id);
    }
  }

  /** For what another creation took in the same moment. */
  function duplicateProblem(error: unknown, { bodies, fieldOf }: NewEntities) {
    const found = classifyDriverError(error);
    if (found.kind !== "unique") return undefined;
    const member =
      found.constraint === "entities_pkey"
        ? "id"
        : extension.uniqueMembers?.[found.constraint as UniqueIndex];
    if (member === undefined) return undefined;
    return bodies.length === 1
      ? takenProblem(fieldOf(0, member))
      : new AppError("already_exists", `One of the objects has a ${member} that is taken`);
  }
}

/** 409 for a member whose value another object has. */
export function takenProblem(field: string): AppError {
  return new AppError("already_exists", `${field} is taken already`, { field });
}
