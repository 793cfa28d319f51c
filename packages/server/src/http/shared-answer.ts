/** All who ask while an answer is under way, or within its age afterwards, share that one; a failure is kept by nobody. */
export function shareAnswer<Answer>(
  ask: () => Promise<Answer>,
  maximumAgeMilliseconds: number,
  clock: () => number,
): () => Promise<Answer> {
  let shared: Promise<Answer> | undefined;
  let answeredAt: number | undefined;

  async function askAnew(): Promise<Answer> {
    answeredAt = undefined;
    try {
      const answer = await ask();
      answeredAt = clock();
      return answer;
    } catch (error) {
      shared = undefined;
      throw error;
    }
  }

  return () => {
    const isTooOld =
      answeredAt !== undefined && Math.abs(clock() - answeredAt) >= maximumAgeMilliseconds;
    if (shared === undefined || isTooOld) shared = askAnew();
    return shared;
  };
}
