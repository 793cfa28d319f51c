import type { Catalogue, EntityType } from "@tessera/contract";
import { effectiveActions, type HeldActions } from "./authority.ts";

const belowPrefix = "subgroup_";

/**
 * The role actions that a person may give to others on an object: those that the person holds there,
 * by whatever role. On a group these are also rights on what is in it and below it, which the person may hold
 * by a role on a higher group or on the domain, under another name.
 */
export function grantableActions(
  catalogue: Catalogue,
  type: EntityType,
  held: HeldActions,
): ReadonlySet<string> {
  if (type.kind !== "group") return effectiveActions(catalogue, type, held);
  const members = catalogue.entityTypes.filter(({ kind }) => kind === "entity");
  return new Set(
    catalogue.roleActions(type.name).filter((action) => {
      const plain = action.startsWith(belowPrefix) ? action.slice(belowPrefix.length) : action;
      const isOnMembers = members.some(({ singular }) => plain.startsWith(`${singular}_`));
      const above = belowPrefix + plain;
      return (
        held.own.has(action) ||
        held.parentGroup.has(above) ||
        held.ancestorGroups.has(above) ||
        held.domain.has(isOnMembers ? plain : `${type.singular}_${plain}`)
      );
    }),
  );
}
