import { Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../api/tokens.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";

interface LastUseProps {
  readonly token: Pick<Token, "last_used_at" | "last_used_address">;
}

/** Who is hit when the token stops working: when it was used last, and from where. */
export function LastUse({ token }: LastUseProps) {
  const usedAt = readWireTime(token.last_used_at);
  return (
    <Text size="sm" mt="sm" component="div">
      {usedAt === null ? (
        "It was never used."
      ) : (
        <>
          Last used <RelativeTime at={usedAt} never="" />
          {token.last_used_address === "" ? "" : ` from ${token.last_used_address}`}.
        </>
      )}
    </Text>
  );
}
