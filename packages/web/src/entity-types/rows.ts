import { IconCube } from "@tabler/icons-react";
import type { EntityTypeName } from "../api/entities.ts";
import type { RolePlace } from "../api/roles.ts";
import { channels } from "./channels.tsx";
import { clients } from "./clients.ts";
import { domains } from "./domains.ts";
import type { EntityTypeRow, PlainRow, RolePlaceRow } from "./entity-type-row.ts";
import { groups } from "./groups.ts";

/** A row for each type that has pages, in the order in which they are listed: a type without one does not compile. */
export const entityTypeRows: Readonly<Record<EntityTypeName, EntityTypeRow>> = {
  groups,
  channels,
  clients,
};

export const entityTypeNames = Object.keys(entityTypeRows) as readonly EntityTypeName[];

/** A row for each type that roles can be on. */
export const rolePlaceRows: Readonly<Record<RolePlace["type"], RolePlaceRow>> = {
  ...entityTypeRows,
  domains,
};

const plainRow: PlainRow = { Icon: IconCube };

/** The row of any type of the catalogue; those of the operator's configuration share a plain one. */
export function rowOf(type: string): PlainRow {
  const known: Readonly<Record<string, PlainRow>> = rolePlaceRows;
  return (Object.hasOwn(known, type) ? known[type] : undefined) ?? plainRow;
}
