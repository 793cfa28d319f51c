import type { EntityTypeName } from "../../api/entities.ts";

/** The operation that puts an entity of the type into a group. */
export function setParentOperation(type: EntityTypeName): string {
  return type === "groups" ? "add_parent_group" : "set_parent_group";
}
