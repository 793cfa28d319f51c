import { Text } from "@mantine/core";
import { Name } from "../../../ui/name.tsx";
import classes from "./import-dialog.module.css";
import type { ImportLine } from "./import-lines.ts";
import type { LineOutcome } from "./run-import.ts";

const shownFailures = 200;

interface FailuresProps {
  readonly lines: readonly ImportLine[];
  readonly outcomeOf: (line: ImportLine) => LineOutcome;
}

/** The lines that are wrong, each with its reason. */
export function Failures({ lines, outcomeOf }: FailuresProps) {
  const failures = lines.flatMap((line) => {
    const outcome = outcomeOf(line);
    return outcome.state === "failed" ? [{ line, reason: outcome.reason }] : [];
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
    <section className={classes.failures} aria-label="Lines with mistakes" tabIndex={0}>
      <ul>
        {failures.slice(0, shownFailures).map(({ line, reason }) => (
          <li key={line.number}>
            <strong>{`Line ${line.number}`}</strong>
            {line.name !== "" && (
              <>
                {" "}
                (<Name>{line.name}</Name>)
              </>
            )}
            : <Name>{reason}</Name>
          </li>
        ))}
      </ul>
      {failures.length > shownFailures && (
        <Text size="sm" c="dimmed">
          {`and ${(failures.length - shownFailures).toLocaleString("en")} more, all in the report`}
        </Text>
      )}
    </section>
  );
}
