import { z } from "zod";

/** Every object of the type, within the scope's domain. */
export const allEntities = "*";

/** One thing a token may do: an operation on one object, or on all of a type, in one domain. */
export interface Scope {
  readonly domainId: string;
  readonly entityType: string;
  /** An id or {@link allEntities}; for entity type `domains` the domain's own id. */
  readonly entityId: string;
  readonly operation: string;
}

/** The object that a request is about. */
export interface Target {
  readonly domainId: string;
  readonly entityType: string;
  readonly entityId: string;
}

/** A scope as the wire carries it. */
export const scopeWire = z.object({
  domain_id: z.string(),
  entity_type: z.string(),
  entity_id: z.string(),
  operation: z.string(),
});

export type ScopeWire = z.output<typeof scopeWire>;

/** Whether the scope allows the operation on the target. */
export function covers(scope: Scope, operation: string, target: Target): boolean {
  return (
    scope.domainId === target.domainId &&
    scope.entityType === target.entityType &&
    scope.operation === operation &&
    (scope.entityId === allEntities || scope.entityId === target.entityId)
  );
}

/** `clients:view:*`; the domain is not part of the text. */
export function scopeText(scope: Pick<Scope, "entityType" | "operation" | "entityId">): string {
  return `${scope.entityType}:${scope.operation}:${scope.entityId}`;
}

/** Reads the form of {@link scopeText}; `clients:view` means all clients. Anything else → undefined. */
export function parseScopeText(text: string): Omit<Scope, "domainId"> | undefined {
  const match = /^([a-z][a-z0-9_]*):([a-z][a-z0-9_]*)(?::([A-Za-z0-9-]+|\*))?$/.exec(text);
  if (match === null) return undefined;
  const [, entityType = "", operation = "", entityId = allEntities] = match;
  return { entityType, operation, entityId };
}

export function toWireScope(scope: Scope): ScopeWire {
  return {
    domain_id: scope.domainId,
    entity_type: scope.entityType,
    entity_id: scope.entityId,
    operation: scope.operation,
  };
}
