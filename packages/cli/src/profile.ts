import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";

/** Who is signed in, and where. */
export interface Profile {
  readonly url: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** Where the profile is kept. */
export interface ProfilePlace {
  readonly path: string;
  /** Whether its folder holds nothing else, so that it may be closed to others. */
  readonly ownsFolder: boolean;
}

/** `undefined` where nobody is signed in. */
export function readProfile({ path }: ProfilePlace): Profile | undefined {
  try {
    closeToOthers(path, 0o600);
    const content: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isProfile(content) ? content : undefined;
  } catch {
    return undefined;
  }
}

function isProfile(content: unknown): content is Profile {
  const { url, accessToken, refreshToken } = (content ?? {}) as Partial<Profile>;
  return [url, accessToken, refreshToken].every((text) => typeof text === "string");
}

/** Readable by its owner alone, whoever made the file before: it holds a session. Whole or not at all. */
export function writeProfile({ path, ownsFolder }: ProfilePlace, content: Profile): void {
  const folder = dirname(path);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  if (ownsFolder) closeToOthers(folder, 0o700);
  const unfinished = `${path}.${process.pid}.new`;
  try {
    // What a crash left under this name may be open to others: a file made anew is not.
    rmSync(unfinished, { force: true });
    const file = openSync(unfinished, "wx", 0o600);
    try {
      writeFileSync(file, `${JSON.stringify(content, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, path);
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

export function removeProfile({ path }: ProfilePlace): void {
  rmSync(path, { force: true });
}

function closeToOthers(path: string, mode: number): void {
  if ((statSync(path).mode & 0o077) !== 0) chmodSync(path, mode);
}
