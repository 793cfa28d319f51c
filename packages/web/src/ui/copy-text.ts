/**
 * Puts text on the clipboard. On plain HTTP browsers offer no clipboard API, there the old
 * command does it. Resolves to false when neither could.
 */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return copyBySelection(text);
  }
}

function copyBySelection(text: string): boolean {
  const focused = document.activeElement;
  const holder = document.createElement("textarea");
  holder.value = text;
  holder.readOnly = true;
  holder.setAttribute("aria-hidden", "true");
  holder.style.position = "fixed";
  holder.style.opacity = "0";
  // Inside an open dialog, whose focus trap would otherwise take the focus away before the copy.
  const host = focused?.closest("[role=dialog]") ?? document.body;
  host.append(holder);
  holder.select();
  try {
    return document.execCommand("copy");
  } catch {
    return false;
  } finally {
    holder.remove();
    if (focused instanceof HTMLElement) focused.focus();
  }
}
