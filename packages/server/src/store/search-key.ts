/** The form in which names are compared, sorted and searched without regard to case, the same on both databases. */
export function searchKey(text: string): string {
  return text.normalize("NFC").toLowerCase();
}
