import { Box, Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { type Token, type TokenUsageReply, tokenUsageQuery } from "../../../api/tokens.ts";
import { BarChart } from "../../../ui/bar-chart.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { dateTimeText, daySpanText, dayText } from "../../../words/time-text.ts";
import { TokenLastUse } from "../token-last-use.tsx";
import classes from "../token-page.module.css";
import { RefusedUses } from "./refused-uses.tsx";
import { UseKinds } from "./use-kinds.tsx";

/** When, from where and how often a token was used. */
export function TokenUsage({ token }: { token: Token }) {
  const usage = useQuery(tokenUsageQuery(token.id, "operation"));
  const letThroughAt = usage.data?.operations?.reduce<number | null>(
    (last, { last_used_at }) => Math.max(last ?? 0, readWireTime(last_used_at) ?? 0) || null,
    null,
  );
  return (
    <Paper withBorder p={{ base: "md", sm: "lg" }} component="section" aria-label="Use">
      <Stack gap="md">
        <Title order={2}>Use</Title>
        <dl className={classes.figures}>
          <div className={classes.figure}>
            <dt>Last used</dt>
            <dd>
              <TokenLastUse token={token} letThroughAt={letThroughAt} />
            </dd>
          </div>
          <div className={classes.figure}>
            <dt>From</dt>
            <dd>{token.last_used_address || "–"}</dd>
          </div>
          <div className={classes.figure}>
            <dt>Times used</dt>
            <dd>{token.use_count.toLocaleString("en")}</dd>
          </div>
          <div className={classes.figure}>
            <dt>Times refused</dt>
            <dd>{token.refused_count.toLocaleString("en")}</dd>
          </div>
        </dl>
        <RefusedUses token={token} />
        <FailureNotice error={usage.error} onRetry={() => void usage.refetch()} />
        {usage.data !== undefined && (
          <Box>
            <Title order={3} mb={6}>
              Last 30 days
            </Title>
            <BarChart
              label="Last 30 days"
              unit="uses"
              height={96}
              note={daySpanText(usage.data)}
              bars={usage.data.days.map(({ day, uses, refused }) => ({
                label: dayText(day),
                value: uses,
                refused,
              }))}
            />
            <Gaps gaps={usage.data.gaps} />
          </Box>
        )}
        {(token.use_count > 0 || token.refused_count > 0) && (
          <div>
            <UseKinds tokenId={token.id} />
            <DaysOfLists timezone={usage.data?.timezone} />
          </div>
        )}
      </Stack>
    </Paper>
  );
}

/** Of operations, objects and refusals no hours are kept: their days are not the reader's. */
function DaysOfLists({ timezone }: Pick<TokenUsageReply, "timezone">) {
  if (timezone === undefined || timezone === "UTC") return null;
  return (
    <Text size="xs" c="dimmed" mt="xs">
      Operations, objects and refusals are counted by days in UTC, the chart by days in{" "}
      {timezone.replaceAll("_", " ")}. So they may differ for the first day.
    </Text>
  );
}

/** Says for which times the counts are too low. */
function Gaps({ gaps }: Pick<TokenUsageReply, "gaps">) {
  const [first] = gaps;
  if (first === undefined) return null;
  const [from, to] = [first.from, first.to].map((at) => dateTimeText(readWireTime(at) ?? 0));
  const others = gaps.length - 1;
  return (
    <Text size="xs" c="dimmed" mt={4}>
      Some uses between {from} and {to} are not counted
      {others === 0 ? "" : `, and in ${others} other ${others === 1 ? "time" : "times"}`}.
    </Text>
  );
}
