export type OutputForm = "json" | "table";

/** A reply as text: JSON, or a table of a page's items. */
export function formatReply(reply: unknown, form: OutputForm): string {
  if (reply === undefined) return "";
  if (form === "json") return JSON.stringify(reply, null, 2);
  const items = itemsOf(reply);
  return items === undefined ? formatMembers(reply as object) : formatTable(items);
}

/** The array of a page, or of a bulk reply. */
function itemsOf(reply: unknown): readonly object[] | undefined {
  if (typeof reply !== "object" || reply === null) return undefined;
  const list = Array.isArray(reply) ? reply : Object.values(reply).find(Array.isArray);
  const isList = Array.isArray(reply) || "total" in reply;
  return isList && Array.isArray(list) ? list.map(toObject) : undefined;
}

const toObject = (item: unknown): object =>
  typeof item === "object" && item !== null ? item : { value: item };

function formatMembers(reply: object): string {
  const width = Math.max(0, ...Object.keys(reply).map((name) => name.length));
  return Object.entries(reply)
    .map(([name, value]) => `${name.padEnd(width)}  ${formatValue(value)}`)
    .join("\n");
}

function formatTable(items: readonly object[]): string {
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))].filter((name) =>
    items.some((item) => formatValue((item as Record<string, unknown>)[name]) !== ""),
  );
  const rows = items.map((item) =>
    columns.map((name) => formatValue((item as Record<string, unknown>)[name])),
  );
  const widths = columns.map((name, index) =>
    Math.max(name.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  return [columns, ...rows]
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

function formatValue(value: unknown): string {
  if (value === undefined || value === null || value === "0001-01-01T00:00:00Z") return "";
  if (typeof value === "object")
    return Object.keys(value).length === 0 ? "" : JSON.stringify(value);
  return String(value);
}
