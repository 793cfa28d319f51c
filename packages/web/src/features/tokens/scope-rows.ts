import {
  allEntities,
  catalogueOfReply,
  isScopeProblem,
  parseScopeText,
  type ScopeWire,
} from "@tessera/sdk";
import type { CatalogueReply, CatalogueType } from "../../api/catalogue.ts";
import { scopeKey } from "../../api/scope-key.ts";
import { isolated } from "../../words/foreign-text.ts";

/** Some operations on one object, or on all of a type, in one domain; empty texts are not chosen yet. */
export interface ScopeRow {
  /** Tells the rows of a form apart. */
  readonly key: number;
  readonly domainId: string;
  readonly entityType: string;
  /** An id or {@link allEntities}. */
  readonly entityId: string;
  readonly operations: readonly string[];
}

export function emptyRow(rows: readonly ScopeRow[], domainId: string): ScopeRow {
  return { key: nextKey(rows), domainId, entityType: "", entityId: "", operations: [] };
}

/** A row after another type was chosen: a domain is its own only object; of everything else one is to be chosen, or all. */
export function withType(row: ScopeRow, type: CatalogueType): ScopeRow {
  const entityId = type.kind === "domain" ? row.domainId : "";
  return { ...row, entityType: type.name, entityId, operations: [] };
}

/** A row after another domain was chosen; objects of the old one are not there. */
export function withDomain(row: ScopeRow, domainId: string): ScopeRow {
  // Before a domain is chosen nothing is.
  if (row.entityId === row.domainId && row.entityId !== "")
    return { ...row, domainId, entityId: domainId };
  return { ...row, domainId, entityId: row.entityId === allEntities ? allEntities : "" };
}

/**
 * The rows after an operation was clicked: where it was chosen it is taken everywhere, else the first row of its type
 * gets it. For which objects is still to be chosen where no row says so yet.
 */
export function withToggled(
  rows: readonly ScopeRow[],
  domainId: string,
  type: CatalogueType,
  operation: string,
): readonly ScopeRow[] {
  const isOf = (row: ScopeRow) => row.entityType === type.name;
  if (rows.some((row) => isOf(row) && row.operations.includes(operation))) {
    const left = rows
      .map((row) =>
        isOf(row) ? { ...row, operations: row.operations.filter((one) => one !== operation) } : row,
      )
      .filter((row) => !isOf(row) || row.operations.length > 0);
    return left.length === 0 ? [emptyRow(rows, domainId)] : left;
  }
  const withOne = (row: ScopeRow): ScopeRow => {
    const wanted = new Set([...row.operations, operation]);
    return {
      ...row,
      operations: type.operations.flatMap(({ name }) => (wanted.has(name) ? [name] : [])),
    };
  };
  const begun = rows.find(isOf);
  if (begun !== undefined) return rows.map((row) => (row === begun ? withOne(row) : row));
  const fresh = withOne(withType(emptyRow(rows, domainId), type));
  return [...rows.filter((row) => !isUntouched(row)), fresh];
}

/** Whether nothing was chosen in it at all. */
export function isUntouched(row: ScopeRow): boolean {
  return row.entityType === "" && row.operations.length === 0;
}

/** What is still to be chosen, by the row's member. */
export function rowProblems(row: ScopeRow): Partial<Record<keyof ScopeRow, string>> {
  return {
    ...(row.domainId === "" ? { domainId: "Choose a domain" } : {}),
    ...(row.entityType === "" ? { entityType: "Choose a type" } : {}),
    ...(row.entityType !== "" && row.entityId.trim() === ""
      ? { entityId: "Choose one, or all" }
      : {}),
    ...(row.operations.length === 0 ? { operations: "Choose what it may do" } : {}),
  };
}

/** The scopes of the rows, each once. */
export function scopesOf(rows: readonly ScopeRow[]): ScopeWire[] {
  const scopes = new Map<string, ScopeWire>();
  for (const row of rows) {
    for (const operation of row.operations) {
      const scope = {
        domain_id: row.domainId,
        entity_type: row.entityType,
        entity_id: row.entityId.trim(),
        operation,
      };
      scopes.set(scopeKey(scope), scope);
    }
  }
  return [...scopes.values()];
}

/** Scopes as rows, one for each object; their operations in the catalogue's order. */
export function rowsOf(scopes: readonly ScopeWire[], catalogue: CatalogueReply): ScopeRow[] {
  const rows = new Map<string, ScopeRow>();
  for (const scope of scopes) {
    const object = [scope.domain_id, scope.entity_type, scope.entity_id].join(" ");
    const row = rows.get(object);
    rows.set(object, {
      key: row?.key ?? rows.size + 1,
      domainId: scope.domain_id,
      entityType: scope.entity_type,
      entityId: scope.entity_id,
      operations: [...(row?.operations ?? []), scope.operation],
    });
  }
  return [...rows.values()].map((row) => ({
    ...row,
    operations: orderedOperations(row.entityType, new Set(row.operations), catalogue),
  }));
}

/** Reads the scopes of a link (`clients:view:*,channels:view`); what is none is told apart. */
export function readScopeList(
  text: string,
  domainId: string,
  catalogue: CatalogueReply,
): { scopes: ScopeWire[]; problems: string[] } {
  const reader = catalogueOfReply(catalogue);
  const scopes: ScopeWire[] = [];
  const problems: string[] = [];
  for (const part of text.split(",").filter((piece) => piece.trim() !== "")) {
    const parsed = parseScopeText(part.trim());
    if (parsed === undefined) {
      problems.push(`“${isolated(part)}” is not a scope; it should look like clients:view:*`);
      continue;
    }
    const isDomain = reader.findEntityType(parsed.entityType)?.kind === "domain";
    const read = reader.readScope({
      domain_id: domainId,
      entity_type: parsed.entityType,
      entity_id: isDomain ? domainId : parsed.entityId,
      operation: parsed.operation,
    });
    if (isScopeProblem(read)) problems.push(`“${isolated(part)}”: ${read.message}`);
    else {
      scopes.push({
        domain_id: read.domainId,
        entity_type: read.entityType,
        entity_id: read.entityId,
        operation: read.operation,
      });
    }
  }
  return { scopes, problems };
}

function orderedOperations(
  entityType: string,
  chosen: ReadonlySet<string>,
  catalogue: CatalogueReply,
): readonly string[] {
  const type = catalogue.entity_types.find(({ name }) => name === entityType);
  return type?.operations.flatMap(({ name }) => (chosen.has(name) ? [name] : [])) ?? [...chosen];
}

function nextKey(rows: readonly ScopeRow[]): number {
  return Math.max(0, ...rows.map(({ key }) => key)) + 1;
}
