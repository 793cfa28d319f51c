const maximumLength = 36;

/** A route that a name suggests: `Plant 7, North` → `plant-7-north`; empty where none comes to mind. */
export function routeFrom(name: string): string {
  return name
    .normalize("NFD")
    .toLowerCase()
    .replace(/\p{Mark}/gu, "")
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^[^a-z]+/, "")
    .slice(0, maximumLength)
    .replace(/-$/, "");
}
