import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo, RequestOf } from "@tessera/sdk";
import { api } from "./client.ts";
import { useChange } from "./use-change.ts";

/** Something that the person was told. */
export type Notice = ReplyTo<"notices.list">["notices"][number];

export type NoticesQuery = NonNullable<RequestOf<"notices.list">["query"]>;

/** Whatever is known of the person's notices. */
export const noticesKey = ["notices"] as const;

/** How many the person has not read. */
export const unreadCountQuery = queryOptions({
  queryKey: [...noticesKey, "unread"],
  queryFn: async ({ signal }) =>
    (await api.notices.list({ query: { status: "unread", limit: 0 } }, { signal })).unread,
});

/** A page of them, the newest first. */
export const noticesQuery = (query: NoticesQuery) =>
  queryOptions({
    queryKey: [...noticesKey, "page", query],
    queryFn: ({ signal }) => api.notices.list({ query }, { signal }),
  });

/** Marks all of them as read. */
export function useReadAllNotices() {
  return useChange(() => api.notices.read_all(), { done: null, stale: [noticesKey] });
}

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
