import { Code, Text } from "@mantine/core";
import { readWireTime } from "@tessera/sdk";
import type { Token } from "../../api/tokens.ts";
import { RelativeTime } from "../../ui/relative-time.tsx";

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

const reasons: Readonly<Record<string, string>> = {
  scope_missing: "because no scope covers it",
  owner_lacks_permission: "because you may not do it yourself",
  session_required: "which no token can do",
  domain_disabled: "because the domain is disabled",
  not_yet_valid: "because it did not work yet",
  condition_time: "because it does not work at that time",
  condition_address: "because it does not work from that address",
  token_exhausted: "because no use of it was left",
};

/** Why something was refused, to end a sentence with; `undefined`: there are no words for it. */
export function refusalReason(because: string | undefined): string | undefined {
  return because === undefined ? undefined : reasons[because];
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

/** As scopes are written: `clients:delete`. */
export function wantedText(operation: string): string {
  return operation.replace(".", ":");
}
