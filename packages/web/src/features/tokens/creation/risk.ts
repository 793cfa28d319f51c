import { allEntities, type ScopeWire } from "@tessera/sdk";
import type { CatalogueReply, CatalogueType } from "../../../api/catalogue.ts";
import { uncapitalized } from "../../../words/first-letter.ts";
import { isDestructive } from "../mosaic/tiles.ts";

/** What could go wrong with a token in the wrong hands: one word for it, and one sentence. */
export interface Risk {
  readonly level: "None" | "Low" | "Medium" | "High";
  readonly sentence: string;
}

const named = 3;

/** Computed from the scopes alone; the owner's own rights may make it less. */
export function riskOf(scopes: readonly ScopeWire[], catalogue: CatalogueReply): Risk {
  const operations = new Map<string, CatalogueType["operations"][number]>(
    catalogue.entity_types.flatMap((type) =>
      type.operations.map((operation) => [`${type.name}.${operation.name}`, operation] as const),
    ),
  );
  const known = scopes.map((scope) => {
    const id = `${scope.entity_type}.${scope.operation}`;
    const isForAll = scope.entity_id === allEntities || scope.entity_id === scope.domain_id;
    return { id, isForAll, operation: operations.get(id) };
  });
  const wordsOf = (all: typeof known) => {
    const words = [...new Set(all.map(({ id, operation }) => operation?.summary ?? id))].map(
      uncapitalized,
    );
    const more = words.length - named;
    const shown = more > 0 ? [...words.slice(0, named), `${more} more`] : words;
    return new Intl.ListFormat("en").format(shown);
  };
  if (known.length === 0) return { level: "None", sentence: "It can do nothing yet." };
  const takesAway = known.filter(({ id }) => isDestructive(id));
  const takesAll = takesAway.filter(({ isForAll }) => isForAll);
  if (takesAll.length > 0) {
    return { level: "High", sentence: `On all objects it can ${wordsOf(takesAll)}.` };
  }
  if (takesAway.length > 0) {
    return { level: "Medium", sentence: `On single objects it can ${wordsOf(takesAway)}.` };
  }
  const changes = known.filter(({ operation }) => operation?.is_read !== true);
  if (changes.length > 0) {
    return { level: "Medium", sentence: `It takes nothing away, and can ${wordsOf(changes)}.` };
  }
  return { level: "Low", sentence: "It can look at things, and change nothing." };
}
