import { ActionIcon, Badge, Group, Stack, Text, Tooltip } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import { noticeKinds, readWireTime } from "@tessera/sdk";
import { api } from "../api/client.ts";
import { type Notice, noticesKey } from "../api/notices.ts";
import { useChange } from "../api/use-change.ts";
import { FailureNotice } from "../ui/failure-notice.tsx";
import { LinkAnchor } from "../ui/links.tsx";
import { Name } from "../ui/name.tsx";
import { RelativeTime } from "../ui/relative-time.tsx";
import { useNow } from "../ui/use-now.ts";
import { remainingText } from "../words/time-text.ts";
import classes from "./notice-items.module.css";

interface NoticeItemsProps {
  readonly notices: readonly Notice[];
  /** Scrolls by itself where it gets high. */
  readonly isLow?: boolean;
  /** When somebody follows a link in one of them. */
  readonly onLeave?: () => void;
}

/** Notices below each other; those that are unread are marked, and can be read one by one. */
export function NoticeItems({ notices, isLow = false, onLeave = () => {} }: NoticeItemsProps) {
  return (
    <ul
      className={classes.list}
      aria-label="Notices"
      // What scrolls must be reached by the keyboard.
      {...(isLow ? { "data-low": true, tabIndex: 0 } : {})}
    >
      {notices.map((notice) => (
        <Item key={notice.id} notice={notice} onLeave={onLeave} />
      ))}
    </ul>
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
