import { Code, Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../api/tokens.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { refusalReason, wantedText } from "../../words/refusal-text.ts";

type Refusal = NonNullable<Token["last_refusal"]>;

/** When a token was shown last; what it wanted then, if that was refused. */
export function TokenLastUse({ token }: { token: Token }) {
  const usedAt = readWireTime(token.last_used_at);
  const refusal = token.last_refusal;
  const refusedAt = readWireTime(refusal?.at);
  if (refusal === undefined || refusedAt === null || refusedAt < (usedAt ?? 0)) {
    return <RelativeTime at={usedAt} never="Not used yet" />;
  }
  return (
    <>
      Refused <RelativeTime at={refusedAt} never="" /> for{" "}
      <Code>{wantedText(refusal.operation)}</Code>
    </>
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
