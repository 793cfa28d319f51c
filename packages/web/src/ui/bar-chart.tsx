import { Group, Text, VisuallyHidden } from "@mantine/core";
import { useState } from "react";
import classes from "./bar-chart.module.css";

interface BarChartProps {
  /** What the bars count: `uses`. */
  readonly unit: string;
  readonly bars: readonly { readonly label: string; readonly value: number }[];
  /** Height in pixels. */
  readonly height?: number;
}

/** A small chart of counts in order; every bar can be read by mouse and by screen reader. */
export function BarChart({ unit, bars, height = 120 }: BarChartProps) {
  const [pointed, setPointed] = useState<number | null>(null);
  const highest = Math.max(1, ...bars.map(({ value }) => value));
  const total = bars.reduce((sum, { value }) => sum + value, 0);
  const shown = pointed === null ? undefined : bars[pointed];
  const countOf = (value: number) =>
    `${value.toLocaleString("en")} ${value === 1 ? unit.replace(/s$/, "") : unit}`;
  return (
    <figure className={classes.figure}>
      <figcaption>
        <Text size="sm" c="dimmed" aria-hidden="true">
          {shown === undefined
            ? `${countOf(total)} in all`
            : `${shown.label}: ${countOf(shown.value)}`}
        </Text>
        <VisuallyHidden>
          {total === 0
            ? `No ${unit}`
            : bars
                .filter(({ value }) => value > 0)
                .map(({ label, value }) => `${label}: ${countOf(value)}`)
                .join(", ")}
        </VisuallyHidden>
      </figcaption>
      <svg
        aria-hidden="true"
        width="100%"
        height={height}
        viewBox={`0 0 ${bars.length * 10} 100`}
        preserveAspectRatio="none"
        onMouseLeave={() => setPointed(null)}
      >
        {bars.map(({ label, value }, index) => {
          const barHeight = value === 0 ? 2 : 4 + (value / highest) * 96;
          return (
            // biome-ignore lint/a11y/noStaticElementInteractions: the pointer only reads; the caption tells the same to everybody.
            <g key={label} onMouseEnter={() => setPointed(index)}>
              <rect x={index * 10} y={0} width={10} height={100} fill="transparent" />
              <rect
                className={classes.bar}
                data-empty={value === 0}
                x={index * 10 + 1.5}
                y={100 - barHeight}
                width={7}
                height={barHeight}
                rx={0.8}
              />
            </g>
          );
        })}
      </svg>
      <Group justify="space-between" mt={4} aria-hidden="true">
        <Text size="xs" c="dimmed">
          {bars.at(0)?.label}
        </Text>
        <Text size="xs" c="dimmed">
          {bars.at(-1)?.label}
        </Text>
      </Group>
    </figure>
  );
}
