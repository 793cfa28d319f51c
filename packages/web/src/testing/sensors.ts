import { IconGauge } from "@tabler/icons-react";
import { api } from "../api/client.ts";
import type { EntityTypeRow } from "../entity-types/entity-type-row.ts";
import { parentGroupCalls, plainEntity, putOneByOne } from "../entity-types/shared-by-entities.ts";

type ParentCalls = Parameters<typeof parentGroupCalls>[0];

const parent = parentGroupCalls((api as unknown as { readonly sensors: ParentCalls }).sensors);

/** The row of an entity type without anything of its own, as the author of such a type writes it. */
export const sensors = {
  ...plainEntity,
  Icon: IconGauge,
  description: "What measures.",
  parent,
  inGroup: "sensors",
  putIntoGroup: putOneByOne(parent),
} as const satisfies EntityTypeRow;
