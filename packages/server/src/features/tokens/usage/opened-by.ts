import { hash } from "node:crypto";
import type { CompiledScopes } from "../../../access/compiled-scopes.ts";

/** Made once for the scopes of a principal, which is remembered for as long as they stay as they are. */
const texts = new WeakMap<object, string>();

/** A text for the set of scopes that open the operation in some domain; "" for none. */
export function openedBy(scopes: CompiledScopes, operation: string): string {
  const byDomain = scopes.get(operation);
  if (byDomain === undefined) return "";
  const known = texts.get(byDomain);
  if (known !== undefined) return known;
  const ids = [...byDomain.values()].flatMap((byEntity) => [...byEntity.values()]);
  const text = hash("sha256", ids.sort().join(" "), "base64url");
  texts.set(byDomain, text);
  return text;
}
