import { builtInEndpoints, type CatalogueReply } from "@tessera/sdk";
import { wantedText } from "./refusal-text.ts";
import { summaryOf } from "./summary-of.ts";

/** What happens without a request that asks for it. */
const others: Readonly<Record<string, string>> = {
  "sessions.reuse_detected": "A session was ended: its secret was used twice",
  "sessions.new_place": "Signed in from a new place",
  "tokens.secret_confirmed": "A token's new secret was used for the first time",
  "tokens.rotation_unfinished": "Nobody used a token's new secret",
  "tokens.retired_secret_used": "A token's replaced secret was tried",
  "users.tokens_expiring": "Tokens end soon",
  "users.purge": "Remove a deleted user",
  "users.reset_password_on_machine": "Reset a password on the server's machine",
  "users.verify_email": "Verify an email address",
  "keys.rotate": "Make a new key of the server",
  "keys.drop": "Remove a key of the server",
  "audit.export": "Download the audit trail",
  "audit.cut": "Remove records that were kept long enough",
  "audit.opened": "Begin the chain of records",
  "audit.refusals_begun": "Begin the chain of what is refused",
  "audit.refusals_dropped": "Too many refusals at once: only their number is kept",
};

const summaries = new Map([
  ...builtInEndpoints.map(({ id, summary }) => [id as string, summary] as const),
  ...Object.entries(others),
]);

type Known = Pick<CatalogueReply, "entity_types"> | undefined;

/** What an audit record tells of, in words; what has none as the API calls it. */
export function eventText(operation: string, catalogue: Known): string {
  if (operation.endsWith(".end_scopes")) return "End scopes of what is to be deleted";
  const summary = summaryOf(operation, catalogue) ?? summaries.get(operation);
  return summary === undefined ? wantedText(operation) : withoutHints(summary);
}

/** A summary of the API without what it tells whoever calls it. */
function withoutHints(summary: string): string {
  return summary.split(/[:;]| \(/, 1)[0] ?? summary;
}

/** Everything that can have been done or refused. */
export function eventNames(catalogue: Known): readonly string[] {
  const changes = builtInEndpoints.filter(({ method }) => method !== "GET").map(({ id }) => id);
  const operations = (catalogue?.entity_types ?? []).flatMap((type) =>
    type.operations.map(({ name }) => `${type.name}.${name}`),
  );
  return [...new Set([...operations, ...changes, ...Object.keys(others)])];
}
