import { revealHidden, TesseraError } from "@tessera/sdk";

export const outputForms = ["json", "table", "ids"] as const;
export type OutputForm = (typeof outputForms)[number];

/**
 * A reply as text: JSON, a table of a page's items, or their ids; nothing in it acts on the terminal that shows it. Throws
 * a `TesseraError` where no server answers so.
 */
export function formatReply(reply: unknown, form: OutputForm): string {
  try {
    return formatAs(reply, form);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const message = "The answer is nested too deep to be shown; is this a Tessera server?";
    throw new TesseraError("unexpected_reply", message, { cause });
  }
}

function formatAs(reply: unknown, form: OutputForm): string {
  if (reply === undefined) return "";
  if (form === "json") return formatJson(reply);
  const items = itemsOf(reply);
  if (form === "ids") return (items ?? [toObject(reply)]).map(idOf).join("\n");
  return items === undefined ? formatMembers(reply as object) : formatTable(items);
}

/** The same value: what is hidden in its texts is escaped as JSON does. The line breaks between them are its layout. */
function formatJson(reply: unknown): string {
  return JSON.stringify(reply, null, 2).split("\n").map(revealHidden).join("\n");
}

/** One a line. */
function idOf(item: object): string {
  const { id, member_id } = item as { readonly id?: unknown; readonly member_id?: unknown };
  return formatValue(id ?? member_id);
}

/** The array of a page, or of a bulk reply. */
export function itemsOf(reply: unknown): readonly object[] | undefined {
  if (typeof reply !== "object" || reply === null) return undefined;
  const list = Array.isArray(reply) ? reply : Object.values(reply).find(Array.isArray);
  const isList = Array.isArray(reply) || "total" in reply;
  return isList && Array.isArray(list) ? list.map(toObject) : undefined;
}

const toObject = (item: unknown): object =>
  typeof item === "object" && item !== null ? item : { value: item };

function formatMembers(reply: object): string {
  const lines = Object.entries(reply).map(([name, value]) => ({
    name: revealHidden(name),
    value: formatValue(value),
  }));
  const width = Math.max(0, ...lines.map(({ name }) => name.length));
  return lines.map(({ name, value }) => `${name.padEnd(width)}  ${value}`).join("\n");
}

function formatTable(items: readonly object[]): string {
  const columns = [...new Set(items.flatMap((item) => Object.keys(item)))].filter((name) =>
    items.some((item) => formatValue((item as Record<string, unknown>)[name]) !== ""),
  );
  const titles = columns.map(revealHidden);
  const rows = items.map((item) =>
    columns.map((name) => formatValue((item as Record<string, unknown>)[name])),
  );
  const widths = titles.map((title, index) =>
    Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)),
  );
  return [titles, ...rows]
    .map((row) =>
      row
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** On one line, with what is hidden in it made visible. */
function formatValue(value: unknown): string {
  if (value === undefined || value === null || value === "0001-01-01T00:00:00Z") return "";
  if (typeof value === "object")
    return Object.keys(value).length === 0 ? "" : revealHidden(JSON.stringify(value));
  return revealHidden(String(value));
}
