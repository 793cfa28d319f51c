import type { TokenPrincipal } from "../../../access/principal.ts";
import { endOf, type SecretTimes } from "../rotation/secret-states.ts";

/** What every reply to whoever shows this secret says of it: made once, when the token is read. */
export function replyHeadersOf(secret: SecretTimes): TokenPrincipal["replyHeaders"] {
  const end = new Date(endOf(secret)).toISOString();
  return {
    "tessera-token-expires": end,
    ...(secret.state === "retiring" ? { "tessera-token-secret": `retiring; dies=${end}` } : {}),
  };
}
