import { readFileSync } from "node:fs";

/** For databases, threads, the app's files and the log: these need theirs also when all connections are taken. */
const reserve = 150;

/** How many files, and connections with them, this process may open; `undefined`: not known, as elsewhere than on Linux. */
export function readOpenFilesLimit(path = "/proc/self/limits"): number | undefined {
  try {
    const [, soft] = /^Max open files +(\d+)/m.exec(readFileSync(path, "utf8")) ?? [];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}

/** So many connections of clients may be open at once, so that files remain for all else. */
export function boundConnections(wanted: number, openFiles = readOpenFilesLimit()): number {
  if (openFiles === undefined) return wanted;
  return Math.min(wanted, Math.max(openFiles - reserve, Math.floor(openFiles / 2)));
}
