/** `1 row`, `2,000 rows`; for what takes an s. */
export function counted(count: number, singular: string): string {
  return `${count.toLocaleString("en")} ${singular}${count === 1 ? "" : "s"}`;
}

/** `once`, `2,000 times`. */
export function times(count: number): string {
  return count === 1 ? "once" : `${count.toLocaleString("en")} times`;
}
