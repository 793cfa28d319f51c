/** More letters than these are not looked at. */
const longestWord = 60;

/** The candidate that takes the fewest edits to reach (Levenshtein). */
export function nearest(word: string, candidates: readonly string[]): string {
  return nearestWithin(word, candidates, Number.POSITIVE_INFINITY) ?? "";
}

/**
 * The same where at most half of the word is written wrongly, else `undefined`: among very many candidates most are given
 * up after few letters.
 */
export function nearlySame(word: string, candidates: readonly string[]): string | undefined {
  return nearestWithin(word, candidates, Math.floor(Math.min(word.length, longestWord) / 2));
}

/** How many letters are added, left out or written wrongly from one word to the other. */
export function editDistance(a: string, b: string): number {
  return editDistanceUpTo(a, b, Number.POSITIVE_INFINITY);
}

function nearestWithin(
  word: string,
  candidates: readonly string[],
  most: number,
): string | undefined {
  const short = word.slice(0, longestWord);
  let best: string | undefined;
  let bound = most;
  for (const candidate of candidates) {
    const distance = editDistanceUpTo(short, candidate, bound);
    if (distance > bound) continue;
    best = candidate;
    // Of those that are as near the first one stays.
    bound = distance - 1;
  }
  return best;
}

/** The distance, or infinity where it is more than `most`. */
function editDistanceUpTo(a: string, b: string, most: number): number {
  if (Math.abs(a.length - b.length) > most) return Number.POSITIVE_INFINITY;
  const row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const letter = a.charCodeAt(i - 1);
    let diagonal = i - 1;
    let left = i;
    let least = i;
    row[0] = i;
    for (let j = 1; j <= b.length; j += 1) {
      const above = row[j] ?? 0;
      const substitution = diagonal + (letter === b.charCodeAt(j - 1) ? 0 : 1);
      left = Math.min(substitution, above + 1, left + 1);
      row[j] = left;
      if (left < least) least = left;
      diagonal = above;
    }
    if (least > most) return Number.POSITIVE_INFINITY;
  }
  const distance = row[b.length] ?? 0;
  return distance > most ? Number.POSITIVE_INFINITY : distance;
}
