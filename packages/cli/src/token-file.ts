import {
  closeSync,
  existsSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { isCredentialText } from "@tessera/contract";
import { UsageError } from "./usage-error.ts";

/** The token in the file; `undefined`: there is no such file. */
export function readTokenFile(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  const text = readFileSync(path, "utf8").trim();
  if (isCredentialText(text)) return text;
  throw new UsageError(`"${path}" holds no token`);
}

/** A file that is made beside another one, to take its place whole or not at all. */
interface FileBeside {
  /** On the disk before it has the other one's name. */
  replaceWith(token: string): void;
  discard(): void;
}

/**
 * Readable by its owner alone, who is the owner of the file that it replaces. Opened before there is anything to write:
 * what cannot be kept is not asked for.
 */
export function openBeside(path: string): FileBeside {
  const place = existsSync(path) ? realpathSync(path) : path;
  const unfinished = `${place}.${process.pid}.new`;
  // What a crash left under this name may be open to others: a file made anew is not.
  rmSync(unfinished, { force: true });
  const file = openSync(unfinished, "wx", 0o600);
  let isOpen = true;
  const discard = () => {
    if (isOpen) closeSync(file);
    isOpen = false;
    rmSync(unfinished, { force: true });
  };
  try {
    keepOwner(file, place);
  } catch (error) {
    discard();
    throw error;
  }
  return {
    replaceWith: (token) => {
      writeFileSync(file, `${token}\n`);
      fsyncSync(file);
      closeSync(file);
      isOpen = false;
      renameSync(unfinished, place);
      syncFolder(dirname(place));
    },
    discard,
  };
}

function keepOwner(file: number, replaced: string): void {
  const before = statSync(replaced, { throwIfNoEntry: false });
  if (before === undefined || before.uid === fstatSync(file).uid) return;
  fchownSync(file, before.uid, before.gid);
}

function syncFolder(path: string): void {
  // Windows has no such thing.
  if (process.platform === "win32") return;
  const folder = openSync(path, "r");
  fsyncSync(folder);
  closeSync(folder);
}
