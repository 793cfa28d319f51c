import { Code, Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../api/tokens.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { times } from "../../words/counted.ts";
import { refusalReason, wantedText } from "../../words/refusal-text.ts";
import { refusalAtLast } from "./token-state.ts";

type Refusal = NonNullable<Token["last_refusal"]>;

interface TokenLastUseProps {
  readonly token: Token;
  /** When it was last let through, where that is known; milliseconds since the epoch. */
  readonly letThroughAt?: number | null | undefined;
}

/** When a token was used last; if it was refused since then, when and what. */
export function TokenLastUse({ token, letThroughAt = null }: TokenLastUseProps) {
  const usedAt = readWireTime(token.last_used_at);
  const refusal = refusalAtLast(token);
  if (refusal === undefined) return <RelativeTime at={usedAt} never="Not used yet" />;
  return (
    <div>
      {letThroughAt !== null && (
        <div>
          <RelativeTime at={letThroughAt} never="" />
        </div>
      )}
      <div>
        Refused <RelativeTime at={readWireTime(refusal.at)} never="" /> for{" "}
        <Code>{wantedText(refusal.operation)}</Code>
      </div>
      {letThroughAt === null && token.use_count > 0 && (
        <Text size="xs" c="dimmed">
          used {times(token.use_count)} before
        </Text>
      )}
    </div>
  );
}

/** What a token wanted last that it was refused, and why. */
export function LastRefusal({ refusal }: { refusal: Refusal }) {
  return (
    <Text size="sm">
      Refused last <RelativeTime at={readWireTime(refusal.at)} never="" /> for{" "}
      <Code>{wantedText(refusal.operation)}</Code>
      {refusalReason(refusal.because) === undefined ? "." : `, ${refusalReason(refusal.because)}.`}
    </Text>
  );
}
