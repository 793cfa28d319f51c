/** Characters of one kind that hardly repeat: PostgreSQL compresses what does before it measures an index entry. */
export interface VariedText {
  readonly name: string;
  /** Text of so many UTF-16 units, another one for every `seed`. */
  make(length: number, seed: number): string;
}

/** Code points of the kind, with their first and last; all of one length in UTF-16. */
const ranges: Readonly<Record<string, readonly [number, number]>> = {
  "CJK letters": [0x4e00, 0x9fff],
  "4-byte CJK letters": [0x20000, 0x2a6df],
  "4-byte emoji": [0x1f300, 0x1f5ff],
};

export const variedTexts: readonly VariedText[] = Object.entries(ranges).map(
  ([name, [first, last]]) => ({
    name,
    make: (length, seed) => {
      const units = String.fromCodePoint(first).length;
      let state = seed + 1;
      const codePoints = Array.from({ length: Math.floor(length / units) }, () => {
        // Park and Miller's minimal standard generator.
        state = (state * 48_271) % 2_147_483_647;
        return first + (state % (last - first + 1));
      });
      return String.fromCodePoint(...codePoints);
    },
  }),
);
