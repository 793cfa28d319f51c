/** Whether everything is to be done, as in `npm run soak`, and not a sample of it. */
export const isSoak = process.env.TESSERA_SOAK !== undefined;

const millisecondsOfDay = 86_400_000;

/** What is done in turns changes every day: the number of this run's turn; a setting asks for another. */
export const turn = Math.trunc(
  Number(process.env.TESSERA_TEST_TURN ?? Date.now() / millisecondsOfDay),
);

/** Of so many runs in a row with other turns one does what has this index; in soak each does. */
export function isOnTurn(index: number, turns: number): boolean {
  return isSoak || index % turns === turn % turns;
}

/** Of rows that are much alike every so manieth, on the next day those after them; in soak all of them. */
export function sampled<Row>(rows: readonly Row[], interval: number): readonly Row[] {
  const turns = Math.min(interval, rows.length);
  return rows.filter((_, index) => isOnTurn(index, turns));
}
