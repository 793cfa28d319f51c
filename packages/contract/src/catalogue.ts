import { z } from "zod";
import { type EntityType, gatherOperations } from "./entity-type.ts";
import type { EntityTypeConfig } from "./entity-type-config.ts";
import { builtInEntityTypes } from "./entity-types/index.ts";
import { uuidPattern } from "./limits.ts";
import { nearest } from "./nearest.ts";
import type { Endpoint, Operation } from "./operation.ts";
import {
  type ActionsThatAllow,
  actionsThatAllow,
  actionsThatGive,
  roleActionsOf,
} from "./role-actions.ts";
import { allEntities, type Scope, type ScopeWire } from "./scope.ts";

/** Why a scope was refused: the member that is wrong and a sentence. */
export interface ScopeProblem {
  readonly member: keyof ScopeWire;
  readonly message: string;
  readonly code: "invalid_body" | "unknown_operation";
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

/** The catalogue of the built-in types and those of the operator's configuration. */
export function createCatalogue(
  configured: readonly EntityTypeConfig[] = [],
  builtIn: readonly EntityType[] = builtInEntityTypes,
): Catalogue {
  const entityTypes = gatherOperations([...builtIn, ...configured.map(externalEntityType)]);
  return catalogueOf(entityTypes, roleActionsOf(entityTypes));
}

/** The catalogue as the server tells it; `tokenPrefix`: how its tokens begin. */
export function replyOfCatalogue(catalogue: Catalogue, tokenPrefix: string): CatalogueReply {
  return {
    token_prefix: tokenPrefix,
    entity_types: catalogue.entityTypes.map((type) => ({
      name: type.name,
      singular: type.singular,
      title: type.title,
      kind: type.kind,
      role_actions: [...catalogue.roleActions(type.name)],
      operations: type.operations.map((row) => ({
        name: row.name,
        summary: row.summary,
        action: row.action,
        aliases: [...row.alsoFiledUnder],
        is_read: row.isRead,
        ...(row.isOwn === true ? { is_own: true } : {}),
      })),
    })),
  };
}

/** The catalogue as somebody else's server told it; its operations have no endpoints. */
export function catalogueOfReply(reply: Pick<CatalogueReply, "entity_types">): Catalogue {
  const entityTypes = reply.entity_types.map(
    ({ name, singular, title, kind, operations }): EntityType => ({
      name,
      singular,
      title,
      kind,
      ownActions: [],
      domainOperations: [],
      operations: operations.map(({ aliases, is_read, is_own, ...row }) => ({
        ...row,
        id: `${name}.${row.name}`,
        type: name,
        alsoFiledUnder: aliases,
        worksInDisabledDomain: false,
        isRead: is_read,
        ...(is_own === true ? { isOwn: true } : {}),
        endpoints: [],
      })),
    }),
  );
  const roleActions = reply.entity_types.map((type) => [type.name, type.role_actions] as const);
  return catalogueOf(entityTypes, new Map(roleActions));
}

/** `roleActions`: by the names of the types; `entityTypes` have all their operations. */
function catalogueOf(
  entityTypes: readonly EntityType[],
  roleActions: ReadonlyMap<string, readonly string[]>,
): Catalogue {
  const typesByName = new Map(entityTypes.map((type) => [type.name, type]));
  if (typesByName.size !== entityTypes.length) {
    throw new RangeError("two entity types have the same name");
  }
  const operations = entityTypes.flatMap((type) => type.operations);
  const operationsById = new Map(operations.map((row) => [row.id, row]));
  const aliases = aliasesOf(entityTypes);

  return {
    entityTypes,
    findEntityType: (name) => typesByName.get(name),
    findOperation: (id) => operationsById.get(id),
    operations: () => operations,
    endpoints: () => operations.flatMap((row) => row.endpoints),
    roleActions: (entityType) => roleActions.get(entityType) ?? [],
    actionsThatAllow: (entityType, action) => actionsThatAllow(typesByName.get(entityType), action),
    actionsThatGive: (entityType, action) =>
      actionsThatGive(typesByName.get(entityType), entityTypes, action),
    readScope,
  };

  function readScope(wire: ScopeWire): Scope | ScopeProblem {
    if (!uuidPattern.test(wire.domain_id)) {
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
    if (typesByName.get(row.type)?.kind !== "external") return uuidPattern.test(entityId);
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

/** How the names of reading operations begin, where the operator's configuration says no more. */
const readNames = /^(view|read|list|retrieve)(_|$)/;

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
      isRead: row.is_read ?? readNames.test(row.name),
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

const clip = (text: string) => (text.length > 60 ? `${text.slice(0, 60)}…` : text);

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
          is_read: z.boolean().describe("Whether it only shows what there is"),
          is_own: z
            .boolean()
            .optional()
            .describe("Present where it is Tessera's own, and no operation of the user guide"),
        }),
      ),
    }),
  ),
});

export type CatalogueReply = z.output<typeof catalogueReply>;
