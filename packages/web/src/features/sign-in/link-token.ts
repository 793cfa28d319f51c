/** The token of a mailed link, which stands behind the `#`: browsers send that to no server. */
export function readLinkToken(hash: string): string {
  return new URLSearchParams(hash.replace(/^#/, "")).get("token") ?? "";
}
