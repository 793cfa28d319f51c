import type { Database, OpenedDatabase, StoreLog } from "./database.ts";
import { classifyDriverError } from "./driver-errors.ts";

const PROBE_NAME = "room_for_more";
/** Some pages: the last corner of a disk holds a row when nothing else fits any more. */
const PROBE_LENGTH = 64 * 1024;

/** Knows from what transactions fail of whether there is room, and when there was none looks whether there is again. */
export function watchStorage(database: OpenedDatabase, log: StoreLog | undefined): Database {
  let isFull = false;
  const note = (isFullNow: boolean) => {
    if (isFull === isFullNow) return;
    isFull = isFullNow;
    const text = isFull
      ? "The storage is full: nothing can be changed until the database has room"
      : "The storage has room again";
    log?.warn({}, text);
  };
  const inTransaction: Database["inTransaction"] = async (work, keysBefore) => {
    try {
      return await database.inTransaction(work, keysBefore);
    } catch (error) {
      if (classifyDriverError(error).kind === "storage_full") note(true);
      throw error;
    }
  };
  return {
    ...database,
    inTransaction,
    isStorageFull: async () => {
      if (!isFull) return false;
      const isThereRoom = await tryToWrite(database);
      if (isThereRoom) note(false);
      return !isThereRoom;
    },
  };
}

async function tryToWrite(database: OpenedDatabase): Promise<boolean> {
  try {
    await database.inTransaction(async (trx) => {
      const probe = { name: PROBE_NAME, value: "x".repeat(PROBE_LENGTH) };
      await trx.insertInto("instance").values(probe).execute();
      await trx.deleteFrom("instance").where("name", "=", PROBE_NAME).execute();
    });
    return true;
  } catch {
    return false;
  }
}
