import type { Config } from "../../config.ts";
import { othersWords } from "../../others-words.ts";
import {
  type DatabaseFacts,
  inspectDatabase,
  type PostgresFacts,
  type SqliteFacts,
} from "../../store/inspection.ts";
import type { MigrationState } from "../../store/migrate.ts";
import { NewerDatabaseError } from "../../store/migrate.ts";
import { DatabaseSetupError } from "../../store/setup-error.ts";
import { type Finding, findingsOf } from "./finding.ts";

const { fine, note, wrong } = findingsOf("database");
const clock = findingsOf("clock");

const mebibyte = 2 ** 20;
/** A change needs little, but a migration or a backup as much as there is. */
const leastFreeBytes = 256 * mebibyte;
/** The version that the tests run on. */
const testedPostgres = 150_000;
const oldestPostgres = 130_000;
const advisedPredLocks = 256;
/** What one server takes, and some for whoever looks after the database. */
const leastConnections = 40;
/** What ends, ends to the second. */
const clockTolerance = 2_000;

/** Whether the database can be used, and whether its clock is this machine's. */
export async function examineDatabase(config: Config): Promise<readonly Finding[]> {
  let facts: DatabaseFacts;
  try {
    facts = await inspectDatabase({ databaseUrl: config.database_url, dataDir: config.data_dir });
  } catch (error) {
    if (error instanceof DatabaseSetupError) return [wrong(error.message)];
    return [wrong(`It cannot be read: ${othersWords((error as Error).message)}`)];
  }
  return [
    ...examineMigrations(facts.migrations),
    ...examineDifference(facts),
    ...(facts.kind === "sqlite" ? examineSqlite(facts) : examinePostgres(facts)),
  ];
}

function examineMigrations({ missing, unknown }: MigrationState): readonly Finding[] {
  if (unknown.length > 0) return [wrong(new NewerDatabaseError(unknown).message)];
  const last = missing.at(-1);
  if (last === undefined) return [fine("Its schema is that of this version.")];
  return [
    note(
      `${missing.length} migrations are missing, up to ${last}: make a backup, then run tessera migrate, or start the server, which runs them too.`,
    ),
  ];
}

/** Nothing of Tessera's is a trigger, which acts upon whatever it writes. */
function examineDifference({ kind, difference }: DatabaseFacts): readonly Finding[] {
  const { missing, early, strange } = difference;
  const triggers = strange.filter((part) => part.startsWith("trigger "));
  const others = strange.filter((part) => !part.startsWith("trigger "));
  const listOf = (parts: readonly string[]) => othersWords(parts.join(", "));
  const found: Finding[] = [];
  if (missing.length > 0) {
    const how = kind === "sqlite" ? " with: tessera restore FILE" : "";
    found.push(
      wrong(`It lacks what its migrations made (${listOf(missing)}): restore a backup${how}`),
    );
  }
  if (early.length > 0) {
    found.push(
      wrong(
        `It has what migrations that are missing are to make (${listOf(early)}), at which they fail: restore a backup`,
      ),
    );
  }
  if (triggers.length > 0) {
    const text = `What Tessera writes sets off what is not its own (${listOf(triggers)}): find out who made it, and drop it unless it is yours`;
    // Some programs that copy PostgreSQL's tables elsewhere work so.
    found.push(kind === "sqlite" ? wrong(text) : note(`${text}.`));
  }
  if (others.length > 0) {
    found.push(note(`Some of it is not Tessera's, and is left alone (${listOf(others)}).`));
  }
  return found;
}

function examineSqlite({
  path,
  version,
  sizeBytes,
  freeBytes,
  damages,
}: SqliteFacts): readonly Finding[] {
  const damaged = damages.map((damage) =>
    wrong(
      `${path} is damaged (${othersWords(damage)}): stop the server, keep a copy of the folder, and restore a backup with: tessera restore FILE`,
    ),
  );
  const least = Math.max(leastFreeBytes, sizeBytes);
  const room =
    freeBytes < least
      ? [
          wrong(
            `Its disk has ${inMebibytes(freeBytes)} free, and the database takes ${inMebibytes(sizeBytes)}: make room for ${inMebibytes(least)}, which a migration may need`,
          ),
        ]
      : [fine(`Its disk has ${inMebibytes(freeBytes)} free.`)];
  const whole = damaged.length > 0 ? [] : [fine(`SQLite ${version} finds the file whole.`)];
  return [...damaged, ...whole, ...room, clock.fine("The database goes by this machine's clock.")];
}

function examinePostgres(facts: PostgresFacts): readonly Finding[] {
  const major = Math.floor(facts.version / 10_000);
  const found = [
    fine(
      `PostgreSQL ${major} answers, and the database takes ${inMebibytes(facts.sizeBytes)}; how much its disk has free cannot be seen from here.`,
    ),
  ];
  if (facts.version < oldestPostgres) {
    found.push(
      wrong(`PostgreSQL ${major} is too old: Tessera is tested on ${testedPostgres / 10_000}`),
    );
  }
  if (facts.encoding !== "UTF8") {
    found.push(
      wrong(`The database stores ${othersWords(facts.encoding)}: make one with ENCODING 'UTF8'`),
    );
  }
  if (facts.isReadOnly) {
    found.push(
      wrong("DATABASE_URL leads to a standby, or to a user that may only read: name the primary"),
    );
  }
  if (facts.maxPredLocksPerTransaction < advisedPredLocks) {
    found.push(
      note(
        `max_pred_locks_per_transaction is ${facts.maxPredLocksPerTransaction}: set it to ${advisedPredLocks} in postgresql.conf and restart PostgreSQL, or very large moves and deletions wait for room.`,
      ),
    );
  }
  if (facts.maxConnections < leastConnections) {
    found.push(
      wrong(
        `max_connections is ${facts.maxConnections}, and each server takes about 30: set it to ${leastConnections} or more, or put a pooler before it`,
      ),
    );
  }
  return [...found, examineClock(facts)];
}

function examineClock({ clockAhead, uncertainty }: PostgresFacts): Finding {
  const difference = Math.abs(clockAhead) - uncertainty;
  if (difference <= clockTolerance) return clock.fine("The database's clock is this machine's.");
  const seconds = Math.round(Math.abs(clockAhead) / 1000);
  const side = clockAhead > 0 ? "before" : "behind";
  return clock.wrong(
    `The database's clock is ${seconds} s ${side} this machine's: let both follow the same time servers (timedatectl set-ntp true)`,
  );
}

function inMebibytes(bytes: number): string {
  return `${Math.floor(bytes / mebibyte).toLocaleString("en")} MiB`;
}
