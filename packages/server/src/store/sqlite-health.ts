import { type Stats, statSync } from "node:fs";
import type { StoreLog } from "./database.ts";
import { DatabaseFileGoneError, isDamage } from "./driver-errors.ts";

/** Knows of an open database file whether what is read of it, and written to it, counts. */
export interface FileHealth {
  /** To be told every error of a statement. */
  note(error: unknown): void;
  isWhole(): boolean;
  /** Throws where the path leads to another file by now, or to none: what is written would be in no place. */
  requirePlace(): void;
}

export function watchFile(path: string, log: StoreLog | undefined): FileHealth {
  const opened = statSync(path);
  let isDamaged = false;
  let isGone = false;
  return {
    note: (error) => {
      if (isDamaged || !isDamage(error)) return;
      isDamaged = true;
      log?.warn(
        { err: error },
        `${path} is damaged, and not all of it can be read: ${damageAdvice}`,
      );
    },
    isWhole: () => !isDamaged,
    requirePlace: () => {
      const isThere = isSameFile(opened, statSync(path, { throwIfNoEntry: false }));
      if (isThere === isGone) {
        isGone = !isThere;
        const text = isThere ? "is there again" : `was moved away or exchanged: ${goneAdvice}`;
        log?.warn({}, `${path} ${text}`);
      }
      if (isGone) throw new DatabaseFileGoneError(path);
    },
  };
}

/** What an operator does about a file that is no database any more. */
export const damageAdvice =
  "stop the server, move it away with its -wal and -shm, and restore a backup with: tessera restore FILE";

const goneAdvice =
  "nothing can be changed until the same file is back; after anything else, start the server again";

function isSameFile(one: Stats, other: Stats | undefined): boolean {
  return other !== undefined && one.ino === other.ino && one.dev === other.dev;
}
