import { Code, Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../api/tokens.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { wantedText } from "../../words/refusal-text.ts";
import { refusalAtLast } from "./token-state.ts";

interface LastUseProps {
  readonly token: Pick<Token, "last_used_at" | "last_used_address" | "last_refusal" | "use_count">;
}

/** Who is hit when the token stops working: when it was used last, and from where. */
export function LastUse({ token }: LastUseProps) {
  const usedAt = readWireTime(token.last_used_at);
  const refusal = refusalAtLast(token);
  const from = token.last_used_address === "" ? "" : ` from ${token.last_used_address}`;
  return (
    <Text size="sm" mt="sm" component="div">
      {usedAt === null ? (
        "It was never used."
      ) : refusal === undefined ? (
        <>
          Last used <RelativeTime at={usedAt} never="" />
          {from}.
        </>
      ) : (
        <>
          {token.use_count === 0 ? "It was never used, and " : "It was used, and last "}
          refused <RelativeTime at={usedAt} never="" />
          {from} for <Code>{wantedText(refusal.operation)}</Code>.
        </>
      )}
    </Text>
  );
}
