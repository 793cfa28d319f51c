import type { Database, OpenedDatabase, StoreLog, WriteTrouble } from "./database.ts";
import { classifyDriverError, isUnwritable } from "./driver-errors.ts";

const PROBE_NAME = "room_for_more";
/** Some pages: the last corner of a disk holds a row when nothing else fits any more. */
const PROBE_LENGTH = 64 * 1024;

const texts: Readonly<Record<WriteTrouble, string>> = {
  full: "The storage is full: nothing can be changed until the database has room",
  unwritable:
    "The database takes no changes: see that its disk works and is not read-only, or that PostgreSQL is no standby",
};

/** Knows from what transactions fail of whether they can be made, and where they could not looks whether they can again. */
export function watchStorage(database: OpenedDatabase, log: StoreLog | undefined): Database {
  let trouble: WriteTrouble | undefined;
  const note = (found: WriteTrouble | undefined, error?: unknown) => {
    if (trouble === found) return;
    const before = trouble;
    trouble = found;
    if (found !== undefined) log?.warn(found === "full" ? {} : { err: error }, texts[found]);
    else
      log?.warn(
        {},
        before === "full" ? "The storage has room again" : "The database takes changes again",
      );
  };
  const inTransaction: Database["inTransaction"] = async (work, keysBefore) => {
    try {
      return await database.inTransaction(work, keysBefore);
    } catch (error) {
      const found = troubleOf(error);
      if (found !== undefined) note(found, error);
      throw error;
    }
  };
  return {
    ...database,
    inTransaction,
    findWriteTrouble: async () => {
      if (trouble !== undefined) note(await tryToWrite(database, trouble));
      return trouble;
    },
  };
}

function troubleOf(error: unknown): WriteTrouble | undefined {
  if (classifyDriverError(error).kind === "storage_full") return "full";
  return isUnwritable(error) ? "unwritable" : undefined;
}

/** What it fails of; `before` where it fails of something else. */
async function tryToWrite(
  database: OpenedDatabase,
  before: WriteTrouble,
): Promise<WriteTrouble | undefined> {
  try {
    await database.inTransaction(async (trx) => {
      const probe = { name: PROBE_NAME, value: "x".repeat(PROBE_LENGTH) };
      await trx.insertInto("instance").values(probe).execute();
      await trx.deleteFrom("instance").where("name", "=", PROBE_NAME).execute();
    });
    return undefined;
  } catch (error) {
    return troubleOf(error) ?? before;
  }
}
