interface MosaicProps {
  /** The same text always gives the same picture. */
  readonly seed: string;
  /** Edge in pixels. */
  readonly size: number;
}

const colors = ["#14665c", "#5cb0a2", "#e0a54a", "#c9674f", "#b8b2a6"] as const;

const stonesPerSide = 4;

/** A small picture of stones by which to recognise a thing at a glance. */
export function Mosaic({ seed, size }: MosaicProps) {
  const stones = stonesOf(seed);
  return (
    <svg width={size} height={size} viewBox="0 0 40 40" aria-hidden="true" style={{ flex: "none" }}>
      <title>{seed}</title>
      {stones.map(({ x, y, color }) => (
        <rect key={`${x} ${y}`} x={x} y={y} width="9" height="9" rx="1.8" fill={color} />
      ))}
    </svg>
  );
}

/** Mirrored left to right, which makes it look made rather than strewn. */
function stonesOf(seed: string) {
  let state = 2166136261;
  for (const character of seed) {
    state = Math.imul(state ^ (character.codePointAt(0) ?? 0), 16777619) >>> 0;
  }
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state;
  };
  const half = stonesPerSide / 2;
  return Array.from({ length: stonesPerSide * half }, (_, index) => {
    const column = index % half;
    const y = Math.floor(index / half) * 10 + 0.5;
    const color = colors[next() % colors.length] ?? colors[0];
    return [
      { x: column * 10 + 0.5, y, color },
      { x: (stonesPerSide - 1 - column) * 10 + 0.5, y, color },
    ];
  }).flat();
}
