import { z } from "zod";
import { type EntityType, gatherOperations } from "./entity-type.ts";
import type { EntityTypeConfig } from "./entity-type-config.ts";
import { builtInEntityTypes } from "./entity-types/index.ts";
import type { Endpoint, Operation } from "./operation.ts";
import { allEntities, type Scope, type ScopeWire } from "./scope.ts";

/** Why a scope was refused: the member that is wrong and a sentence. */
export interface ScopeProblem {
  readonly member: keyof ScopeWire;
  readonly message: string;
  readonly code: "invalid_body" | "unknown_operation";
}

/** Which role actions allow an operation, by where the role is held; `undefined`: none there. */
export interface ActionsThatAllow {
  readonly own: string;
  readonly parentGroup: string | undefined;
  readonly ancestorGroup: string | undefined;
  readonly domain: string | undefined;
}

/** Everything that can be named in a scope, and who may do it. */
export interface Catalogue {
  readonly entityTypes: readonly EntityType[];
  findEntityType(name: string): EntityType | undefined;
  /** By `<entity type>.<operation>`. */
  findOperation(id: string): Operation | undefined;
  operations(): readonly Operation[];
  /** Every endpoint of every operation. */
  endpoints(): readonly Endpoint[];
  /** Role actions that can be given on an object of the type, in the wire's order. */
  roleActions(entityType: string): readonly string[];
  actionsThatAllow(entityType: string, action: string): ActionsThatAllow;
  /**
   * Which role actions let one give the action on an object of the type to others: those that allow it. Of a group's
   * actions some are rights on what is in it or below it, which other roles hold under another name.
   */
  actionsThatGive(entityType: string, action: string): ActionsThatAllow;
  /** The canonical form of a scope, aliases resolved; or what is wrong with it. */
  readScope(wire: ScopeWire): Scope | ScopeProblem;
}

/** Role actions of a domain for services that are not kept here, as the wire lists them. */
const platformActions = [
  "alarm_update",
  "alarm_read",
  "alarm_delete",
  "rule_create",
  "rule_update",
  "rule_read",
  "rule_delete",
  "rule_manage_role",
  "rule_add_role_users",
  "rule_remove_role_users",
  "rule_view_role_users",
  "alarm_assign",
  "alarm_acknowledge",
  "alarm_resolve",
  "report_create",
  "report_update",
  "report_read",
  "report_delete",
  "report_manage_role",
  "report_add_role_users",
  "report_remove_role_users",
  "report_view_role_users",
] as const;

const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** The catalogue of the built-in types and those of the operator's configuration. */
export function createCatalogue(
  configured: readonly EntityTypeConfig[] = [],
  builtIn: readonly EntityType[] = builtInEntityTypes,
): Catalogue {
  const entityTypes = gatherOperations([...builtIn, ...configured.map(externalEntityType)]);
  const typesByName = new Map(entityTypes.map((type) => [type.name, type]));
  if (typesByName.size !== entityTypes.length) {
    throw new RangeError("two entity types have the same name");
  }
  const operations = entityTypes.flatMap((type) => type.operations);
  const operationsById = new Map(operations.map((row) => [row.id, row]));
  const aliases = aliasesOf(entityTypes);
  const roleActionsByType = roleActionsOf(entityTypes);

  return {
    entityTypes,
    findEntityType: (name) => typesByName.get(name),
    findOperation: (id) => operationsById.get(id),
    operations: () => operations,
    endpoints: () => operations.flatMap((row) => row.endpoints),
    roleActions: (entityType) => roleActionsByType.get(entityType) ?? [],
    actionsThatAllow: (entityType, action) => actionsThatAllow(typesByName.get(entityType), action),
    actionsThatGive: (entityType, action) => {
      const type = typesByName.get(entityType);
      return type?.kind === "group"
        ? actionsThatGiveOnGroup(type, entityTypes, action)
        : actionsThatAllow(type, action);
    },
    readScope,
  };

  function readScope(wire: ScopeWire): Scope | ScopeProblem {
    if (!uuid.test(wire.domain_id)) {
      return problem("domain_id", "must be the UUID of a domain");
    }
    const canonicalId =
      aliases.get(`${wire.entity_type}.${wire.operation}`) ??
      `${wire.entity_type}.${wire.operation}`;
    const row = operationsById.get(canonicalId);
    if (row === undefined) return unknownOperation(wire);
    const isAlias = row.type !== wire.entity_type;
    if (row.type === "domains") {
      const isDomain = wire.entity_id === wire.domain_id || wire.entity_id === allEntities;
      if (!isDomain && !isAlias) {
        return problem("entity_id", "must be the domain's own id for entity type domains");
      }
      if (!isDomain) {
        return problem("entity_id", `must be * or the domain's id for ${wire.operation}`);
      }
      return scopeOf(wire, row, wire.domain_id);
    }
    if (wire.entity_id !== allEntities && !isEntityId(row, wire.entity_id)) {
      return problem("entity_id", "must be * (all) or the UUID of one object");
    }
    return scopeOf(wire, row, wire.entity_id);
  }

  function isEntityId(row: Operation, entityId: string): boolean {
    if (typesByName.get(row.type)?.kind !== "external") return uuid.test(entityId);
    return /^[A-Za-z0-9][A-Za-z0-9_.:-]{0,49}$/.test(entityId);
  }

  function unknownOperation(wire: ScopeWire): ScopeProblem {
    const type = typesByName.get(wire.entity_type);
    if (type === undefined) {
      const near = nearest(wire.entity_type, [...typesByName.keys()]);
      return {
        member: "entity_type",
        message: `"${clip(wire.entity_type)}" is no entity type; did you mean "${near}"?`,
        code: "unknown_operation",
      };
    }
    const near = nearest(
      wire.operation,
      type.operations.map((row) => row.name),
    );
    return {
      member: "operation",
      message: `"${clip(wire.operation)}" is no operation of ${type.name}; did you mean "${near}"?`,
      code: "unknown_operation",
    };
  }
}

function scopeOf(wire: ScopeWire, row: Operation, entityId: string): Scope {
  return { domainId: wire.domain_id, entityType: row.type, entityId, operation: row.name };
}

function problem(member: keyof ScopeWire, message: string): ScopeProblem {
  return { member, message, code: "invalid_body" };
}

/** Whether {@link Catalogue.readScope} found the scope wrong. */
export function isScopeProblem(read: Scope | ScopeProblem): read is ScopeProblem {
  return "member" in read;
}

function externalEntityType(config: EntityTypeConfig): EntityType {
  return {
    name: config.entity_type,
    singular: config.singular,
    title: config.title,
    ownActions: [],
    operations: config.operations.map((row) => ({
      id: `${config.entity_type}.${row.name}`,
      type: config.entity_type,
      name: row.name,
      summary: row.summary,
      action: row.action,
      alsoFiledUnder: [],
      worksInDisabledDomain: false,
      endpoints: [],
    })),
    domainOperations: [],
    kind: "external",
  };
}

/** `<type as other systems write it>.<operation>` → canonical operation id. */
function aliasesOf(types: readonly EntityType[]): ReadonlyMap<string, string> {
  const rows = types.flatMap((type) => type.operations);
  return new Map(rows.flatMap((row) => operationAliases(row).map((alias) => [alias, row.id])));
}

/** The other ids under which scopes on input may name the operation: `clients.create` for `domains.create_clients`. */
export function operationAliases({ name, alsoFiledUnder }: Operation): readonly string[] {
  return alsoFiledUnder.flatMap((type) => [
    `${type}.${name}`,
    ...(name === `create_${type}` ? [`${type}.create`] : []),
    ...(name === `list_${type}` ? [`${type}.list`] : []),
  ]);
}

function actionsThatAllow(type: EntityType | undefined, action: string): ActionsThatAllow {
  const nowhere = { parentGroup: undefined, ancestorGroup: undefined, domain: undefined };
  if (type === undefined || type.kind === "domain") return { own: action, ...nowhere };
  if (type.kind === "external") return { own: action, ...nowhere, domain: action };
  if (type.kind === "group") {
    return {
      own: action,
      parentGroup: belowPrefix + action,
      ancestorGroup: belowPrefix + action,
      domain: `group_${action}`,
    };
  }
  return {
    own: action,
    parentGroup: `${type.singular}_${action}`,
    ancestorGroup: `subgroup_${type.singular}_${action}`,
    domain: `${type.singular}_${action}`,
  };
}

const belowPrefix = "subgroup_";

function actionsThatGiveOnGroup(
  group: EntityType,
  types: readonly EntityType[],
  action: string,
): ActionsThatAllow {
  const plain = action.startsWith(belowPrefix) ? action.slice(belowPrefix.length) : action;
  const isOnMembers = types.some(
    ({ kind, singular }) => kind === "entity" && plain.startsWith(`${singular}_`),
  );
  return {
    own: action,
    parentGroup: belowPrefix + plain,
    ancestorGroup: belowPrefix + plain,
    domain: isOnMembers ? plain : `${group.singular}_${plain}`,
  };
}

function roleActionsOf(types: readonly EntityType[]): ReadonlyMap<string, readonly string[]> {
  const prefixed = (prefix: string, actions: readonly string[]) =>
    actions.map((action) => `${prefix}_${action}`);
  const kept = types.filter((type) => type.kind === "entity");
  const group = types.find((type) => type.kind === "group");
  const groupOwn = group?.ownActions ?? [];
  const result = new Map<string, readonly string[]>(
    kept.map((type) => [type.name, type.ownActions]),
  );
  if (group !== undefined) {
    result.set(group.name, [
      ...groupOwn,
      ...kept.map((type) => `${type.singular}_create`),
      "subgroup_create",
      ...kept.map((type) => `subgroup_${type.singular}_create`),
      ...kept.flatMap((type) => prefixed(type.singular, type.ownActions)),
      ...prefixed("subgroup", groupOwn),
      ...kept.flatMap((type) => prefixed(`subgroup_${type.singular}`, type.ownActions)),
    ]);
  }
  for (const domain of types.filter((type) => type.kind === "domain")) {
    result.set(domain.name, [
      ...new Set([
        ...domain.ownActions,
        ...kept.map((type) => `${type.singular}_create`),
        ...(group === undefined ? [] : [`${group.singular}_create`]),
        ...kept.flatMap((type) => prefixed(type.singular, type.ownActions)),
        ...(group === undefined ? [] : prefixed(group.singular, groupOwn)),
        ...platformActions,
        ...types
          .filter((type) => type.kind === "external")
          .flatMap((type) => type.operations.flatMap((row) => row.action ?? [])),
      ]),
    ]);
  }
  return result;
}

const clip = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

/** The candidate that takes the fewest edits to reach (Levenshtein). */
export function nearest(word: string, candidates: readonly string[]): string {
  const short = word.slice(0, 60);
  let best = "";
  let bestDistance = Number.POSITIVE_INFINITY;
  for (const candidate of candidates) {
    const distance = editDistance(short, candidate);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const current = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(substitution, (previous[j] ?? 0) + 1, (current[j - 1] ?? 0) + 1));
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

/** The catalogue as `GET /catalogue` shows it. */
export const catalogueReply = z.object({
  token_prefix: z.string(),
  entity_types: z.array(
    z.object({
      name: z.string(),
      singular: z.string(),
      title: z.string(),
      kind: z.enum(["domain", "entity", "group", "external"]),
      role_actions: z.array(z.string()),
      operations: z.array(
        z.object({
          name: z.string(),
          summary: z.string(),
          action: z.string().nullable(),
          aliases: z.array(z.string()),
        }),
      ),
    }),
  ),
});
