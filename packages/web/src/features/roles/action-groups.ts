/** Role actions that belong together, under a heading. */
export interface ActionGroup {
  readonly title: string;
  readonly actions: readonly string[];
}

/** Sorts the actions that a role can allow: first those on the object itself, then those on what it holds. */
export function groupActions(
  available: readonly string[],
  own: { readonly singular: string; readonly actions: readonly string[] },
): readonly ActionGroup[] {
  const groups = new Map<string, string[]>();
  const ownTitle = `This ${own.singular}`;
  for (const action of available) {
    const title = own.actions.includes(action) ? ownTitle : titleOf(action);
    groups.set(title, [...(groups.get(title) ?? []), action]);
  }
  const sorted = [...groups].map(([title, actions]) => ({ title, actions }));
  return sorted.toSorted((a, b) => Number(b.title === ownTitle) - Number(a.title === ownTitle));
}

/** `subgroup_client_read` → `Clients in subgroups`, `subgroup_read` → `Subgroups`, `rule_read` → `Rules`. */
function titleOf(action: string): string {
  const [first = "", second = ""] = action.split("_");
  if (first === "subgroup" && ["client", "channel"].includes(second)) {
    return `${plural(second)} in subgroups`;
  }
  return plural(first);
}

function plural(word: string): string {
  return `${word.charAt(0).toUpperCase()}${word.slice(1)}s`;
}
