import { Alert, Button, Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { comesBackText, failureText, isServerAway, isSessionEnd } from "../words/failure-text.ts";

interface FailureNoticeProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
}

/**
 * What failed and what helps. Renders nothing while there is no error, and where the session has ended: a dialog says
 * so, and what stayed behind it would no longer be true.
 */
export function FailureNotice({ error, onRetry }: FailureNoticeProps) {
  if (error === null || error === undefined || isSessionEnd(error)) return null;
  const { title, advice: usualAdvice } = failureText(error);
  const advice = onRetry !== undefined && isServerAway(error) ? comesBackText : usualAdvice;
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
