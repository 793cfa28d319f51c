import { type EntityType, platformSubjects } from "@tessera/sdk";
import { capitalized } from "../../words/first-letter.ts";

/** Role actions that belong together, under a heading. */
export interface ActionGroup {
  readonly title: string;
  readonly actions: readonly string[];
}

type NamedType = Pick<EntityType, "name" | "singular" | "title" | "kind">;

/**
 * Sorts the actions that a role can allow: first those on the object itself, then those on what it holds, by the names
 * of the server's types.
 */
export function groupActions(
  available: readonly string[],
  own: { readonly singular: string; readonly actions: readonly string[] },
  types: readonly NamedType[],
): readonly ActionGroup[] {
  const groups = new Map<string, string[]>();
  const ownTitle = `This ${own.singular}`;
  const headings = headingsOf(types);
  for (const action of available) {
    const heading = headings.find(({ prefix }) => action.startsWith(prefix));
    const title = own.actions.includes(action) ? ownTitle : (heading?.title ?? "Other");
    groups.set(title, [...(groups.get(title) ?? []), action]);
  }
  const sorted = [...groups].map(([title, actions]) => ({ title, actions }));
  return sorted.toSorted((a, b) => Number(b.title === ownTitle) - Number(a.title === ownTitle));
}

/** `subgroup_client_` → `Clients in subgroups`, `subgroup_` → `Subgroups`, `rule_` → `Rules`; the closest first. */
function headingsOf(types: readonly NamedType[]) {
  const below = `sub${types.find(({ kind }) => kind === "group")?.name ?? ""}`;
  const headings = types.flatMap(({ singular, title, kind }) => {
    const plain = { prefix: `${singular}_`, title };
    if (kind === "group") return [plain, { prefix: `sub${singular}_`, title: capitalized(below) }];
    if (kind !== "entity") return [plain];
    return [plain, { prefix: `subgroup_${singular}_`, title: `${title} in ${below}` }];
  });
  const ofPlatform = platformSubjects.map(({ singular, title }) => ({
    prefix: `${singular}_`,
    title,
  }));
  return [...headings, ...ofPlatform].toSorted((a, b) => b.prefix.length - a.prefix.length);
}
