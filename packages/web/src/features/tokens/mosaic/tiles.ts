import { allEntities, builtInOperations, readWireTime, type ScopeWire } from "@tessera/sdk";
import type { CatalogueReply, CatalogueType } from "../../../api/catalogue.ts";
import { scopeKey } from "../../../api/scope-key.ts";

/** One operation, and what a token has of it. */
export interface Tile {
  readonly operation: string;
  readonly summary: string;
  /** How many single objects it is granted on; all of the type. */
  readonly granted: "all" | number;
  /** Chosen in a form, while on which objects is still to be chosen. */
  readonly isOpen?: boolean;
  /** `undefined`: not granted, or nothing is known of its use. */
  readonly isUsed: boolean | undefined;
  /** Granted, while the person may not do it now. */
  readonly isBeyond: boolean;
  readonly isDestructive: boolean;
}

/** The operations on one type of object. */
export interface TileGroup {
  readonly type: CatalogueType;
  readonly tiles: readonly Tile[];
}

/** A scope, perhaps with when it was used last. */
type MosaicScope = ScopeWire & { readonly last_used_at?: string };

/**
 * Every operation of the catalogue, with what the scopes grant of it. `exceeding`: keys of scopes; `open`: operations
 * (`clients.view`) of which the objects are still to be chosen.
 */
export function tilesOf(
  catalogue: CatalogueReply,
  scopes: readonly MosaicScope[],
  exceeding: ReadonlySet<string>,
  open?: ReadonlySet<string>,
): readonly TileGroup[] {
  const byOperation = Map.groupBy(scopes, (scope) => `${scope.entity_type}.${scope.operation}`);
  return catalogue.entity_types.map((type) => ({
    type,
    tiles: type.operations.map(({ name, summary }) => {
      const granting = byOperation.get(`${type.name}.${name}`) ?? [];
      const isAll = granting.some(
        ({ entity_id, domain_id }) => entity_id === allEntities || entity_id === domain_id,
      );
      const uses = granting.flatMap(({ last_used_at }) =>
        last_used_at === undefined ? [] : [readWireTime(last_used_at) !== null],
      );
      return {
        operation: name,
        summary,
        granted: isAll ? "all" : granting.length,
        isOpen: granting.length === 0 && open?.has(`${type.name}.${name}`) === true,
        isUsed: uses.length === 0 ? undefined : uses.includes(true),
        isBeyond: granting.length > 0 && granting.every((scope) => exceeding.has(scopeKey(scope))),
        isDestructive: isDestructive(`${type.name}.${name}`),
      };
    }),
  }));
}

/** What takes something away that does not come back by itself. */
const destructive: ReadonlySet<string> = new Set(
  builtInOperations
    .filter(({ endpoints }) =>
      endpoints.some((endpoint) => endpoint.method === "DELETE" || "takesRightsAway" in endpoint),
    )
    .map(({ id }) => id),
);

/** By the operation's id, `clients.delete`. */
export const isDestructive = (operationId: string) => destructive.has(operationId);

export const isGranted = ({ granted }: Tile) => granted !== 0;

/** Granted, or chosen to be. */
export const isSet = (tile: Tile) => isGranted(tile) || tile.isOpen === true;

/** The tile in words: what it allows, on what, and what is to be known of it. */
export function tileText(
  tile: Tile,
  type: Pick<CatalogueType, "singular" | "title" | "kind">,
): string {
  const { summary, granted, isUsed, isBeyond } = tile;
  const parts = [
    tile.isOpen === true ? `choose on which ${type.title.toLowerCase()}` : onWhat(granted, type),
    ...(isUsed === undefined ? [] : [isUsed ? "used" : "never used"]),
    ...(isBeyond ? ["beyond your own rights now"] : []),
    ...(tile.isDestructive ? ["takes something away"] : []),
  ];
  return `${summary}: ${parts.join(", ")}`;
}

function onWhat(
  granted: Tile["granted"],
  { singular, title, kind }: Pick<CatalogueType, "singular" | "title" | "kind">,
): string {
  if (granted === 0) return "not granted";
  if (kind === "domain") return "granted";
  if (granted === "all") return `granted on all ${title.toLowerCase()}`;
  return `granted on ${granted} ${granted === 1 ? singular : title.toLowerCase()}`;
}
