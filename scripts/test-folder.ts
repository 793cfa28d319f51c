import { spawn } from "node:child_process";
import { accessSync, chmodSync, constants, mkdtempSync, statfsSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";

const memoryFolder = "/dev/shm";
/** Several times what the tests have at once. */
const neededBytes = 2 * 1024 ** 3;

/**
 * Runs once before all tests, which then keep their files in memory where the machine has room: they are no test of a
 * disk, and would wait for one at each change. What must survive is tested by ending processes, not machines.
 */
export function setup(): (() => Promise<void>) | undefined {
  if (!isRoomInMemory()) return undefined;
  const folder = mkdtempSync(join(memoryFolder, "tessera-tests-"));
  // PostgreSQL may be another user.
  chmodSync(folder, 0o711);
  process.env.TMPDIR = folder;
  return removeAtEnd(folder);
}

function isRoomInMemory(): boolean {
  try {
    accessSync(memoryFolder, constants.W_OK);
    const { bavail, bsize } = statfsSync(memoryFolder);
    return bavail * bsize > neededBytes && freemem() > 2 * neededBytes;
  } catch {
    return false;
  }
}

/** The folder goes when told, and also when this process dies: a shell waits for the end of its own input. */
function removeAtEnd(folder: string): () => Promise<void> {
  const shell = spawn("sh", ["-c", 'cat >/dev/null; rm -rf "$0"', folder], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  const ended = new Promise<void>((resolve) => shell.once("close", () => resolve()));
  return async () => {
    shell.stdin.end();
    await ended;
  };
}
