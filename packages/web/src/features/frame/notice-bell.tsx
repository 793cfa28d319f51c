import { IconBell } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { unreadCountQuery } from "../../api/notices.ts";
import { lazyPart } from "../../ui/lazy-part.tsx";
import { HeaderPopover } from "./header-popover.tsx";

const NoticeList = lazyPart(async () => (await import("./notice-list.tsx")).NoticeList);

const askAgainMs = 60_000;

/** What the person was told, behind a bell that counts what is unread. */
export function NoticeBell() {
  const { data: unread } = useQuery({ ...unreadCountQuery, refetchInterval: askAgainMs });
  return (
    <HeaderPopover
      label="Notices"
      counted="unread"
      count={unread ?? 0}
      Icon={IconBell}
      Content={NoticeList}
    />
  );
}
