import type { ScopeWire } from "@tessera/sdk";
import type { CatalogueReply } from "../../../api/catalogue.ts";
import { readScopeList } from "../scope-rows.ts";

const scopeInText =
  /([a-z][a-z0-9_]*:[a-z][a-z0-9_]*(?::(?:[A-Za-z0-9-]+|\*))?)(?:\s+in\s+domain\s+([0-9a-fA-F-]{36}))?/g;

/** The scopes that a text names, such as the message of a 403: `clients:update_tags:<id> in domain <id>`. */
export function readScopesOfText(
  text: string,
  domainId: string,
  catalogue: CatalogueReply,
): { readonly scopes: readonly ScopeWire[]; readonly problems: readonly string[] } {
  const read = [...text.matchAll(scopeInText)].map(([, scope = "", inDomain]) =>
    readScopeList(scope, inDomain?.toLowerCase() ?? domainId, catalogue),
  );
  const problems = read.flatMap((one) => one.problems);
  if (read.length === 0) {
    problems.push("There is no scope in this; it should look like clients:view:* in domain <id>");
  }
  return { scopes: read.flatMap((one) => one.scopes), problems };
}
