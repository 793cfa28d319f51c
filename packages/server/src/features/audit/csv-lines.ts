import type { StoredRow } from "./verify-chains.ts";

const columns = [
  "at",
  "outcome",
  "action",
  "reason",
  "actor_kind",
  "actor_user_id",
  "token_id",
  "session_id",
  "domain_id",
  "entity_type",
  "entity_id",
  "address",
  "request_id",
  "details",
  "chain",
  "seq",
  "id",
] as const satisfies readonly (keyof StoredRow)[];

export const csvHead = columns.join(",");

/** A record as a line of CSV (RFC 4180) without its end, for people: times as text, and nothing that is a formula. */
export function csvLine(row: StoredRow): string {
  return columns
    .map((name) => csvCell(name === "at" ? new Date(row.at).toISOString() : row[name]))
    .join(",");
}

/** Spreadsheets take what begins so for a formula, also behind spaces and quotes, and behind what some take for the end of a cell. */
const beginsFormula = /(^|[;|\t\n\r])(?=[\s"]*[=+\-@\t\r|%])/g;

function csvCell(value: string | number | null): string {
  if (value === null) return "";
  const text = String(value);
  const safe = typeof value === "string" ? text.replaceAll(beginsFormula, "$1'") : text;
  return `"${safe.replaceAll('"', '""')}"`;
}
