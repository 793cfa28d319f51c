import type { Catalogue, EntityType } from "@tessera/contract";
import { type HeldActions, holdsOneOf } from "./authority.ts";

/** The role actions that a person may give to others on an object: those that the person holds there, by whatever role. */
export function grantableActions(
  catalogue: Catalogue,
  type: EntityType,
  held: HeldActions,
): ReadonlySet<string> {
  if (type.kind === "domain") return held.domain;
  return new Set(
    catalogue
      .roleActions(type.name)
      .filter((action) => holdsOneOf(held, catalogue.actionsThatGive(type.name, action))),
  );
}
