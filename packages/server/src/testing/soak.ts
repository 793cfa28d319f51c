/** Whether everything is to be done, as in `npm run soak`, and not a sample of it. */
export const isSoak = process.env.TESSERA_SOAK !== undefined;

/** Of rows that are much alike every so manieth, the first included; in soak all of them. */
export function sampled<Row>(rows: readonly Row[], interval: number): readonly Row[] {
  return isSoak ? rows : rows.filter((_, index) => index % interval === 0);
}

const millisecondsOfDay = 86_400_000;

/** Of what is done in turns on two days this run does what has this remainder by two; a setting asks for the other. */
export const turn = Number(process.env.TESSERA_TEST_TURN ?? Date.now() / millisecondsOfDay) & 1;

/** Whether what is done in turns, each day every other one, is done now; in soak all of it is. */
export function isOnTurn(index: number): boolean {
  return isSoak || index % 2 === turn;
}
