/** Text as HTML. */
export function escapeHtml(text: string): string {
  return text
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** The little Markdown that descriptions use: paragraphs, line breaks, `code` and **strong**. */
export function markdownToHtml(text: string): string {
  return text
    .split("\n\n")
    .map((paragraph) => `<p>${inlineMarkdown(paragraph).replaceAll("\n", "<br>")}</p>`)
    .join("");
}

export function inlineMarkdown(text: string): string {
  return escapeHtml(text)
    .replaceAll(/`([^`]+)`/g, "<code>$1</code>")
    .replaceAll(/\*\*([^*]+)\*\*/g, "<strong>$1</strong>");
}

/** A name that can stand in `id` and behind `#`. */
export function anchor(...parts: readonly string[]): string {
  return parts
    .join("-")
    .replaceAll(/[^A-Za-z0-9._-]+/g, "-")
    .toLowerCase();
}

export function tableHtml(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const headCells = head.map((cell) => `<th scope="col">${cell}</th>`).join("");
  const bodyRows = rows.map((row) => {
    const cells = row.map((cell, index) => `<td data-label="${head[index] ?? ""}">${cell}</td>`);
    return `<tr>${cells.join("")}</tr>`;
  });
  return `<table><thead><tr>${headCells}</tr></thead><tbody>${bodyRows.join("")}</tbody></table>`;
}
