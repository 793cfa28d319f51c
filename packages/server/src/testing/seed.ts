/**
 * From what generated input derives. A run makes one and prints it at its end; the setting makes the same input again.
 */
export const seed = Number(process.env.TESSERA_TEST_SEED ?? makeSeed());

export function makeSeed(): number {
  return Date.now() % 2 ** 31;
}
