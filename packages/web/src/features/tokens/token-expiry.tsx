import { Text, Tooltip } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../api/tokens.ts";
import { useNow } from "../../ui/use-now.ts";
import { dateTimeText, remainingText, sinceText } from "../../words/time-text.ts";
import { isExpiringSoon } from "./token-state.ts";

type TokenTimes = Pick<Token, "status" | "issued_at" | "expires_at">;

/** When the token ends, or ended; the exact time on hover and focus. */
export function TokenExpiry({ token }: { token: TokenTimes }) {
  const now = useNow();
  const expiresAt = readWireTime(token.expires_at) ?? 0;
  const isOver = expiresAt <= now;
  return (
    <Tooltip label={dateTimeText(expiresAt)} events={{ hover: true, focus: true, touch: true }}>
      <Text
        component="span"
        inherit
        style={{ whiteSpace: "nowrap" }}
        {...(isExpiringSoon(token, now) ? { fw: 600, c: "var(--tessera-warning-text)" } : {})}
      >
        {isOver
          ? `Expired ${sinceText(expiresAt, now)}`
          : `Expires in ${remainingText(expiresAt - now)}`}
      </Text>
    </Tooltip>
  );
}
