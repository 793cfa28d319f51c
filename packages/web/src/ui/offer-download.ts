/** Gives the person a file. */
export function offerDownload(fileName: string, content: string | Blob): void {
  const blob = typeof content === "string" ? new Blob([content], { type: "text/csv" }) : content;
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = fileName;
  link.click();
  URL.revokeObjectURL(address);
}
