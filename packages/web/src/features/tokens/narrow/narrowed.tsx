import { Alert, Button, Group, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { api } from "../../../api/client.ts";
import { type Token, tokensKey } from "../../../api/tokens.ts";
import { useChange } from "../../../api/use-change.ts";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { dateTimeText } from "../../../words/time-text.ts";

interface NarrowedProps {
  readonly token: Token;
  /** Until when it can be undone, in milliseconds since the epoch. */
  readonly until: number;
  readonly isJustDone?: boolean;
  readonly onClose: () => void;
}

/** That the scopes were narrowed, and the way back. */
export function Narrowed({ token, until, isJustDone = false, onClose }: NarrowedProps) {
  const undo = useChange(() => api.tokens.undo_proposal({ tokenId: token.id }), {
    done: (_, { left_out }) =>
      left_out.length === 0
        ? "The scopes are as they were before"
        : `The scopes are as they were before, without ${left_out.length} on objects that were deleted`,
    stale: [tokensKey],
    onDone: onClose,
  });
  return (
    <>
      <Alert
        role="status"
        color="verdigris"
        mb={isJustDone ? 0 : "md"}
        icon={<IconCircleCheck aria-hidden />}
        title={isJustDone ? "The scopes are narrowed" : "The scopes were narrowed"}
      >
        <Group justify="space-between" gap="sm">
          <Text size="sm" flex="1 1 260px">
            {isJustDone && "It counts from the next request on. "}
            Undo brings back exactly what there was, until {dateTimeText(until)}.
          </Text>
          <Button
            size="xs"
            variant="default"
            loading={undo.isPending}
            onClick={() => undo.mutate()}
          >
            Undo
          </Button>
        </Group>
      </Alert>
      <FailureNotice error={undo.error} />
      {isJustDone && (
        <Group justify="flex-end" mt="md">
          <Button onClick={onClose} data-autofocus>
            Done
          </Button>
        </Group>
      )}
    </>
  );
}
