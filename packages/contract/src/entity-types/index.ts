import type { EntityType } from "../entity-type.ts";
import { channels } from "./channels.ts";
import { clients } from "./clients.ts";
import { domains } from "./domains.ts";
import { groups } from "./groups.ts";

/** The entity types that this server keeps itself, in the user guide's order. */
export const builtInEntityTypes = [
  clients,
  channels,
  groups,
  domains,
] as const satisfies readonly EntityType[];

/** Every built-in row with its literal types. */
export const builtInOperations = [
  ...clients.operations,
  ...channels.operations,
  ...groups.operations,
  ...domains.operations,
] as const;
