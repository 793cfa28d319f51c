/** The address of the sign-in page. */
export interface SignInSearch {
  /** Where to go on, a path of this site. */
  readonly next?: string;
  /** The username of somebody who has just registered. */
  readonly registered?: string;
  /** What somebody has just changed by a link. */
  readonly changed?: "password";
}

export function readSignInSearch(raw: Record<string, unknown>): SignInSearch {
  const { next, registered, changed } = raw;
  return {
    ...(typeof next === "string" && isOwnPath(next) ? { next } : {}),
    ...(typeof registered === "string" && registered !== "" ? { registered } : {}),
    ...(changed === "password" ? { changed } : {}),
  };
}

/** A link to the sign-in page must not lead to another site afterwards. */
function isOwnPath(next: string): boolean {
  return (
    URL.parse(next, "https://own.invalid")?.origin === "https://own.invalid" &&
    /^\/(?![\\/])/.test(next)
  );
}
