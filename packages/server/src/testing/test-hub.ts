import { randomUUID } from "node:crypto";
import { createCatalogue } from "@tessera/contract";
import { type ChangeHub, type ChangeHubDeps, openChangeHub } from "../changes/change-hub.ts";
import type { Database } from "../store/database.ts";

/** The hub of a server of which nothing else is there. */
export function openTestHub(
  database: Database,
  options: Partial<ChangeHubDeps> = {},
): Promise<ChangeHub> {
  const catalogue = createCatalogue();
  return openChangeHub({ database, catalogue, clock: Date.now, newId: randomUUID, ...options });
}
