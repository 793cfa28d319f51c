/** Whether everything is to be done, as in `npm run soak`, and not a sample of it. */
export const isSoak = process.env.TESSERA_SOAK !== undefined;

/** Of rows that are much alike every so manieth, the first included; in soak all of them. */
export function sampled<Row>(rows: readonly Row[], interval: number): readonly Row[] {
  return isSoak ? rows : rows.filter((_, index) => index % interval === 0);
}
