import { queryOptions } from "@tanstack/react-query";
import type { ReplyTo } from "@tessera/sdk";
import { api } from "./client.ts";

export type Session = ReplyTo<"sessions.list">["refresh_tokens"][number];

/** Where the person is signed in. */
export const sessionsQuery = queryOptions({
  queryKey: ["sessions"],
  queryFn: async ({ signal }) => (await api.sessions.list({}, { signal })).refresh_tokens,
});
