import { Paper } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { TesseraError } from "@tessera/sdk";
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
  if (error instanceof TesseraError && error.status === 403) {
    return (
      <Paper withBorder>
        <EmptyState
          icon={<IconLock />}
          title={refused}
          description={
            error.code === "domain_disabled"
              ? "The domain is disabled."
              : "Ask an administrator of the domain for a role that allows it."
          }
        />
      </Paper>
    );
  }
  return <FailureNotice error={error} onRetry={onRetry} />;
}
