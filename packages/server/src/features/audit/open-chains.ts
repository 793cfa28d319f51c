import { platformChain } from "../../changes/audit-chain.ts";
import type { Deps } from "../../deps.ts";
import { isBegun, listDomainIds, listDomainsWithOlder, readOlder } from "./chain-store.ts";
import { forwardNames } from "./forward-targets.ts";
import { systemEntry } from "./system-entry.ts";
import { createOlderDigest, openedAction } from "./verify-chains.ts";
import { writeRecords } from "./write-records.ts";

/**
 * Begins the chains of a database whose records are older than they: the first entry of each counts and digests what
 * stood there. Of the platform's it is the last to be made, and says that all are. Does nothing once that is there.
 */
export async function openChains(
  deps: Pick<Deps, "config" | "database" | "keys" | "clock" | "newId">,
): Promise<void> {
  const { database, keys } = deps;
  const writing = { database, auditKeys: keys.audit, forwardedTo: forwardNames(deps) };
  if (await isBegun(database.read, platformChain)) return;
  // At a start nobody waits: the time that people's lists may take is no bound of this.
  const reading = { dialect: database.dialect, lists: database.read };
  const withOlder = (await listDomainsWithOlder(reading)).filter((id) => id !== null);
  const domains = new Set([...(await listDomainIds(reading)), ...withOlder]);
  for (const domainId of [...domains, null]) {
    const digest = createOlderDigest();
    for await (const rows of readOlder(reading, domainId)) {
      for (const row of rows) digest.add(row);
    }
    const entry = systemEntry(deps, {
      action: openedAction,
      domainId,
      details: digest.soFar(),
    });
    await database.inTransaction(async (trx) => {
      if (await isBegun(trx, entry.chain)) return;
      await writeRecords(trx, writing, [entry]);
    });
  }
}
