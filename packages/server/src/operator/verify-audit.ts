import { createReadStream, readFileSync } from "node:fs";
import { resolve } from "node:path";
import { createInterface } from "node:readline";
import type { AuditKeys } from "../changes/audit-keys.ts";
import { type Config, ConfigError } from "../config.ts";
import {
  type Checkpoint,
  readCheckpoint,
  readPublicKeys,
} from "../features/audit/checkpoint-lines.ts";
import { readJsonLine } from "../features/audit/json-lines.ts";
import { createVerifier, type Fault, type Verdict } from "../features/audit/verify-chains.ts";
import { verifyDatabase } from "../features/audit/verify-database.ts";
import { deriveKeys, readSecretFile, requireKnownKeys, secretPath } from "../keys.ts";
import { openDatabase } from "../store/database.ts";
import type { OperatorWorld } from "./run-command.ts";

/** What is verified, and by what. */
export interface VerifyCommand {
  readonly kind: "audit_verify";
  /** A file of JSON lines; `undefined`: the database of the settings. */
  readonly exportFile: string | undefined;
  readonly checkpointFiles: readonly string[];
  readonly publicKeyFile: string | undefined;
}

export interface Said {
  readonly text: string;
  readonly exitCode: number;
}

export const exitCodes = { proved: 0, broken: 1, shortened: 2, unreadable: 3 } as const;

/** Verifies the audit trail; changes nothing. Throws where it cannot be read. */
export async function verifyAudit(
  { exportFile, checkpointFiles, publicKeyFile }: VerifyCommand,
  { config, folder, log }: OperatorWorld,
): Promise<Said> {
  const keys = readKeys(config);
  const keyOf =
    publicKeyFile === undefined
      ? (version: string) => keys.audit.verifyingKeys.get(version)
      : naming(publicKeyFile, () =>
          readPublicKeys(readFileSync(resolve(folder, publicKeyFile), "utf8")),
        );
  const checkpoints: Checkpoint[] = [];
  for (const file of checkpointFiles) {
    for await (const checkpoint of readLines(resolve(folder, file), (line) =>
      readCheckpoint(line, keyOf),
    )) {
      checkpoints.push(checkpoint);
    }
  }
  if (exportFile !== undefined) {
    return say(await verifyExport(resolve(folder, exportFile), keys.audit, checkpoints));
  }
  const database = await openDatabase({
    databaseUrl: config.database_url,
    databaseListenUrl: config.database_listen_url,
    hasSessions: config.database_prepared,
    dataDir: config.data_dir,
    isBesideServer: true,
    listTimeoutMilliseconds: patientMilliseconds,
    log,
  });
  try {
    await requireKnownKeys(database, keys, Date.now());
    return say(await verifyDatabase(database, keys.audit, checkpoints));
  } finally {
    await database.close();
  }
}

/** Of a statement that reads some thousand records. */
const patientMilliseconds = 60_000;

async function verifyExport(
  file: string,
  keys: AuditKeys,
  checkpoints: readonly Checkpoint[],
): Promise<Verdict> {
  const verifier = createVerifier({ keys, checkpoints, isWhole: false });
  for await (const row of readLines(file, readJsonLine)) verifier.add(row);
  return verifier.end([]);
}

function readKeys(config: Config) {
  const secret = config.secret_key ?? readSecretFile(config.data_dir);
  if (secret !== undefined) return deriveKeys(secret, config.previous_secret_keys);
  throw new ConfigError(
    `There is no key ${secretPath(config.data_dir)}: give the server's in TESSERA_SECRET_KEY, or name its folder in TESSERA_DATA_DIR`,
  );
}

/** What each line of a file tells; a last line that was not written to its end is what a crash leaves. */
async function* readLines<T>(file: string, read: (line: string) => T): AsyncGenerator<T> {
  let number = 0;
  const lines = createInterface({
    input: createReadStream(file),
    crlfDelay: Number.POSITIVE_INFINITY,
  });
  for await (const line of lines) {
    number += 1;
    if (line !== "") yield naming(`${file}, line ${number}`, () => read(line));
  }
}

/** Lets an error tell where it was found. */
function naming<T>(place: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof RangeError) throw new ConfigError(`${place}: ${error.message}`);
    throw error;
  }
}

function say({ faults, chains, entries, olderEntries, checkpoints }: Verdict): Said {
  if (faults.length > 0) {
    const isBroken = faults.some(({ kind }) => kind === "broken");
    return {
      text: faults.map(faultText).join(""),
      exitCode: isBroken ? exitCodes.broken : exitCodes.shortened,
    };
  }
  const older =
    olderEntries === 0 ? "" : `, and ${olderEntries} older records are as they were when it began`;
  const met =
    checkpoints === 0
      ? "No checkpoint was met: whoever had the key could have written all of it anew."
      : `${checkpoints} checkpoints were met.`;
  return {
    text: `Proved: ${chains} chains with ${entries} entries${older}. ${met}\n`,
    exitCode: exitCodes.proved,
  };
}

function faultText({ kind, chain, seq, what }: Fault): string {
  return `${kind}: chain ${chain}: entry ${seq} ${what}\n`;
}
