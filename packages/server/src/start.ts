import { randomUUID } from "node:crypto";
import { join, resolve } from "node:path";
import type { Logger } from "pino";
import packageFile from "../package.json" with { type: "json" };
import { buildApp } from "./app.ts";
import { commitOfCheckout } from "./commit-of-checkout.ts";
import type { Config } from "./config.ts";
import {
  createFirstAdmin,
  type FirstAdmin,
  planFirstAdmin,
} from "./features/users/people/first-admin.ts";
import { findListeningAddress } from "./listening-address.ts";
import { createLog } from "./log.ts";
import { boundConnections } from "./open-files.ts";
import { openDeps } from "./operator/open-deps.ts";
import { makePoolPatient } from "./patient-pool.ts";
import { findOpenFolder, listOpenDatabaseFiles } from "./private-files.ts";
import { stop, watchReplies } from "./stop.ts";
import { findSecretWeakness } from "./weak-secret.ts";

const checkout = join(import.meta.dirname, "../../..");
const webFolder = join(import.meta.dirname, "../../web/dist");

/**
 * So many connections the system keeps for the server until it takes them, if it keeps as many: of a rush beyond that some
 * would be tried again only seconds later, and some be reset.
 */
const backlog = 4096;

/** Runs the server until a signal ends it. `warnings`: what is to be said of the settings, once there is a log. */
export async function start(given: Config, warnings: readonly string[]): Promise<void> {
  const log = createLog(given.log_level);
  const config = withinOpenFiles(given, log);
  for (const sentence of warnings) log.warn(sentence);
  await makePoolPatient();
  const deps = await openDeps(config, log, { isBesideServer: false });
  const { database } = deps;
  warnOfOpenDoors(config, log);
  const plan = await planFirstAdmin(deps);
  for (const name of plan.ignoredSettings) log.warn(ignoredText(name));
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
  const address = await app.listen({ host, port: config.port, backlog });
  // Not before: what is shown once must not be made by a start that then fails.
  const firstAdmin = await createFirstAdmin(deps, plan);
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

/** Else a flood of connections would leave the database no file to open. */
function withinOpenFiles(config: Config, log: Logger): Config {
  const bound = boundConnections(config.max_connections);
  if (bound < config.max_connections) {
    log.warn(
      `This process may open only so many files that at most ${bound} connections are taken, not the ${config.max_connections} of max_connections: raise its limit (ulimit -n, LimitNOFILE)`,
    );
  }
  return { ...config, max_connections: bound };
}

/** What lets others in, but is no reason to stand still. */
function warnOfOpenDoors(config: Config, log: Logger): void {
  // Not refused: volumes of containers are often made so, for their one user.
  const openFolder = findOpenFolder(resolve(config.data_dir));
  if (openFolder !== undefined) log.warn(openFolder);
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

function ignoredText(setting: string): string {
  const advice = "tessera admin reset-password NAME gives a user a new password";
  return `${setting} is ignored: it is for the very first start, and there are users already; ${advice}`;
}

function welcome(address: string, admin: FirstAdmin | undefined): string {
  const lines = ["", `  Tessera is ready: ${address}`];
  if (admin?.generated === true) {
    lines.push(
      "",
      "  Sign in with (this is shown once; change the password then):",
      `    email     ${admin.email}`,
      `    password  ${admin.password}`,
    );
  }
  return `${lines.join("\n")}\n\n`;
}
