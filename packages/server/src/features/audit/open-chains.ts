import { chainOf, platformChain, type UnchainedRow } from "../../changes/audit-chain.ts";
import { appendToChains } from "../../changes/audit-store.ts";
import type { Deps } from "../../deps.ts";
import { isBegun, listDomainsWithOlder, readOlder } from "./chain-store.ts";
import { createOlderDigest, openedAction } from "./verify-chains.ts";

/**
 * Begins the chains of a database whose records are older than they: the first entry of each counts and digests what
 * stood there. Of the platform's it is the last to be made, and says that all are. Does nothing once that is there.
 */
export async function openChains(
  deps: Pick<Deps, "database" | "keys" | "clock" | "newId">,
): Promise<void> {
  const { database, keys, clock, newId } = deps;
  if (await isBegun(database.read, platformChain)) return;
  const domains = (await listDomainsWithOlder(database)).filter((id) => id !== null);
  for (const domainId of [...domains, null]) {
    const digest = createOlderDigest();
    for await (const rows of readOlder(database, domainId)) {
      for (const row of rows) digest.add(row);
    }
    const entry = openingOf(domainId, digest.end());
    await database.inTransaction(async (trx) => {
      if (await isBegun(trx, entry.chain)) return;
      await appendToChains(trx, { database, auditKeys: keys.audit }, [entry]);
    });
  }

  function openingOf(domainId: string | null, details: object): UnchainedRow {
    return {
      id: newId(),
      at: clock(),
      actor_user_id: null,
      actor_kind: "system",
      token_id: null,
      session_id: null,
      action: openedAction,
      domain_id: domainId,
      entity_type: "audit",
      entity_id: chainOf(domainId),
      address: "",
      request_id: "",
      details: JSON.stringify(details),
      outcome: "allowed",
      reason: null,
      chain: chainOf(domainId),
    };
  }
}
