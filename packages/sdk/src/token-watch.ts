import { readWireTime } from "@tessera/contract";

const soonMilliseconds = 7 * 86_400_000;

/** Looks at the headers of each reply to a token. */
export type TokenWatch = (headers: Headers) => void;

/** Tells once that the token ends soon, or has a new secret in its place. */
export function createTokenWatch(
  warn: (message: string) => void = (message) => console.warn(message),
): TokenWatch {
  let isTold = false;
  return (headers) => {
    if (isTold) return;
    const message = noticeIn(headers);
    if (message === undefined) return;
    isTold = true;
    warn(message);
  };
}

/** What a server before this one says nothing of, and one that says something odd, is no notice. */
function noticeIn(headers: Headers): string | undefined {
  const expires = headers.get("tessera-token-expires");
  const endsAt = readWireTime(expires ?? undefined);
  if (endsAt === null) return undefined;
  const until = new Date(endsAt).toISOString();
  if (headers.get("tessera-token-secret")?.startsWith("retiring") === true) {
    return `this token has a new secret, and this one works until ${until}`;
  }
  return endsAt - Date.now() <= soonMilliseconds ? `this token ends at ${until}` : undefined;
}
