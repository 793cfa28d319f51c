import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { AuditKeys } from "../changes/audit-keys.ts";
import { ConfigError } from "../config.ts";
import {
  type Checkpoint,
  readCheckpoint,
  readPublicKeys,
} from "../features/audit/checkpoint-lines.ts";
import { checkpointFileOf } from "../features/audit/checkpoints.ts";
import { readJsonLine } from "../features/audit/json-lines.ts";
import { readLines } from "../features/audit/lines-file.ts";
import { createVerifier, type Fault, type Verdict } from "../features/audit/verify-chains.ts";
import { verifyDatabase } from "../features/audit/verify-database.ts";
import { readKnownKeys } from "../keys.ts";
import { othersWords } from "../others-words.ts";
import { openDatabase } from "../store/database.ts";
import { readKeys } from "./read-keys.ts";
import type { OperatorWorld } from "./run-command.ts";

/** What is verified, and by what. */
export interface VerifyCommand {
  readonly kind: "audit_verify";
  /** A file of JSON lines; `undefined`: the database of the settings. */
  readonly exportFile: string | undefined;
  /** None: of a database the server's own, where it is. */
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
  const keys = await readKeys(config);
  const keyOf =
    publicKeyFile === undefined
      ? (version: string) => keys.audit.verifyingKeys.get(version)
      : naming(publicKeyFile, () =>
          readPublicKeys(readFileSync(resolve(folder, publicKeyFile), "utf8")),
        );
  const checkpoints: Checkpoint[] = [];
  const own = exportFile === undefined ? checkpointFileOf(config) : undefined;
  const ownFiles = own !== undefined && existsSync(own) ? [own] : [];
  for (const file of checkpointFiles.length > 0 ? checkpointFiles : ownFiles) {
    const path = resolve(folder, file);
    for await (const checkpoint of readEach(path, (line) => readCheckpoint(line, keyOf))) {
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
    await readKnownKeys(database, keys);
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
  for await (const row of readEach(file, readJsonLine)) verifier.add(row);
  return verifier.end([]);
}

/** What each line of a file tells. */
async function* readEach<T>(file: string, read: (line: string) => T): AsyncGenerator<T> {
  for await (const { number, line } of readLines(file)) {
    yield naming(`${file}, line ${number}`, () => read(line));
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

function say({ faults, chains, entries, olderEntries, openedAt, checkpoints }: Verdict): Said {
  if (faults.length > 0) {
    const isBroken = faults.some(({ kind }) => kind === "broken");
    return {
      text: faults.map(faultText).join(""),
      exitCode: isBroken ? exitCodes.broken : exitCodes.shortened,
    };
  }
  if (entries === 0) throw new ConfigError("There are no records to prove");
  const older =
    olderEntries === 0 ? "" : `, when ${olderEntries} older records were as they are now`;
  const began =
    openedAt === undefined
      ? ""
      : ` The chains began on ${new Date(openedAt).toISOString()}${older}: of what was before that nothing is proved.`;
  const met =
    checkpoints === 0
      ? "No checkpoint was met: whoever had the key could have written all of it anew."
      : `${checkpoints} checkpoints were met.`;
  return {
    text: `Proved: ${chains} chains with ${entries} entries. ${met}${began}\n`,
    exitCode: exitCodes.proved,
  };
}

function faultText({ kind, chain, seq, what }: Fault): string {
  // An export is a file from elsewhere, which may hold anything.
  return `${kind}: chain ${othersWords(chain)}: entry ${seq} ${othersWords(what)}\n`;
}
