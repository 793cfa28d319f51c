import { Group, Text, VisuallyHidden } from "@mantine/core";
import { useId, useState } from "react";
import classes from "./bar-chart.module.css";

interface Bar {
  readonly label: string;
  readonly value: number;
  /** How often it was refused, which is not among the value. */
  readonly refused?: number;
}

interface BarChartProps {
  /** What the chart is called. */
  readonly label?: string;
  /** What the bars count: `uses`. */
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** Said below, of what one bar stands for. */
  readonly note?: string;
  /** Height in pixels. */
  readonly height?: number;
}

/** A small chart of counts in order; every bar can be read by mouse and by screen reader. */
export function BarChart({ label, unit, bars, note, height = 120 }: BarChartProps) {
  const hatchId = useId();
  const [pointed, setPointed] = useState<number | null>(null);
  const hasRefusals = bars.some(({ refused = 0 }) => refused > 0);
  const top = roundTop(Math.max(1, ...bars.map(({ value, refused = 0 }) => value + refused)));
  const total = {
    value: bars.reduce((sum, { value }) => sum + value, 0),
    refused: bars.reduce((sum, { refused = 0 }) => sum + refused, 0),
  };
  /** Ten of them are the width of a bar with its gap. */
  const across = (tenths: number) => `${(tenths * 10) / bars.length}%`;
  const shown = pointed === null ? undefined : bars[pointed];
  const told = (bar: Omit<Bar, "label">, joint: string) =>
    [
      counted(bar.value, unit),
      ...((bar.refused ?? 0) > 0 ? [counted(bar.refused ?? 0, "refusals")] : []),
    ].join(joint);
  return (
    <figure className={classes.figure} aria-label={label}>
      <figcaption>
        <Group justify="space-between" gap="xs">
          <Text size="sm" c="dimmed" aria-hidden="true">
            {shown === undefined
              ? `${told(total, " and ")} in all`
              : `${shown.label}: ${told(shown, ", ")}`}
          </Text>
          {hasRefusals && (
            <Group gap="md" aria-hidden="true">
              <Text size="xs" className={classes.key} data-kind="used">
                Used
              </Text>
              <Text size="xs" className={classes.key} data-kind="refused">
                Refused
              </Text>
            </Group>
          )}
        </Group>
        <VisuallyHidden component="div">
          {total.value + total.refused === 0 ? (
            `No ${unit}`
          ) : (
            <ul>
              {bars
                .filter(({ value, refused = 0 }) => value + refused > 0)
                .map((bar) => (
                  <li key={bar.label}>{`${bar.label}: ${told(bar, ", ")}`}</li>
                ))}
            </ul>
          )}
        </VisuallyHidden>
      </figcaption>
      <div className={classes.plot} aria-hidden="true">
        <span className={classes.axisTitle}>{unit}</span>
        <div className={classes.axis}>
          {[top, top / 2, 0].map((count) => (
            <span key={count} data-testid="axis">
              {count.toLocaleString("en")}
            </span>
          ))}
        </div>
        <svg aria-hidden="true" width="100%" height={height} onMouseLeave={() => setPointed(null)}>
          <pattern
            id={hatchId}
            width={5}
            height={5}
            patternUnits="userSpaceOnUse"
            patternTransform="rotate(45)"
          >
            <path className={classes.hatchGround} d="M0 0h5v5H0z" />
            <path className={classes.hatchLine} d="M0 0h2v5H0z" />
          </pattern>
          {[0, 50, 100].map((y) => (
            <line key={y} className={classes.line} x1={0} x2="100%" y1={`${y}%`} y2={`${y}%`} />
          ))}
          {bars.map(({ label: name, value, refused = 0 }, index) => {
            const used = (value / top) * 100;
            const refusedHeight = (refused / top) * 100;
            return (
              // biome-ignore lint/a11y/noStaticElementInteractions: the pointer only reads; the caption tells the same to everybody.
              <g key={name} onMouseEnter={() => setPointed(index)}>
                <rect
                  x={across(index * 10)}
                  y={0}
                  width={across(10)}
                  height="100%"
                  fill="transparent"
                />
                <rect
                  className={classes.bar}
                  x={across(index * 10 + 1.5)}
                  y={`${100 - used}%`}
                  width={across(7)}
                  height={`${used}%`}
                />
                <rect
                  className={classes.refused}
                  fill={`url(#${hatchId})`}
                  x={across(index * 10 + 1.5)}
                  y={`${100 - used - refusedHeight}%`}
                  width={across(7)}
                  height={`${refusedHeight}%`}
                />
              </g>
            );
          })}
        </svg>
        <div className={classes.days}>
          <span>{bars.at(0)?.label}</span>
          <span>{bars.at(Math.floor(bars.length / 2))?.label}</span>
          <span>{bars.at(-1)?.label}</span>
        </div>
      </div>
      {note !== undefined && (
        <Text size="xs" c="dimmed" mt={4}>
          {note}
        </Text>
      )}
    </figure>
  );
}

function counted(count: number, unit: string): string {
  return `${count.toLocaleString("en")} ${count === 1 ? unit.replace(/s$/, "") : unit}`;
}

/** The next even number that has one figure besides zeros, so that the half of it is whole too. */
function roundTop(highest: number): number {
  const step = 10 ** Math.max(0, Math.floor(Math.log10(highest)));
  return Math.max(2, Math.ceil(highest / (2 * step)) * 2 * step);
}
