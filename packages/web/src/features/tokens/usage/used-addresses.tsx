import { Code, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { readWireTime } from "@tessera/sdk";
import { tokenUsageQuery } from "../../../api/tokens.ts";
import { BarList } from "../../../ui/bar-list.tsx";
import { FailureNotice } from "../../../ui/failure-notice.tsx";
import { LoadingRows } from "../../../ui/loading-rows.tsx";
import { RelativeTime } from "../../../ui/relative-time.tsx";
import { NoUse } from "./no-use.tsx";

/** From where: the address that was seen last first, as the server lists them. */
export function UsedAddresses({ tokenId }: { readonly tokenId: string }) {
  const usage = useQuery(tokenUsageQuery(tokenId, "address"));
  if (usage.error !== null) {
    return <FailureNotice error={usage.error} onRetry={() => void usage.refetch()} />;
  }
  if (usage.data === undefined) return <LoadingRows count={3} />;
  const { addresses = [] } = usage.data;
  if (addresses.length === 0) return <NoUse />;
  return (
    <>
      <BarList
        label="Uses by address"
        axes={["Address", "Uses, including those that were refused"]}
        items={addresses.map(({ address, uses, first_used_at, last_used_at }) => ({
          key: address,
          label: <Code>{address}</Code>,
          hint: (
            <>
              first <RelativeTime at={readWireTime(first_used_at)} never="–" />, last{" "}
              <RelativeTime at={readWireTime(last_used_at)} never="–" />
            </>
          ),
          value: uses,
        }))}
      />
      <Text size="xs" c="dimmed">
        The last ten addresses. Where a service asks for others, its own address stands here.
      </Text>
    </>
  );
}
