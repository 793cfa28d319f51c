import { existsSync, statSync } from "node:fs";
import { join } from "node:path";

/** The file's mode, like `0644`, where others than its owner may read or change it; `undefined`: nobody else may. */
export function findOpenMode(path: string): string | undefined {
  // Windows has no such bits: every file there looks open.
  if (process.platform === "win32" || !existsSync(path)) return undefined;
  const mode = statSync(path).mode & 0o777;
  return (mode & 0o077) === 0 ? undefined : mode.toString(8).padStart(4, "0");
}

/** A sentence for each file of the embedded database that others may read, with the command that mends it. */
export function listOpenDatabaseFiles(dataDir: string): readonly string[] {
  const names = ["tessera.sqlite", "tessera.sqlite-wal", "tessera.sqlite-shm"];
  return names.flatMap((name) => {
    const path = join(dataDir, name);
    const mode = findOpenMode(path);
    return mode === undefined ? [] : openFileText(path, mode);
  });
}

export function openFileText(path: string, mode: string): string {
  return `${path} can be read by others (mode ${mode}): run chmod 600 ${path}`;
}
