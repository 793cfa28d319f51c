import { z } from "zod";
import { maximumCount } from "../limits.ts";
import {
  type ChosenNoticeKind,
  chosenNoticeKinds,
  noticeKindNames,
  noticeKinds,
} from "../notice-kinds.ts";
import { endpoint } from "../operation.ts";
import { page } from "../page.ts";
import { oneOf, pageQuery, time } from "../wire.ts";

const session = { kind: "session" } as const;

const notice = z.object({
  id: z.string(),
  kind: oneOf(noticeKindNames),
  title: z.string().describe("What happened, in one line without names"),
  created_at: time,
  read_at: time,
  settled: z
    .boolean()
    .describe("Whether nothing is left to do: what it warns of was taken care of, or is over"),
  token: z
    .object({
      id: z.string(),
      name: z.string(),
      status: oneOf(["active", "revoked", "expired"]),
      expires_at: time,
      last_used_at: time,
      last_used_address: z.string(),
    })
    .optional()
    .describe("The token that it is about, as it is now"),
  ends_at: time
    .optional()
    .describe("With `token_expiring`: when the secret ends that the token had then"),
  domain: z
    .object({ id: z.string(), name: z.string() })
    .optional()
    .describe("With `invitation_received`, while you are invited"),
  address: z.string().optional().describe("From where it was done"),
  user_agent: z.string().optional().describe("With `new_sign_in`: what the program calls itself"),
  failed_kind: oneOf(noticeKindNames)
    .optional()
    .describe("With `mail_failed`: the kind of the notice whose mail was not taken"),
});

const choices = (description: (kind: ChosenNoticeKind) => string) =>
  Object.fromEntries(
    chosenNoticeKinds.map((kind) => [kind, z.boolean().describe(description(kind))]),
  ) as Record<ChosenNoticeKind, z.ZodBoolean>;

const settings = z.object({
  sends_mail: z.boolean().describe("Whether this server sends mail at all"),
  email: z.string().describe("Where your mails go"),
  by_mail: z.object(choices((kind) => noticeKinds[kind].title)),
  always_by_mail: z
    .array(oneOf(noticeKindNames))
    .describe("What comes by mail whatever you choose: a thief of your account must not stop it"),
});

const feed = z.object({
  exists: z.boolean(),
  created_at: time,
  last_read_at: time.describe("By any program that has the address; to the hour"),
});

/** What people are told: in a list, by mail, and in a calendar. */
export const noticeEndpoints = [
  endpoint({
    id: "notices.list",
    method: "GET",
    path: "/notices",
    summary: "List what you were told, newest first",
    access: session,
    query: pageQuery.extend({
      limit: z.int().min(0).max(maximumCount.pageItems).default(10),
      status: oneOf(["unread", "read", "all"]).default("all"),
    }),
    reply: page("notices", notice).extend({
      unread: z.int().describe("How many are unread, whatever is listed"),
    }),
    status: 200,
  }),
  endpoint({
    id: "notices.read_all",
    method: "POST",
    path: "/notices/read-all",
    summary: "Mark all notices as read",
    access: session,
    status: 204,
  }),
  endpoint({
    id: "notices.settings",
    method: "GET",
    path: "/notices/settings",
    summary: "View what comes to you by mail",
    access: session,
    reply: settings,
    status: 200,
  }),
  endpoint({
    id: "notices.update_settings",
    method: "PATCH",
    path: "/notices/settings",
    summary: "Choose what comes to you by mail",
    access: session,
    body: z.object({
      by_mail: z
        .strictObject(choices((kind) => noticeKinds[kind].title))
        .partial()
        .optional(),
    }),
    reply: settings,
    status: 200,
  }),
  endpoint({
    id: "notices.read",
    method: "POST",
    path: "/notices/:noticeId/read",
    summary: "Mark a notice as read",
    access: session,
    status: 204,
  }),
  endpoint({
    id: "calendar.view_feed",
    method: "GET",
    path: "/calendar/feed",
    summary: "Whether you have a calendar feed of your tokens' ends",
    access: session,
    reply: feed,
    status: 200,
  }),
  endpoint({
    id: "calendar.make_feed",
    method: "POST",
    path: "/calendar/feed",
    summary: "Make the calendar feed of your tokens' ends, or give it a new address",
    access: { kind: "session", needsFreshPassword: true },
    takesRightsAway: true,
    reply: feed.extend({
      address: z
        .string()
        .describe(
          "For a calendar program, which needs no more to read it; shown in this reply only. Without a host where this server knows none",
        ),
    }),
    status: 201,
  }),
  endpoint({
    id: "calendar.remove_feed",
    method: "DELETE",
    path: "/calendar/feed",
    summary: "End the calendar feed",
    access: session,
    takesRightsAway: true,
    status: 204,
  }),
] as const;
