import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo } from "@tessera/sdk";
import { api } from "./client.ts";

/** Something that the person was told. */
export type Notice = ReplyTo<"notices.list">["notices"][number];

/** Whatever is known of the person's notices. */
export const noticesKey = ["notices"] as const;

/** How many the person has not read. */
export const unreadCountQuery = queryOptions({
  queryKey: [...noticesKey, "unread"],
  queryFn: async ({ signal }) =>
    (await api.notices.list({ query: { status: "unread", limit: 0 } }, { signal })).unread,
});

/** The newest ones, read or not. */
export const newestNoticesQuery = (limit: number) =>
  queryOptions({
    queryKey: [...noticesKey, "newest", limit],
    queryFn: ({ signal }) => api.notices.list({ query: { limit } }, { signal }),
  });

/** What of them comes by mail. */
export const noticeSettingsQuery = queryOptions({
  queryKey: ["notice-settings"],
  queryFn: ({ signal }) => api.notices.settings({}, { signal }),
});

/** Whether the person's calendar program is told when tokens end. */
export const calendarFeedQuery = queryOptions({
  queryKey: ["calendar-feed"],
  queryFn: ({ signal }) => api.calendar.view_feed({}, { signal }),
});
