import type { Operation } from "./operation.ts";

/** A kind of object that scopes can name. */
export interface EntityType {
  /** Plural, as scopes and paths write it. */
  readonly name: string;
  readonly singular: string;
  /** As the user guide's headings write it. */
  readonly title: string;
  /** What roles on such an object can allow; also the order of the wire's available-actions. */
  readonly ownActions: readonly string[];
  /** Operations on an object of this type. */
  readonly operations: readonly Operation[];
  /** Operations on the domain that concern this type: creating and listing. */
  readonly domainOperations: readonly Operation[];
  /** Operations on a group that concern this type: taking its objects in and letting them go. */
  readonly groupOperations?: readonly Operation[];
  /**
   * `domain`: the domain itself. `entity`: objects kept here, in groups.
   * `group`: likewise, and may hold others. `external`: objects of another service, known by operator's configuration.
   */
  readonly kind: "domain" | "entity" | "group" | "external";
}

/** The role actions that every kept entity type has in common for its own people. */
export const roleManagementActions = [
  "manage_role",
  "add_role_users",
  "remove_role_users",
  "view_role_users",
] as const;

/** The types with their operations where they belong: what concerns a type but is done to the domain or to a group. */
export function gatherOperations(types: readonly EntityType[]): readonly EntityType[] {
  const onDomain = types.flatMap((type) => type.domainOperations);
  const onGroup = types.flatMap((type) => type.groupOperations ?? []);
  return types.map((type) => {
    const more = type.kind === "domain" ? onDomain : type.kind === "group" ? onGroup : [];
    const known = new Set(type.operations.map(({ id }) => id));
    return {
      ...type,
      operations: [...type.operations, ...more.filter(({ id }) => !known.has(id))],
    };
  });
}
