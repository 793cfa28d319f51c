import { closeSync, openSync, rmSync, statSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";
import { isCredentialText } from "@tessera/contract";
import { createClient, TesseraError } from "@tessera/sdk";
import { defaultAddress, readAddress } from "./address.ts";
import type { Environment } from "./environment.ts";
import { NotSignedInError } from "./failures.ts";
import { type Profile, type ProfilePlace, readProfile, writeProfile } from "./profile.ts";
import { fetchWithin } from "./time-limit.ts";
import { UsageError } from "./usage-error.ts";

/** Whom to ask, and as whom. */
export interface Destination {
  readonly address: string;
  /** Absent: as nobody. */
  readonly token: string | undefined;
  /** Where the token is the session's: the session that can be renewed. */
  readonly profile: Profile | undefined;
  /** Where somebody is signed in, though not there. */
  readonly signedInAt: string | undefined;
}

/** A session's token goes to the server that gave it, and to no other. */
export function findDestination(
  givenUrl: string | undefined,
  { url, token, profile: place }: Environment,
): Destination {
  // Said here, because what says it otherwise would say the token too.
  if (token !== undefined && !isCredentialText(token)) {
    throw new UsageError("TESSERA_TOKEN has characters that no token has");
  }
  const profile = token === undefined ? readProfile(place) : undefined;
  const signedInAt = profile?.url;
  const address = addressOf(givenUrl, url, signedInAt);
  if (token !== undefined || profile === undefined || signedInAt !== address) {
    return { address, token, profile: undefined, signedInAt };
  }
  return { address, token: profile.accessToken, profile, signedInAt };
}

export function addressOf(
  givenUrl: string | undefined,
  environmentUrl: string | undefined,
  signedInAt?: string,
): string {
  if (givenUrl !== undefined) return readAddress(givenUrl, "--url");
  if (environmentUrl !== undefined) return readAddress(environmentUrl, "TESSERA_URL");
  return signedInAt ?? defaultAddress;
}

const renewalTimeSeconds = 20;
const lockTimeMilliseconds = 1.5 * renewalTimeSeconds * 1000;

/**
 * Trades the refresh token for a new pair. One process does at a time: the same refresh token sent twice is taken for a
 * theft, which ends the session. Whoever waited takes what the other one got.
 */
export async function renew(place: ProfilePlace, used: Profile): Promise<Profile> {
  const fetch = fetchWithin(renewalTimeSeconds);
  const release = await lock(`${place.path}.lock`);
  try {
    const current = readProfile(place);
    if (current === undefined || current.url !== used.url) throw sessionOver(used.url);
    if (current.accessToken !== used.accessToken) return current;
    const credentials = { kind: "bearer", token: current.refreshToken } as const;
    // Nothing is sent again while the lock may grow old: another process would send the same refresh token.
    const retries = { times: 0, longestWaitSeconds: 0 };
    const client = createClient({ baseUrl: used.url, credentials, fetch, retries });
    const renewed = toProfile(used.url, await client.sessions.refresh());
    writeProfile(place, renewed);
    return renewed;
  } catch (error) {
    if (!(error instanceof TesseraError && error.status === 401)) throw error;
    throw sessionOver(used.url);
  } finally {
    release();
  }
}

export function toProfile(
  url: string,
  pair: { readonly access_token: string; readonly refresh_token: string },
): Profile {
  const { access_token: accessToken, refresh_token: refreshToken } = pair;
  if (!isCredentialText(accessToken) || !isCredentialText(refreshToken)) {
    throw new TesseraError("unexpected_reply", `${url} answered without a session`);
  }
  return { url, accessToken, refreshToken };
}

function sessionOver(url: string): NotSignedInError {
  return new NotSignedInError(`the session has ended; sign in again: tessera login --url ${url}`);
}

/** Waits until no other process holds the lock; one that is left over from a crash is old, and counts no more. */
async function lock(path: string): Promise<() => void> {
  for (;;) {
    try {
      closeSync(openSync(path, "wx", 0o600));
      return () => rmSync(path, { force: true });
    } catch (error) {
      if ((error as { code?: string }).code !== "EEXIST") throw error;
    }
    const madeAt = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - madeAt > lockTimeMilliseconds) rmSync(path, { force: true });
    else await wait(50);
  }
}
