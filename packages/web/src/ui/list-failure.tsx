import { Paper } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { absenceOf } from "../words/failure-text.ts";
import { EmptyState } from "./empty-state.tsx";
import { FailureNotice } from "./failure-notice.tsx";

interface ListFailureProps {
  readonly error: unknown;
  /** What to say when the person may not see the list. */
  readonly refused: string;
  readonly onRetry: () => void;
}

/** Stands for a list that is not to be had; a refusal is no accident and looks calmer than one. */
export function ListFailure({ error, refused, onRetry }: ListFailureProps) {
  const absence = absenceOf(error);
  if (absence === "refused" || absence === "disabled") {
    return (
      <Paper withBorder>
        <EmptyState
          icon={<IconLock />}
          title={refused}
          description={
            absence === "disabled"
              ? "The domain is disabled."
              : "Ask an administrator of the domain for a role that allows it."
          }
        />
      </Paper>
    );
  }
  return <FailureNotice error={error} onRetry={onRetry} />;
}
