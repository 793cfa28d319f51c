import { ActionIcon, Badge, Button, Group, Stack, Text, Title, Tooltip } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { maximumCount, noticeKinds, readWireTime } from "@tessera/sdk";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { type Notice, newestNoticesQuery, noticesKey } from "../../api/notices.ts";
import { useChange } from "../../api/use-change.ts";
import { FailureNotice } from "../../ui/failure-notice.tsx";
import { LinkAnchor } from "../../ui/links.tsx";
import { LoadingRows } from "../../ui/loading-rows.tsx";
import { Name } from "../../ui/name.tsx";
import { RelativeTime } from "../../ui/relative-time.tsx";
import { useNow } from "../../ui/use-now.ts";
import { remainingText } from "../../words/time-text.ts";
import classes from "./header-popover.module.css";

const shownAtFirst = 10;

/** The newest notices; those that are unread are marked, one by one or all at once. */
export function NoticeList({ onLeave }: { readonly onLeave: () => void }) {
  const [limit, setLimit] = useState(shownAtFirst);
  const { data, error, isPending } = useQuery({
    ...newestNoticesQuery(limit),
    placeholderData: keepPreviousData,
  });
  const readAll = useChange(() => api.notices.read_all(), { done: null, stale: [noticesKey] });
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
          Nothing yet. Here you are told when a token ends soon, and what others do to what is
          yours.
        </Text>
      )}
      {data !== undefined && data.notices.length > 0 && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard.
        <ul className={classes.list} aria-label="Notices" tabIndex={0}>
          {data.notices.map((notice) => (
            <Item key={notice.id} notice={notice} onLeave={onLeave} />
          ))}
        </ul>
      )}
      <Group justify="space-between">
        <LinkAnchor to="/profile" search={{ tab: "notices" }} size="sm" onClick={onLeave}>
          What comes by mail
        </LinkAnchor>
        {data !== undefined && data.total > limit && limit < maximumCount.pageItems && (
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => setLimit(maximumCount.pageItems)}
          >
            Show more
          </Button>
        )}
      </Group>
    </Stack>
  );
}

interface ItemProps {
  readonly notice: Notice;
  readonly onLeave: () => void;
}

function Item({ notice, onLeave }: ItemProps) {
  const read = useChange(() => api.notices.read({ noticeId: notice.id }), {
    done: null,
    stale: [noticesKey],
  });
  const isUnread = readWireTime(notice.read_at) === null;
  return (
    <li data-unread={isUnread || undefined}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
        <Stack gap={2}>
          <Text size="sm" fw={isUnread ? 600 : 450}>
            {notice.title}
          </Text>
          <Details
            notice={notice}
            onFollow={() => {
              if (isUnread) read.mutate();
              onLeave();
            }}
          />
          <Group gap="xs">
            <Text size="xs" c="dimmed" component="div">
              <RelativeTime at={readWireTime(notice.created_at)} never="" />
            </Text>
            {notice.settled && (
              <Badge size="sm" variant="default" tt="none" fw={500}>
                taken care of
              </Badge>
            )}
          </Group>
        </Stack>
        {isUnread && (
          <Tooltip label="Mark as read">
            <ActionIcon
              variant="light"
              aria-label={`Mark as read: ${notice.title}`}
              loading={read.isPending}
              onClick={() => read.mutate()}
            >
              <IconCheck size={16} aria-hidden />
            </ActionIcon>
          </Tooltip>
        )}
      </Group>
      <FailureNotice error={read.error} />
    </li>
  );
}

/** What it is about, with the way there. */
function Details({ notice, onFollow }: { notice: Notice; onFollow: () => void }) {
  const now = useNow();
  const { token, domain, address, user_agent, failed_kind } = notice;
  const endsAt = readWireTime(notice.ends_at);
  return (
    <>
      {token !== undefined && (
        <Text size="sm" component="div">
          <LinkAnchor
            to="/pats/$tokenId"
            params={{ tokenId: token.id }}
            inherit
            style={{ overflowWrap: "anywhere" }}
            onClick={onFollow}
          >
            <Name>{token.name}</Name>
          </LinkAnchor>
          {endsAt !== null && endsAt > now && !notice.settled && (
            <> ends in {remainingText(endsAt - now)}</>
          )}
        </Text>
      )}
      {token !== undefined && endsAt !== null && !notice.settled && (
        <Text size="xs" c="dimmed" component="div">
          {readWireTime(token.last_used_at) === null ? (
            "It was never used: perhaps let it end."
          ) : (
            <>
              Last used <RelativeTime at={readWireTime(token.last_used_at)} never="" />
              {token.last_used_address !== "" && ` from ${token.last_used_address}`}
            </>
          )}
        </Text>
      )}
      {domain !== undefined && (
        <LinkAnchor
          {...(notice.kind === "invitation_received"
            ? { to: "/invitations" }
            : { to: "/domains/$domainId", params: { domainId: domain.id } })}
          size="sm"
          onClick={onFollow}
        >
          <Name>{domain.name}</Name>
        </LinkAnchor>
      )}
      {address !== undefined && address !== "" && (
        <Text size="xs" c="dimmed" component="div">
          From {address}
        </Text>
      )}
      {user_agent !== undefined && user_agent !== "" && (
        <Text size="xs" c="dimmed" component="div" lineClamp={1}>
          <Name>{user_agent}</Name>
        </Text>
      )}
      {failed_kind !== undefined && (
        <Text size="xs" c="dimmed">
          It was to say: {noticeKinds[failed_kind].title}
        </Text>
      )}
    </>
  );
}
