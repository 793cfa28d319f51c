import { Code } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { catalogueQuery } from "../../../api/catalogue.ts";
import { tokenUsageQuery } from "../../../api/tokens.ts";
import { BarList } from "../../../ui/bar-list.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { LoadingRows } from "../../../ui/loading-rows.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { wantedText } from "../../../words/refusal-text.ts";
import { summaryOf } from "../../../words/summary-of.ts";
import { NoUse } from "./no-use.tsx";

/** What the token did: the most frequent first. */
export function UsedOperations({ tokenId }: { readonly tokenId: string }) {
  const { data: catalogue } = useQuery(catalogueQuery);
  const usage = useQuery(tokenUsageQuery(tokenId, "operation"));
  if (usage.error !== null) {
    return <FailureNotice error={usage.error} onRetry={() => void usage.refetch()} />;
  }
  if (usage.data === undefined) return <LoadingRows count={3} />;
  const operations = (usage.data.operations ?? []).toSorted(
    (one, other) => other.uses - one.uses || other.refused - one.refused,
  );
  if (operations.length === 0) return <NoUse />;
  return (
    <BarList
      label="Uses by operation"
      axes={["Operation", "Uses in 30 days"]}
      items={operations.map(({ operation, uses, refused, last_used_at, last_refused_at }) => ({
        key: operation,
        label: summaryOf(operation, catalogue) ?? <Code>{wantedText(operation)}</Code>,
        hint: (
          <>
            {uses > 0 ? "last " : "refused "}
            <RelativeTime
              at={readWireTime(uses > 0 ? last_used_at : last_refused_at)}
              never="never"
            />
          </>
        ),
        value: uses,
        refused,
      }))}
    />
  );
}
