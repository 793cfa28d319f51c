interface LogoProps {
  /** Edge of the sign in pixels. */
  readonly size?: number;
  readonly withName?: boolean;
}

/** The sign: a T laid from mosaic stones, one of them of another colour. */
export function Logo({ size = 28, withName = false }: LogoProps) {
  return (
    <span style={{ display: "inline-flex", alignItems: "center", gap: size * 0.36 }}>
      <svg width={size} height={size} viewBox="0 0 32 32" aria-hidden="true">
        <title>Tessera</title>
        <rect width="32" height="32" rx="7" fill="#0e5049" />
        <g fill="#fff">
          <rect x="5" y="6" width="6.4" height="6.4" rx="1.3" />
          <rect x="12.8" y="5.6" width="6.4" height="6.6" rx="1.3" />
          <rect x="20.6" y="6" width="6.4" height="6.4" rx="1.3" fill="#e0a54a" />
          <rect x="12.7" y="13.6" width="6.6" height="6.2" rx="1.3" />
          <rect x="12.9" y="21.2" width="6.3" height="6.2" rx="1.3" />
        </g>
      </svg>
      {withName && (
        <span style={{ fontSize: size * 0.68, fontWeight: 650, letterSpacing: "-0.02em" }}>
          Tessera
        </span>
      )}
    </span>
  );
}
