import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";

/** Who is signed in, and where. */
export interface Profile {
  readonly url: string;
  readonly accessToken: string;
  readonly refreshToken: string;
}

/** What the environment says; it wins over the profile, so that scripts need none. */
export interface Environment {
  readonly url: string | undefined;
  /** A personal access token. */
  readonly token: string | undefined;
  readonly password: string | undefined;
  readonly profilePath: string;
}

export function readEnvironment(): Environment {
  const { TESSERA_URL, TESSERA_TOKEN, TESSERA_PASSWORD, TESSERA_PROFILE, XDG_CONFIG_HOME } =
    process.env;
  const folder = XDG_CONFIG_HOME ?? join(homedir(), ".config");
  return {
    url: TESSERA_URL,
    token: TESSERA_TOKEN,
    password: TESSERA_PASSWORD,
    profilePath: TESSERA_PROFILE ?? join(folder, "tessera", "profile.json"),
  };
}

/** `undefined` where nobody is signed in. */
export function readProfile(path: string): Profile | undefined {
  try {
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

/** Readable by its owner alone: it holds a session. */
export function writeProfile(path: string, content: Profile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
}

export function removeProfile(path: string): void {
  rmSync(path, { force: true });
}
