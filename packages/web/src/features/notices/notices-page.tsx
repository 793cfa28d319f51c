import { Box, Button, Paper, SegmentedControl } from "@mantine/core";
import { IconBell } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { noticesQuery, useReadAllNotices } from "../../api/notices.ts";
import { NoticeItems } from "../../parts/notice-items.tsx";
import { EmptyState } from "../../ui/empty-state.tsx";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkButton } from "../../ui/links.tsx";
import { changeSearch, pageOf } from "../../ui/list-search.ts";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { PageHeader } from "../../ui/page-header.tsx";
import { Pager } from "../../ui/pager.tsx";
import { noticeStatuses } from "./notices-search.ts";

const route = getRouteApi("/frame/notices");

const statusLabels = { all: "All", unread: "Unread", read: "Read" } as const;

/** Everything that the person was told, a page at a time. */
export function NoticesPage() {
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const goTo = (change: Parameters<typeof changeSearch<typeof search>>[1]) =>
    void navigate({ search: changeSearch(search, change) });
  const status = search.status ?? "all";
  const list = useQuery({
    ...noticesQuery({ ...pageOf(search), status }),
    placeholderData: keepPreviousData,
  });
  const readAll = useReadAllNotices();
  return (
    <>
      <PageHeader
        title="Notices"
        crumbs={[{ label: "Notices" }]}
        description="Which tokens end soon, and what others did that concerns you."
        actions={
          <>
            {list.data !== undefined && list.data.unread > 0 && (
              <Button
                variant="default"
                loading={readAll.isPending}
                onClick={() => readAll.mutate()}
              >
                Mark all as read
              </Button>
            )}
            <LinkButton to="/profile" search={{ tab: "notices" }} variant="default">
              What comes by mail
            </LinkButton>
          </>
        }
      />
      <FailureNotice error={list.error ?? readAll.error} onRetry={() => void list.refetch()} />
      {list.isPending && <LoadingRows />}
      {list.data !== undefined && (
        <Paper withBorder>
          <Box p="md" pb={0}>
            <SegmentedControl
              aria-label="Which notices"
              value={status}
              data={noticeStatuses.map((value) => ({ value, label: statusLabels[value] }))}
              onChange={(value) => goTo({ status: value === "all" ? undefined : value })}
            />
          </Box>
          {list.data.notices.length === 0 ? (
            <EmptyState
              icon={<IconBell />}
              title={status === "all" ? "Nothing yet" : "Nothing of this kind"}
              description="Notices come here, and urgent ones by mail too."
            />
          ) : (
            <Box px="md" py={4}>
              <NoticeItems notices={list.data.notices} />
            </Box>
          )}
          <Pager search={search} total={list.data.total} onChange={goTo} />
        </Paper>
      )}
    </>
  );
}
