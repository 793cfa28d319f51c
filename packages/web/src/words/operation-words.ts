/** What people call an operation besides its own words, for searching; by parts of its name. */
const alsoCalled = [
  [/^update$/, "rename change edit"],
  [/^(?:view|read|list|retrieve)/, "show see get"],
  [/^(?:create|add|set)/, "new make add"],
  [/^(?:delete|remove)/, "erase take away"],
  [/children_groups|parent_group|child_/, "subgroup child move hierarchy"],
  [/invitation/, "invite people"],
  [/secret/, "password key credentials rotate"],
  [/tags/, "labels"],
  [/connect/, "link publish subscribe"],
] as const;

export function alsoCalledWords(operation: string): string {
  return alsoCalled.flatMap(([part, words]) => (part.test(operation) ? [words] : [])).join(" ");
}
