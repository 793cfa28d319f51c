import { existsSync, type Stats, statSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * Who else may read or change the file, as a sentence with the command that mends it; `undefined`: nobody. The owner is
 * the user that the server runs as, or root, or whoever owns the folder, who could put another file there. As PostgreSQL
 * has it for its key, a file of root's may be given to the server's group to read: so containers and packages hand over
 * what the server must not change.
 */
export function findOpening(path: string): string | undefined {
  // Windows has no such bits: every file there looks open.
  const user = process.getuid?.();
  if (user === undefined || !existsSync(path)) return undefined;
  const file = statSync(path);
  const owners = [user, root, statSync(dirname(path)).uid];
  if (!owners.includes(file.uid)) {
    return `${path} belongs to another user (${file.uid}): run chown ${user} ${path}`;
  }
  const isHandedOver = file.uid === root && user !== root;
  if (isHandedOver) return openFileText(path, file, 0o027, "640");
  return openFileText(path, file, 0o077, "600");
}

const root = 0;

/** A sentence for each file of the embedded database that others may read, with the command that mends it. */
export function listOpenDatabaseFiles(dataDir: string): readonly string[] {
  const names = ["tessera.sqlite", "tessera.sqlite-wal", "tessera.sqlite-shm"];
  return names.flatMap((name) => findOpening(join(dataDir, name)) ?? []);
}

/** Whether others may put files into the folder; what they read there, the names of files, tells nothing. */
export function findOpenFolder(path: string): string | undefined {
  if (process.platform === "win32" || !existsSync(path)) return undefined;
  const isOpen = (statSync(path).mode & 0o022) !== 0;
  return isOpen ? `${path} can be written by others: run chmod 700 ${path}` : undefined;
}

function openFileText(
  path: string,
  file: Stats,
  forbidden: number,
  right: string,
): string | undefined {
  if ((file.mode & forbidden) === 0) return undefined;
  const mode = (file.mode & 0o777).toString(8).padStart(4, "0");
  return `${path} can be read by others (mode ${mode}): run chmod ${right} ${path}`;
}
