import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { tokensUsageQuery } from "../../api/tokens.ts";
import { BarChart } from "../../ui/bar-chart.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { daySpanText, dayText } from "../../words/time-text.ts";

/** How often the person's tokens for the domain were used, day by day. */
export function TokenUse({ domainId }: { readonly domainId: string }) {
  const usage = useQuery(tokensUsageQuery(domainId));
  if (usage.error !== null) return <FailureNotice error={usage.error} />;
  if (usage.data === undefined) return <Skeleton h={150} />;
  return (
    <BarChart
      label="Uses of your tokens for this domain, day by day"
      unit="uses"
      height={128}
      note={daySpanText(usage.data)}
      bars={usage.data.days.map(({ day, uses, refused }) => ({
        label: dayText(day),
        value: uses,
        refused,
      }))}
    />
  );
}
