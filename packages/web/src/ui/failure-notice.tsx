import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { failureText } from "../words/failure-text.ts";

interface FailureNoticeProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/** What failed and what helps. Renders nothing while there is no error. */
export function FailureNotice({ error, onRetry }: FailureNoticeProps) {
  if (error === null || error === undefined) return null;
  const { title, advice } = failureText(error);
  return (
    <Alert
      color="brick"
      icon={<IconAlertTriangle aria-hidden />}
      title={title}
      role="alert"
      tabIndex={-1}
    >
      {advice !== "" && <Text size="sm">{advice}</Text>}
      {onRetry !== undefined && (
        <Group mt="xs">
          <Button size="xs" variant="default" onClick={onRetry}>
            Try again
          </Button>
        </Group>
      )}
    </Alert>
  );
}
