import {
  AppError,
  type ChosenNoticeKind,
  chosenNoticeKinds,
  isNoticeKind,
  type NoticeKind,
  type noticeEndpoints,
  noticeKindNames,
  noticeKinds,
  wireTime,
} from "@tessera/contract";
import type { Deps } from "../../deps.ts";
import type { Handlers } from "../../http/endpoint-handlers.ts";
import type { Trx } from "../../store/database.ts";
import {
  findAddressee,
  listDeclined,
  listNotices,
  markRead,
  markSomeRead,
  type ShownNotice,
  setDeclined,
} from "./notice-store.ts";

type NoticeEndpoint = Extract<
  (typeof noticeEndpoints)[number],
  { readonly id: `notices.${string}` }
>;

const alwaysByMail = noticeKindNames.filter((kind) => noticeKinds[kind].mail === "always");

/** The handlers of what people were told, and of what comes to them by mail. */
export function noticeHandlers({ config, database, hub, clock }: Deps): Handlers<NoticeEndpoint> {
  return {
    "notices.list": async ({ query, principal }) => {
      const { offset, limit, status } = query;
      const now = clock();
      const filter = { userId: principal.userId, status, now };
      const { total, unread, notices } = await listNotices(database.lists, filter, {
        offset,
        limit,
      });
      return {
        total,
        offset,
        limit,
        unread,
        notices: notices.flatMap((notice) => toReply(notice, now)),
      };
    },

    "notices.read": async ({ params: { noticeId }, principal, actor }) => {
      const { userId } = principal;
      await hub.change(actor, async ({ trx }) => {
        if (await markRead(trx, { userId, noticeId, at: clock() })) return;
        throw new AppError("not_found");
      });
    },

    "notices.read_all": async ({ principal, actor }) => {
      const { userId } = principal;
      const markPart = () =>
        hub.change(actor, async ({ trx }) => markSomeRead(trx, userId, clock()));
      while (await markPart());
    },

    "notices.settings": async ({ principal }) => viewSettings(database.read, principal.userId),

    "notices.update_settings": async ({ body, principal, actor }) => {
      const { userId } = principal;
      const { by_mail = {} } = body;
      return hub.change(actor, async ({ trx, record }) => {
        const changed = chosenNoticeKinds.filter((kind) => by_mail[kind] !== undefined);
        for (const kind of changed) await setDeclined(trx, userId, kind, by_mail[kind] === false);
        record({
          name: "notices.update_settings",
          entityId: userId,
          details: { by_mail },
        });
        return viewSettings(trx, userId);
      });
    },
  };

  async function viewSettings(db: Pick<Trx, "selectFrom">, userId: string) {
    const addressee = await findAddressee(db, userId);
    const declined = await listDeclined(db, userId);
    const choices = chosenNoticeKinds.map((kind) => [kind, !declined.includes(kind)] as const);
    return {
      sends_mail: config.smtp_url !== undefined,
      email: addressee?.email ?? "",
      by_mail: Object.fromEntries(choices) as Record<ChosenNoticeKind, boolean>,
      always_by_mail: alwaysByMail,
    };
  }
}

/** None where it is of a kind that only a later version knows. */
function toReply(notice: ShownNotice, now: number) {
  const { id, kind, token_id, token_name, ends_at, domain_id, domain_name } = notice;
  if (!isNoticeKind(kind)) return [];
  const reply = {
    id,
    kind,
    title: noticeKinds[kind].title,
    created_at: wireTime(notice.created_at),
    read_at: wireTime(notice.read_at),
    settled: isSettled(kind, notice, now),
    token:
      token_id === null || token_name === null
        ? undefined
        : {
            id: token_id,
            name: token_name,
            status: tokenStatus(notice, now),
            expires_at: wireTime(notice.expires_at),
            last_used_at: wireTime(notice.last_used_at),
            last_used_address: notice.last_used_address ?? "",
          },
    ends_at: ends_at === null ? undefined : wireTime(ends_at),
    domain:
      domain_id === null || domain_name === null ? undefined : { id: domain_id, name: domain_name },
    address: notice.address ?? undefined,
    user_agent: notice.user_agent ?? undefined,
    failed_kind: failedKind(notice),
  };
  return [reply];
}

function isSettled(kind: NoticeKind, notice: ShownNotice, now: number): boolean {
  if (kind === "invitation_received") return notice.domain_name === null;
  if (kind !== "token_expiring") return false;
  const { ending_secret_id, pending_secret_id, revoked_at, ends_at } = notice;
  const isEnding = ending_secret_id !== null && pending_secret_id === null && revoked_at === null;
  return !isEnding || (ends_at ?? 0) <= now;
}

function tokenStatus(
  { revoked_at, expires_at }: ShownNotice,
  now: number,
): "active" | "expired" | "revoked" {
  if (revoked_at !== null) return "revoked";
  return (expires_at ?? 0) <= now ? "expired" : "active";
}

function failedKind({ failed_kind }: ShownNotice): NoticeKind | undefined {
  return failed_kind !== null && isNoticeKind(failed_kind) ? failed_kind : undefined;
}
