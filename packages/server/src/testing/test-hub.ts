import { randomUUID } from "node:crypto";
import { createCatalogue } from "@tessera/contract";
import { type ChangeHub, type ChangeHubDeps, openChangeHub } from "../changes/change-hub.ts";
import { deriveKeys } from "../keys.ts";
import type { Database } from "../store/database.ts";

/** The hub of a server of which nothing else is there. */
export function openTestHub(
  database: Database,
  options: Partial<ChangeHubDeps> = {},
): Promise<ChangeHub> {
  const catalogue = createCatalogue();
  const auditKeys = deriveKeys("only tests sign by these words, 32 long").audit;
  const world = { database, catalogue, clock: Date.now, newId: randomUUID, auditKeys };
  return openChangeHub({ ...world, ...options });
}
