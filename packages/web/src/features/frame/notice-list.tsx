import { Button, Group, Stack, Text, Title } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { noticesQuery, useReadAllNotices } from "../../api/notices.ts";
import { NoticeItems } from "../../parts/notice-items.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";

const shown = 10;

/** The newest notices; those that are unread are marked, one by one or all at once. */
export function NoticeList({ onLeave }: { readonly onLeave: () => void }) {
  const { data, error, isPending } = useQuery(noticesQuery({ limit: shown }));
  const readAll = useReadAllNotices();
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={2}>Notices</Title>
        {data !== undefined && data.unread > 0 && (
          <Button
            size="compact-sm"
            variant="subtle"
            loading={readAll.isPending}
            onClick={() => readAll.mutate()}
          >
            Mark all as read
          </Button>
        )}
      </Group>
      {isPending && <LoadingRows />}
      <FailureNotice error={error ?? readAll.error} />
      {data?.notices.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing yet. Here you are told when a token ends soon, and what others do that concerns
          you.
        </Text>
      )}
      {data !== undefined && data.notices.length > 0 && (
        <NoticeItems notices={data.notices} isLow onLeave={onLeave} />
      )}
      <Group justify="space-between">
        <LinkAnchor to="/profile" search={{ tab: "notices" }} size="sm" onClick={onLeave}>
          What comes by mail
        </LinkAnchor>
        <LinkAnchor to="/notices" size="sm" onClick={onLeave}>
          All notices
        </LinkAnchor>
      </Group>
    </Stack>
  );
}
