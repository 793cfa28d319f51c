/** What a mail says, before its form. */
export interface MailWords {
  /** Plain text; a paragraph may have several lines, and one that is an address of this server is a link. */
  readonly paragraphs: readonly string[];
  /** Empty where none is known. */
  readonly publicUrl: string;
}

export function textOf({ paragraphs, publicUrl }: MailWords): string {
  return `${[...paragraphs, `-- \n${signature(publicUrl)}`].join("\n\n")}\n`;
}

/** The same in HTML, without anything that a program would have to load. */
export function htmlOf({ paragraphs, publicUrl }: MailWords): string {
  const body = [...paragraphs, signature(publicUrl)].map((paragraph) => {
    const lines = paragraph.split("\n").map((line) => htmlOfLine(line, publicUrl));
    return `<p>${lines.join("<br>\n")}</p>`;
  });
  return `<!doctype html>\n<html lang="en">\n<body>\n${body.join("\n")}\n</body>\n</html>\n`;
}

function signature(publicUrl: string): string {
  return `Tessera at ${publicUrl}\nThis mail was written by a program; nobody reads an answer.`;
}

/** A link where the whole line is an address of this server: no name that somebody chose becomes one. */
function htmlOfLine(line: string, publicUrl: string): string {
  const isLink = publicUrl !== "" && (line === publicUrl || line.startsWith(`${publicUrl}/`));
  const shown = escapeHtml(line);
  return isLink && !/\s/.test(line) ? `<a href="${shown}">${shown}</a>` : shown;
}

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
