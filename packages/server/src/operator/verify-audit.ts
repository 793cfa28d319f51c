import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { AuditKeys } from "../changes/audit-keys.ts";
import { ConfigError } from "../config.ts";
import {
  type Checkpoint,
  holdsCheckpoint,
  readCheckpoint,
  readPublicKeys,
} from "../features/audit/checkpoint-lines.ts";
import { checkpointFileOf } from "../features/audit/checkpoints.ts";
import {
  type CutLines,
  type CutsOfFile,
  createCutLines,
  NoJsonError,
} from "../features/audit/cut-lines.ts";
import { holdsRecord, readJsonLine } from "../features/audit/json-lines.ts";
import { readLines } from "../features/audit/lines-file.ts";
import {
  createVerifier,
  type Fault,
  type StoredRow,
  type Verdict,
} from "../features/audit/verify-chains.ts";
import { verifyDatabase } from "../features/audit/verify-database.ts";
import { readKnownKeys } from "../keys.ts";
import { othersWords } from "../others-words.ts";
import { openDatabase } from "../store/database.ts";
import { sentence } from "./printable.ts";
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
  const cuts: Cuts = { told: [], lost: [] };
  const own = exportFile === undefined ? checkpointFileOf(config) : undefined;
  const ownFiles = own !== undefined && existsSync(own) ? [own] : [];
  for (const file of checkpointFiles.length > 0 ? checkpointFiles : ownFiles) {
    const path = resolve(folder, file);
    const cutLines = createCutLines(holdsCheckpoint);
    const read = (line: string) => readCheckpoint(line, keyOf);
    for await (const checkpoint of readEach(path, read, cutLines)) checkpoints.push(checkpoint);
    const { atEnd, ...others } = cutLines.end();
    noteCuts(cuts, path, others);
    // The checkpoints before it prove what they did, also while no server runs that would write it again.
    if (atEnd === undefined) continue;
    cuts.told.push(`${path}, line ${atEnd.number} is cut off, and proves nothing`);
  }
  if (exportFile !== undefined) {
    return verifyExport(resolve(folder, exportFile), keys.audit, { checkpoints, cuts });
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
    return say(await verifyDatabase(database, keys.audit, checkpoints), cuts);
  } finally {
    await database.close();
  }
}

/** Of a statement that reads some thousand records. */
const patientMilliseconds = 60_000;

async function verifyExport(
  file: string,
  keys: AuditKeys,
  { checkpoints, cuts }: { readonly checkpoints: readonly Checkpoint[]; readonly cuts: Cuts },
): Promise<Said> {
  const verifier = createVerifier({ keys, checkpoints, isWhole: false });
  const cutLines = createCutLines<StoredRow>(holdsRecord);
  for await (const row of readEach(file, readJsonLine, cutLines)) verifier.add(row);
  const { lost, atEnd, healed } = cutLines.end();
  noteCuts(cuts, file, { lost: lost ?? atEnd, healed });
  return say(verifier.end([]), cuts);
}

/** What each line of a file tells, but for those that are cut off. */
async function* readEach<T>(
  file: string,
  read: (line: string) => T,
  cutLines: CutLines<T>,
): AsyncGenerator<T> {
  for await (const { number, line } of readLines(file)) {
    const found = naming(`${file}, line ${number}`, () => {
      try {
        return { told: read(line) };
      } catch (error) {
        if (error instanceof NoJsonError && cutLines.addCut(number, line)) return undefined;
        throw error;
      }
    });
    if (found === undefined) continue;
    cutLines.addWhole(line, found.told);
    yield found.told;
  }
}

/** Of files with lines that are cut off: what is told of them, and what keeps all from being proved. */
interface Cuts {
  readonly told: string[];
  readonly lost: string[];
}

function noteCuts(cuts: Cuts, file: string, { lost, healed }: Omit<CutsOfFile, "atEnd">): void {
  if (lost !== undefined) {
    cuts.lost.push(
      `${file}, line ${lost.number}: is cut off, and what it was to hold is in no line behind it. A server that goes on writes it again`,
    );
  }
  const lines = healed === 1 ? "1 line is" : `${healed} lines are`;
  if (healed > 0) cuts.told.push(`${file}: ${lines} cut off, and written again further on`);
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

function say(
  { faults, chains, entries, olderEntries, openedAt, checkpoints }: Verdict,
  { told, lost }: Cuts,
): Said {
  if (faults.length > 0) {
    const isBroken = faults.some(({ kind }) => kind === "broken");
    return {
      text: faults.map(faultText).join(""),
      exitCode: isBroken ? exitCodes.broken : exitCodes.shortened,
    };
  }
  if (lost[0] !== undefined) throw new ConfigError(lost[0]);
  if (entries === 0) throw new ConfigError("There are no records to prove");
  const cutText = told.map((each) => `${sentence(each)}.\n`).join("");
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
    text: `Proved: ${chains} chains with ${entries} entries. ${met}${began}\n${cutText}`,
    exitCode: exitCodes.proved,
  };
}

function faultText({ kind, chain, seq, what }: Fault): string {
  // An export is a file from elsewhere, which may hold anything.
  return `${kind}: chain ${othersWords(chain)}: entry ${seq} ${othersWords(what)}\n`;
}
