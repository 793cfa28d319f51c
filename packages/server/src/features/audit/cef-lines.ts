import type { StoredRow } from "./verify-chains.ts";

/** What stands for a record's columns that CEF has no name for: `cs1=… cs1Label=object_type`. */
const labelled = [
  ["cs1", "entity_type", "object_type"],
  ["cs2", "entity_id", "object_id"],
  ["cs3", "domain_id", "domain_id"],
  ["cs4", "token_id", "token_id"],
  ["cs5", "session_id", "session_id"],
  ["cs6", "details", "details"],
  ["flexString1", "actor_kind", "actor_kind"],
  ["flexString2", "request_id", "request_id"],
  ["cn1", "seq", "sequence"],
] as const satisfies readonly (readonly [string, keyof StoredRow, string])[];

/** A record as a line of ArcSight's Common Event Format, version 0, without its end. */
export function cefLine(row: StoredRow, product: { readonly version: string }): string {
  const { count } = JSON.parse(row.details) as { readonly count?: unknown };
  const isAllowed = row.outcome === "allowed";
  const head = ["Tessera", "Tessera", product.version, row.action, `${row.action} ${row.outcome}`];
  const address = row.address ?? "";
  const given: readonly (readonly [string, string | number | null])[] = [
    ["rt", row.at],
    ["externalId", row.id],
    ["act", row.outcome],
    ["outcome", isAllowed ? "success" : "failure"],
    ["reason", row.reason],
    ["cnt", typeof count === "number" ? count : 1],
    // Whoever shows a wrong secret of a user's token is not that user.
    [row.actor_kind === "anonymous" ? "duid" : "suid", row.actor_user_id],
    ...(address.includes(":") ? labelledAs("c6a2", address, "Source IPv6 Address") : []),
    ["src", address.includes(":") ? null : address],
    ["deviceFacility", row.chain],
    ...labelled.flatMap(([key, column, label]) =>
      labelledAs(key, column === "details" ? exactDetails(row.details) : row[column], label),
    ),
  ];
  const extension = given
    .filter(([, value]) => value !== null && value !== "")
    .map(([key, value]) => `${key}=${escapeValue(String(value))}`);
  return `CEF:0|${head.map(escapeHead).join("|")}|${isAllowed ? 3 : 6}|${extension.join(" ")}`;
}

function labelledAs(key: string, value: string | number | null, label: string) {
  if (value === null || value === "") return [];
  return [[key, value] as const, [`${key}Label`, label] as const];
}

/** The same JSON without what CEF cannot carry. */
function exactDetails(details: string): string {
  return details.replaceAll(
    lineEnds,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** What some readers end a line at; CEF has an escape for two of them alone. */
const lineEnds = /[\r\n\v\f\u0085\u2028\u2029]/g;

function escapeHead(text: string): string {
  return text.replaceAll(/[\\|]/g, "\\$&").replaceAll(lineEnds, " ");
}

function escapeValue(text: string): string {
  return text
    .replaceAll(/[\\=]/g, "\\$&")
    .replaceAll("\n", "\\n")
    .replaceAll("\r", "\\r")
    .replaceAll(lineEnds, " ");
}
