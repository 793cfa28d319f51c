import { randomBytes, randomUUID } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { createCatalogue } from "@tessera/contract";
import { type Logger, pino } from "pino";
import packageFile from "../package.json" with { type: "json" };
import { buildApp } from "./app.ts";
import { openChangeHub } from "./changes/change-hub.ts";
import { commitOfCheckout } from "./commit-of-checkout.ts";
import { type Config, ConfigError, loadConfig } from "./config.ts";
import { createFirstAdmin } from "./features/users/people/first-admin.ts";
import { deriveKeys, loadSecret, requireKnownKeys } from "./keys.ts";
import { findListeningAddress } from "./listening-address.ts";
import { listOpenDatabaseFiles } from "./private-files.ts";
import { stop, watchReplies } from "./stop.ts";
import { openDatabase } from "./store/database.ts";
import { NewerDatabaseError } from "./store/migrate.ts";
import { findSecretWeakness } from "./weak-secret.ts";

const checkout = join(import.meta.dirname, "../../..");
const webFolder = join(import.meta.dirname, "../../web/dist");

try {
  await start(loadConfig());
} catch (error) {
  const text = isOperatorsMatter(error) ? error.message : (error as Error).stack;
  process.stderr.write(`Tessera cannot start: ${text}\n`);
  process.exit(1);
}

async function start(config: Config): Promise<void> {
  const log = pino({ level: config.log_level });
  mkdirSync(config.data_dir, { recursive: true, mode: 0o700 });
  const secret = loadSecret(config.secret_key, config.data_dir, randomBytes);
  const keys = deriveKeys(secret, config.previous_secret_keys);
  const database = await openDatabase({
    databaseUrl: config.database_url,
    databaseListenUrl: config.database_listen_url,
    hasSessions: config.database_prepared,
    dataDir: config.data_dir,
    listTimeoutMilliseconds: config.list_timeout,
    log,
  });
  await requireKnownKeys(database, keys, Date.now());
  warnOfOpenDoors(config, log);
  const catalogue = createCatalogue(config.catalogue);
  const deps = {
    config,
    catalogue,
    database,
    hub: await openChangeHub({ database, catalogue, clock: Date.now, newId: randomUUID }),
    keys,
    clock: Date.now,
    randomBytes,
    newId: randomUUID,
    log,
  };
  const firstAdmin = await createFirstAdmin(deps);
  const build = {
    version: packageFile.version,
    commit: config.commit || commitOfCheckout(checkout),
    builtAt: "",
    instanceId: randomUUID(),
  };
  let isStopping = false;
  const app = await buildApp(deps, { build, webFolder, isStopping: () => isStopping });
  const replies = watchReplies(app.server);
  const host = await findListeningAddress(config.host);
  const address = await app.listen({ host, port: config.port });
  process.stdout.write(welcome(config.public_url ?? address, firstAdmin));
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    // A process manager and a shell may both pass it on; the second is no reason to cut what the first lets end.
    process.on(signal, () => void (isStopping || end(signal)));
  }

  async function end(signal: string): Promise<void> {
    isStopping = true;
    log.info({ signal }, "stopping");
    try {
      await stop({ app, replies, database, graceMilliseconds: config.stop_grace, log });
    } catch (error) {
      log.error({ err: error }, "Not everything could be closed");
    }
    process.exit(0);
  }
}

/** What lets others in, but is no reason to stand still. */
function warnOfOpenDoors(config: Config, log: Logger): void {
  if (config.database_url === undefined) {
    for (const sentence of listOpenDatabaseFiles(config.data_dir)) log.warn(sentence);
  }
  // Not refused: naming the weak key here is the way to a better one that keeps every token working.
  for (const [index, secret] of config.previous_secret_keys.entries()) {
    const weakness = findSecretWeakness(secret);
    if (weakness === undefined) continue;
    log.warn(
      `TESSERA_PREVIOUS_SECRET_KEYS: key ${index + 1} ${weakness}; have what is stored under it made anew, then remove it`,
    );
  }
}

/** A wrong setting, a newer database or a taken port needs a sentence, not a stack. */
function isOperatorsMatter(error: unknown): error is Error {
  if (error instanceof ConfigError || error instanceof NewerDatabaseError) return true;
  const { code } = error as { code?: unknown };
  return code === "EADDRINUSE" || code === "EACCES" || code === "EADDRNOTAVAIL";
}

function welcome(
  address: string,
  admin:
    | { readonly email: string; readonly password: string; readonly generated: boolean }
    | undefined,
): string {
  const lines = ["", `  Tessera is ready: ${address}`];
  if (admin?.generated === true) {
    lines.push(
      "",
      "  Sign in with (this is shown once; change the password then):",
      `    e-mail    ${admin.email}`,
      `    password  ${admin.password}`,
    );
  }
  return `${lines.join("\n")}\n\n`;
}
