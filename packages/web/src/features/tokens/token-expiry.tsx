import { Badge, Group } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import { ExactTime } from "../../ui/exact-time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { remainingText, sinceText } from "../../words/time-text.ts";
import { expiryMark, type TokenTimes } from "./token-state.ts";

const colors = { 1: "brick", 7: "ochre", 30: "gray" } as const;

/** When the token ends, or ended, marked in the last 30, 7 and 1 days; the exact time on hover and focus. */
export function TokenExpiry({ token }: { token: TokenTimes }) {
  const now = useNow();
  const expiresAt = readWireTime(token.expires_at) ?? 0;
  const mark = expiryMark(token, now);
  return (
    <Group gap={6} component="span" display="inline-flex">
      <ExactTime at={expiresAt}>
        {expiresAt <= now
          ? `Expired ${sinceText(expiresAt, now)}`
          : `Expires in ${remainingText(expiresAt - now)}`}
      </ExactTime>
      {mark !== undefined && (
        <Badge
          component="span"
          variant="light"
          color={colors[mark]}
          size="sm"
          tt="none"
          miw="max-content"
        >
          {mark === 1 ? "last day" : `last ${mark} d`}
        </Badge>
      )}
    </Group>
  );
}
