import { AppError, allEntities, type Catalogue } from "@tessera/contract";
import type { Database, Trx } from "../../../store/database.ts";
import type { Row } from "../../../store/schema.ts";
import { readScopeRows } from "../scopes/scope-store.ts";
import { findNarrowing, findObjectless } from "./narrowing-store.ts";

type ScopeRow = Row<"token_scopes">;

/** What giving back the scopes of before does to those of now. */
export interface UndoPlan {
  /** Milliseconds since the epoch. */
  readonly appliedAt: number;
  readonly insert: readonly ScopeRow[];
  readonly removeIds: readonly string[];
  /** Their objects were deleted meanwhile. */
  readonly leftOut: readonly ScopeRow[];
}

interface UndoDeps {
  readonly catalogue: Pick<Catalogue, "findEntityType">;
  readonly database: Pick<Database, "dialect">;
}

export const undoMilliseconds = 30 * 86_400_000;

/**
 * How the last narrowing of the token is undone, or why it cannot be. Deleting an object ends the scopes on it: that is
 * no change by hand, and such scopes do not come back.
 */
export async function planUndo(
  { catalogue, database }: UndoDeps,
  handle: Trx | Database["read"],
  tokenId: string,
  now: number,
): Promise<UndoPlan | AppError> {
  const narrowing = await findNarrowing(handle, tokenId);
  if (narrowing === undefined) {
    return new AppError("invalid_state", "There is no narrowing of this token to undo");
  }
  const { appliedAt, before, after } = narrowing;
  if (now - appliedAt > undoMilliseconds) return new AppError("undo_expired");

  const present = await readScopeRows(handle, tokenId);
  const without = (rows: readonly ScopeRow[], others: readonly ScopeRow[]) => {
    const ids = new Set(others.map(({ id }) => id));
    return rows.filter(({ id }) => !ids.has(id));
  };
  const [added, removed] = [without(present, after), without(after, present)];
  const absent = without(before, present);
  const onObjects = [...removed, ...absent].filter(isOnKeptObject);
  const objectless = await findObjectless(handle, database, onObjects);
  if (added.length > 0 || removed.some(({ id }) => !objectless.has(id))) {
    return new AppError(
      "scopes_changed",
      "The scopes were changed since they were narrowed: add by hand what is missing",
    );
  }
  return {
    appliedAt,
    insert: absent.filter(({ id }) => !objectless.has(id)),
    removeIds: without(present, before).map(({ id }) => id),
    leftOut: absent.filter(({ id }) => objectless.has(id)),
  };

  /** Objects of other services are not kept here: whether they are there, nobody knows. */
  function isOnKeptObject({ entity_type, entity_id }: ScopeRow): boolean {
    const kind = catalogue.findEntityType(entity_type)?.kind;
    return entity_id !== allEntities && (kind === "entity" || kind === "group");
  }
}
