/** What somebody wrote as a number from 0 on, with whatever they put between its figures: `1,000`; NaN where it is none. */
export function wholeNumber(text: string): number {
  const figures = text.replaceAll(/[\s,_]/g, "");
  return /^\d+$/.test(figures) ? Number(figures) : Number.NaN;
}
