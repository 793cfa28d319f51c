import { Tooltip } from "@mantine/core";
import type { CSSProperties } from "react";
import { dateTimeText } from "../words/time-text.ts";

interface ExactTimeProps {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How it is said here: `5 minutes ago`. */
  readonly children: string;
  readonly style?: CSSProperties;
}

/** A moment in few words; on hover, focus and touch the exact time with its zone. */
export function ExactTime({ at, children, style }: ExactTimeProps) {
  return (
    <Tooltip label={dateTimeText(at)} events={{ hover: true, focus: true, touch: true }}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what the pointer is told the keyboard is to be told too. */}
      <time dateTime={new Date(at).toISOString()} tabIndex={0} style={style}>
        {children}
      </time>
    </Tooltip>
  );
}
