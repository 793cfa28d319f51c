import { AppError, type groups } from "@tessera/contract";
import type { EntityExtension } from "../../entities/entity-extension-store.ts";
import { findAncestors } from "../../rights/way-store.ts";
import {
  belowFilter,
  belowNone,
  changeDescription,
  contentsOf,
  emptyGroup,
  insertGroups,
  pathColumn,
  requireFewBelow,
  withoutParent,
} from "./group-tree-store.ts";

/** How many groups may stand in a row from the root down. */
export const maximumLevels = 20;

interface GroupColumns {
  readonly description: string | null;
  readonly path: string;
}

/** Groups have a description and stand in a tree. */
export function groupExtension(): EntityExtension<typeof groups, GroupColumns> {
  return {
    columns: ["d.description", pathColumn],
    join: "join group_details d on d.domain_id = e.domain_id and d.id = e.id",

    reply: ({ parent_id, description, path }) => ({
      parent_id: parent_id ?? undefined,
      description,
      path,
      level: path.split(".").length,
    }),

    insert: async (trx, { domainId, entities, fieldOf, weigh }) => {
      const parentIds = new Set(entities.flatMap(({ body }) => body.parent_id ?? []));
      const paths = await findAncestors(trx, domainId, [...parentIds]);
      const created = entities.map(({ id, body }, index) => {
        const parentPath = paths.get(body.parent_id ?? "") ?? [];
        if (parentPath.length >= maximumLevels) throw tooDeep(fieldOf(index, "parent_id"));
        return { id, description: body.description, parentPath };
      });
      // A row for each group above each: the deeper they stand, the dearer they are.
      weigh(created.reduce((sum, { parentPath }) => sum + parentPath.length, 0));
      await insertGroups(trx, domainId, created);
      return [];
    },

    update: async (trx, key, { description }) => {
      if (description == null) return;
      await changeDescription(trx, key, description === "" ? null : description);
    },

    dependents: contentsOf,
    requireDeletable: requireFewBelow,
    beforeDelete: emptyGroup,

    listFilters: ({ domainId, query: { group, root_group }, visibleIds }) => {
      const filters = [];
      if (group === "") filters.push(withoutParent());
      else if (group !== undefined) {
        filters.push(belowFilter({ domainId, id: group }, 1, maximumLevels));
      }
      if (root_group) {
        filters.push(visibleIds === undefined ? withoutParent() : belowNone(domainId, visibleIds));
      }
      return filters;
    },
  };
}

export function tooDeep(field: string): AppError {
  return new AppError(
    "invalid_state",
    `${field}: groups cannot stand more than ${maximumLevels} deep`,
    { field },
  );
}
