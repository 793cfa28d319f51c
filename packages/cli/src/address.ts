import { shownAddress } from "@tessera/contract";
import { UsageError } from "./usage-error.ts";

export const defaultAddress = "http://localhost:8080";

/** The address of a server with its path, without slashes at the end; `source` is what it was given as. */
export function readAddress(text: string, source: string): string {
  const url = URL.parse(text);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new UsageError(
      `${source} is "${shownAddress(text)}", but must be an address with http:// or https://, like ${defaultAddress}`,
    );
  }
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new UsageError(
      `${source} must be an address alone: without a user, a password, ? and #, like ${defaultAddress}`,
    );
  }
  return url.origin + url.pathname.replace(/\/+$/, "");
}
