/** What is known of one kind of notice. */
interface NoticeKindRow {
  /** What it says in one line, without names. */
  readonly title: string;
  /**
   * Whether it also comes by mail, where the server sends any. `choice`: unless its reader has declined; `always`: whoever
   * has got hold of an account must not be able to keep that from its owner.
   */
  readonly mail: "choice" | "always" | "never";
}

/** Every kind of notice that people get. */
export const noticeKinds = {
  token_expiring: { title: "A token of yours ends soon", mail: "choice" },
  rotation_unfinished: { title: "A new secret of a token was never used", mail: "choice" },
  retired_secret_used: { title: "A replaced secret is still tried", mail: "choice" },
  token_ended: { title: "A token of yours was ended", mail: "always" },
  invitation_received: { title: "You are invited to a domain", mail: "choice" },
  role_changed: { title: "Your role was changed", mail: "always" },
  domain_role_changed: { title: "Your role in a domain was changed", mail: "never" },
  password_changed: { title: "Your password was changed", mail: "always" },
  email_changed: { title: "Your email address was changed", mail: "always" },
  reset_link_made: { title: "A link to a new password was made", mail: "always" },
  new_sign_in: { title: "Somebody signed in from a new place", mail: "always" },
  session_copied: { title: "A session was ended: two had its secret", mail: "always" },
  calendar_feed_made: { title: "An address of your calendar feed was made", mail: "always" },
  mail_failed: { title: "A mail to you could not be sent", mail: "never" },
} as const satisfies Record<string, NoticeKindRow>;

export type NoticeKind = keyof typeof noticeKinds;

/** The kinds of which a person chooses whether they come by mail. */
export type ChosenNoticeKind = {
  [Kind in NoticeKind]: (typeof noticeKinds)[Kind]["mail"] extends "choice" ? Kind : never;
}[NoticeKind];

export const noticeKindNames = Object.keys(noticeKinds) as [NoticeKind, ...NoticeKind[]];

export const chosenNoticeKinds = noticeKindNames.filter(
  (kind): kind is ChosenNoticeKind => noticeKinds[kind].mail === "choice",
);

export function isNoticeKind(name: string): name is NoticeKind {
  return Object.hasOwn(noticeKinds, name);
}
