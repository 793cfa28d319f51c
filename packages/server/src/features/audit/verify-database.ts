import { chainOf, platformChain } from "../../changes/audit-chain.ts";
import type { AuditKeys } from "../../changes/audit-keys.ts";
import type { Database } from "../../store/database.ts";
import {
  listCuts,
  listDomainIds,
  listDomainsWithOlder,
  listStray,
  readEntries,
  readOlder,
} from "./chain-store.ts";
import type { Checkpoint } from "./checkpoint-lines.ts";
import { createVerifier, type Verdict } from "./verify-chains.ts";

/** Goes through all records of a database, also while a server writes it. */
export async function verifyDatabase(
  database: Pick<Database, "dialect" | "lists">,
  keys: Pick<AuditKeys, "hash">,
  checkpoints: readonly Checkpoint[],
): Promise<Verdict> {
  for (;;) {
    const cuts = await listCuts(database);
    const verdict = await verifyOnce(database, keys, checkpoints, cuts);
    // What was removed meanwhile, because it was kept long enough, is not missing.
    if (JSON.stringify(cuts) === JSON.stringify(await listCuts(database))) return verdict;
  }
}

async function verifyOnce(
  database: Pick<Database, "dialect" | "lists">,
  keys: Pick<AuditKeys, "hash">,
  checkpoints: readonly Checkpoint[],
  cuts: Awaited<ReturnType<typeof listCuts>>,
): Promise<Verdict> {
  const verifier = createVerifier({ keys, checkpoints, isWhole: true });
  for (const cut of cuts) verifier.addCut(cut);
  // Before the entries: what is there now has its chain when that is read.
  const domainIds = await listDomainIds(database);
  for (const row of await listStray(database)) verifier.add(row);
  for (const domainId of await listDomainsWithOlder(database)) {
    for await (const rows of readOlder(database, domainId)) rows.forEach(verifier.add);
  }
  for await (const rows of readEntries(database)) rows.forEach(verifier.add);
  return verifier.end([platformChain, ...domainIds.map((id) => chainOf(id))]);
}
