import { type EntityType, gatherOperations } from "../entity-type.ts";
import { channels } from "./channels.ts";
import { clients } from "./clients.ts";
import { domains } from "./domains.ts";
import { groups } from "./groups.ts";

/** The entity types that this server keeps itself, in the user guide's order: a new one has its line here. */
export const ownTypes = [
  clients,
  channels,
  groups,
  domains,
] as const satisfies readonly EntityType[];

/** The same with all operations on domains and groups. */
export const builtInEntityTypes = gatherOperations(ownTypes);

/** Every built-in row with its literal types. */
export const builtInOperations = ownTypes.flatMap(rowsOf) as unknown as RowsOf<typeof ownTypes>;

function rowsOf({ operations, groupOperations, domainOperations }: EntityType) {
  return [...operations, ...(groupOperations ?? []), ...domainOperations];
}

type RowsOf<Types> = Types extends readonly [infer Type extends EntityType, ...infer Rest]
  ? readonly [
      ...Type["operations"],
      ...(Type extends { readonly groupOperations: infer Rows extends readonly unknown[] }
        ? Rows
        : []),
      ...Type["domainOperations"],
      ...RowsOf<Rest>,
    ]
  : readonly [];
