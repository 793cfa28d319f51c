import { Text, Tooltip } from "@mantine/core";
import { dateTimeText, sinceText } from "../words/time-text.ts";
import { useNow } from "./use-now.ts";

/** How long ago, the exact time on hover and focus; `never` when `at` is null. */
export function RelativeTime({ at, never }: { at: number | null; never: string }) {
  const now = useNow();
  if (at === null) {
    return (
      <Text component="span" inherit c="dimmed">
        {never}
      </Text>
    );
  }
  return (
    <Tooltip label={dateTimeText(at)} events={{ hover: true, focus: true, touch: true }}>
      <time dateTime={new Date(at).toISOString()}>{sinceText(at, now)}</time>
    </Tooltip>
  );
}
