import { Paper, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { type Token, tokenUsageQuery } from "../../../api/tokens.ts";
import { BarChart } from "../../../ui/bar-chart.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { daySpanText, dayText } from "../../../words/time-text.ts";
import { LastRefusal, TokenLastUse } from "../token-last-use.tsx";
import classes from "../token-page.module.css";

/** When, from where and how often a token was used. */
export function TokenUsage({ token }: { token: Token }) {
  const usage = useQuery(tokenUsageQuery(token.id, "operation"));
  return (
    <Paper withBorder p={{ base: "md", sm: "lg" }} component="section" aria-label="Use">
      <Stack gap="md">
        <Title order={2}>Use</Title>
        <dl className={classes.figures}>
          <div className={classes.figure}>
            <dt>Last used</dt>
            <dd>
              <TokenLastUse token={token} />
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
        {token.last_refusal !== undefined && <LastRefusal refusal={token.last_refusal} />}
        <FailureNotice error={usage.error} onRetry={() => void usage.refetch()} />
        {usage.data !== undefined && (
          <>
            <Text size="sm" fw={500}>
              Last 30 days
            </Text>
            <BarChart
              label="Last 30 days"
              unit="uses"
              height={84}
              note={daySpanText(usage.data.days.at(-1)?.day ?? "")}
              bars={usage.data.days.map(({ day, uses, refused }) => ({
                label: dayText(day),
                value: uses,
                refused,
              }))}
            />
          </>
        )}
      </Stack>
    </Paper>
  );
}
