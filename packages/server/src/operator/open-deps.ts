import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { createCatalogue } from "@tessera/contract";
import type { Logger } from "pino";
import { openChangeHub } from "../changes/change-hub.ts";
import type { Config } from "../config.ts";
import type { Deps } from "../deps.ts";
import { openChains } from "../features/audit/open-chains.ts";
import { deriveKeys, requireKnownKeys } from "../keys.ts";
import { loadSecret } from "../secret-file.ts";
import { openDatabase } from "../store/database.ts";

/** Opens what everything is built from. `isBesideServer`: for a single work, while a server may be running. */
export async function openDeps(
  config: Config,
  log: Logger,
  { isBesideServer }: { readonly isBesideServer: boolean },
): Promise<Deps> {
  mkdirSync(config.data_dir, { recursive: true, mode: 0o700 });
  const secret = loadSecret(config.secret_key, config.data_dir, randomBytes);
  const keys = deriveKeys(secret.text, config.previous_secret_keys);
  const database = await openDatabase({
    databaseUrl: config.database_url,
    databaseListenUrl: config.database_listen_url,
    hasSessions: config.database_prepared,
    dataDir: config.data_dir,
    isBesideServer,
    listTimeoutMilliseconds: config.list_timeout,
    log,
  });
  await requireKnownKeys(database, keys, Date.now(), secret);
  await openChains({ config, database, keys, clock: Date.now, newId: randomUUID });
  const catalogue = createCatalogue(config.catalogue);
  return {
    config,
    catalogue,
    database,
    hub: await openChangeHub({
      database,
      catalogue,
      clock: Date.now,
      newId: randomUUID,
      auditKeys: keys.audit,
    }),
    keys,
    clock: Date.now,
    randomBytes,
    newId: randomUUID,
    log,
  };
}
