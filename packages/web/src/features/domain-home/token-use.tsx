import { Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { tokensUsageQuery } from "../../api/tokens.ts";
import { BarChart } from "../../ui/bar-chart.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { dayText } from "../../words/time-text.ts";

/** How often the person's tokens were used, day by day. */
export function TokenUse() {
  const usage = useQuery(tokensUsageQuery);
  if (usage.error !== null) return <FailureNotice error={usage.error} />;
  if (usage.data === undefined) return <Skeleton h={150} />;
  return (
    <BarChart
      unit="uses"
      height={128}
      bars={usage.data.days.map(({ day, uses }) => ({ label: dayText(day), value: uses }))}
    />
  );
}
