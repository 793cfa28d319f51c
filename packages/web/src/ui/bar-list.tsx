import { Text } from "@mantine/core";
import { type ReactNode, useState } from "react";
import classes from "./bar-list.module.css";

/** One thing that was counted. */
export interface BarItem {
  readonly key: string;
  readonly label: ReactNode;
  /** Said below it. */
  readonly hint?: ReactNode;
  readonly value: number;
  /** How often it was refused, which is not among the value. */
  readonly refused?: number;
}

interface BarListProps {
  /** What the list is called. */
  readonly label: string;
  /** What a line stands for, and what its bar counts: the titles of the two axes. */
  readonly axes: readonly [string, string];
  readonly items: readonly BarItem[];
}

const shownAtOnce = 8;

/** Counts of different things, a line each, the bars beside one another; each says its number. */
export function BarList({ label, axes, items }: BarListProps) {
  const [areAllShown, setAreAllShown] = useState(false);
  const shown = areAllShown ? items : items.slice(0, shownAtOnce);
  const left = items.length - shown.length;
  const longest = Math.max(1, ...items.map(({ value, refused = 0 }) => value + refused));
  const hasRefusals = items.some(({ refused = 0 }) => refused > 0);
  return (
    <div data-with-refusals={hasRefusals || undefined} className={classes.chart}>
      <div className={classes.axes} aria-hidden="true">
        <span>{axes[0]}</span>
        <span>{axes[1]}</span>
      </div>
      <ul className={classes.list} aria-label={label}>
        {shown.map(({ key, label: name, hint, value, refused = 0 }) => (
          <li key={key} className={classes.line}>
            <div className={classes.name}>
              <Text size="sm" component="div" className={classes.text ?? ""}>
                {name}
              </Text>
              {hint !== undefined && (
                <Text size="xs" c="dimmed" component="div" className={classes.text ?? ""}>
                  {hint}
                </Text>
              )}
            </div>
            <div className={classes.measure}>
              <div className={classes.track} aria-hidden="true">
                <span
                  className={classes.used}
                  style={{ width: `${(value / longest) * 100}%` }}
                  hidden={value === 0}
                />
                <span
                  className={classes.refused}
                  style={{ width: `${(refused / longest) * 100}%` }}
                  hidden={refused === 0}
                />
              </div>
              <Text size="sm" component="span" className={classes.count ?? ""}>
                {value.toLocaleString("en")}
                {refused > 0 && (
                  <Text span inherit c="var(--tessera-warning-text)">
                    {" "}
                    + {refused.toLocaleString("en")} refused
                  </Text>
                )}
              </Text>
            </div>
          </li>
        ))}
      </ul>
      {left > 0 && (
        <button type="button" className={classes.more} onClick={() => setAreAllShown(true)}>
          Show {left.toLocaleString("en")} more
        </button>
      )}
    </div>
  );
}
