import type { EntityListQuery } from "../../api/entities.ts";
import { pageOf, readListSearch } from "../../ui/list-search.ts";

export const entityStatuses = ["enabled", "disabled", "all"] as const;

const words = {
  orders: ["updated_at", "created_at", "name"],
  statuses: entityStatuses,
  by: ["name", "id", "tags"],
} as const;

/** The address of a list of entities; groups can also be shown as a tree. */
export type EntitiesSearch = ReturnType<typeof readEntitiesSearch>;

export function readEntitiesSearch(raw: Record<string, unknown>) {
  return {
    ...readListSearch(raw, words),
    ...(raw.view === "tree" ? { view: "tree" as const } : {}),
  };
}

/** What the server is asked for. */
export function entityListQuery(search: EntitiesSearch): EntityListQuery {
  return {
    ...pageOf(search),
    ...(search.status === undefined ? {} : { status: search.status }),
    ...(search.order === undefined ? {} : { order: search.order }),
    ...(search.dir === undefined ? {} : { dir: search.dir }),
    ...(search.q === undefined ? {} : { [search.by ?? "name"]: search.q }),
  };
}
