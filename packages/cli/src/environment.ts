import { homedir } from "node:os";
import { join } from "node:path";
import type { ProfilePlace } from "./profile.ts";

/** What the environment says; it wins over the profile, so that scripts need none. What is empty is not set. */
export interface Environment {
  readonly url: string | undefined;
  /** A personal access token. */
  readonly token: string | undefined;
  readonly password: string | undefined;
  readonly profile: ProfilePlace;
}

export function readEnvironment(variables: NodeJS.ProcessEnv): Environment {
  const read = (name: string) => (variables[name]?.trim() === "" ? undefined : variables[name]);
  const profilePath = read("TESSERA_PROFILE");
  const folder = read("XDG_CONFIG_HOME") ?? join(homedir(), ".config");
  return {
    url: read("TESSERA_URL")?.trim(),
    token: read("TESSERA_TOKEN")?.trim(),
    // Spaces around a password may be part of it.
    password: read("TESSERA_PASSWORD"),
    profile: {
      path: profilePath ?? join(folder, "tessera", "profile.json"),
      ownsFolder: profilePath === undefined,
    },
  };
}
