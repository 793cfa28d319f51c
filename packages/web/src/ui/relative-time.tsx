import { Text } from "@mantine/core";
import { sinceText } from "../words/time-text.ts";
import { ExactTime } from "./exact-time.tsx";
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
  return <ExactTime at={at}>{sinceText(at, now)}</ExactTime>;
}
