import {
  type Endpoint,
  type EntityType,
  entityCreate,
  entityReply,
  entityUpdate,
  groupedListQuery,
} from "@tessera/contract";
import type { EntityExtension } from "./entity-extension-store.ts";

interface Demand {
  readonly part: keyof EntityExtension;
  readonly endpoint: "create" | "update" | "view" | "list";
  readonly membersOf: (endpoint: Endpoint) => unknown;
  /** What every type has without an extension. */
  readonly shared: readonly string[];
}

const demands: readonly Demand[] = [
  {
    part: "insert",
    endpoint: "create",
    membersOf: ({ body }) => body,
    shared: [...Object.keys(entityCreate.shape), "id", "parent_group_id", "parent_id"],
  },
  {
    part: "update",
    endpoint: "update",
    membersOf: ({ body }) => body,
    shared: Object.keys(entityUpdate.shape),
  },
  {
    part: "reply",
    endpoint: "view",
    membersOf: ({ reply }) => reply,
    shared: [...Object.keys(entityReply.shape), "parent_group_id", "parent_group_path"],
  },
  {
    part: "listFilters",
    endpoint: "list",
    membersOf: ({ query }) => query,
    shared: Object.keys(groupedListQuery.shape),
  },
];

/**
 * Throws where a row of the type names a member that only an extension of the type could keep, show or search by: it
 * would be taken and forgotten, or never be there.
 */
export function requireExtension(type: EntityType, extension: EntityExtension): void {
  const endpoints = [...type.operations, ...type.domainOperations].flatMap((row) => row.endpoints);
  for (const { part, endpoint, membersOf, shared } of demands) {
    const id = `${type.name}.${endpoint}`;
    const row = endpoints.find((each) => each.id === id);
    if (row === undefined || extension[part] !== undefined) continue;
    const own = namesOf(membersOf(row)).find((name) => !shared.includes(name));
    if (own === undefined) continue;
    throw new Error(
      `${id} has the member ${own}, which the extension of ${type.name} must have \`${part}\` for`,
    );
  }
}

function namesOf(schema: unknown): readonly string[] {
  const { shape = {} } = (schema ?? {}) as { readonly shape?: object };
  return Object.keys(shape);
}
