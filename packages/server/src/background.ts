import { clearOutboxJob, type OutboxTarget, tellingJobs } from "./changes/deliver.ts";
import type { Deps } from "./deps.ts";
import { forwardTargets } from "./features/audit/forward-targets.ts";
import { retentionJob } from "./features/audit/retention.ts";
import { invitationLetters } from "./features/invitations/invitation-letters.ts";
import { mailTargets } from "./features/mail/mail-target.ts";
import { createSmtpSender } from "./features/mail/smtp-sender.ts";
import { endingLetters } from "./features/notices/ending-letters.ts";
import { mailReaders, noticesTarget } from "./features/notices/notices-target.ts";
import { clearNoticesJob, warnOfEndsJob } from "./features/notices/warn-of-ends.ts";
import { roleNotices } from "./features/roles/role-notices.ts";
import { tokenLetters } from "./features/tokens/lifecycle/token-letters.ts";
import { settleSecretsJob } from "./features/tokens/rotation/settle-secrets.ts";
import { pruneUsesJob } from "./features/tokens/usage/prune-uses.ts";
import { accountLetters } from "./features/users/links/account-letters.ts";
import { clearLinksJob } from "./features/users/links/account-links.ts";
import { changeLetters } from "./features/users/people/change-letters.ts";
import { purgeDeletedUsersJob } from "./features/users/people/purge-deleted-users.ts";
import { sessionLetters } from "./features/users/sessions/session-letters.ts";
import { foldJournalJob } from "./jobs/fold-journal.ts";
import { followKeysJob } from "./jobs/follow-keys.ts";
import type { Job } from "./jobs/schedule.ts";

interface Parts {
  readonly usage: { readonly job: Job };
  readonly secretUses: { readonly job: Job };
  readonly checkpoints: { readonly job: Job };
  readonly targets: readonly OutboxTarget[];
}

/** What is done again and again, whether or not anybody asks for anything. */
export function listJobs(
  deps: Deps,
  { usage, secretUses, checkpoints, targets }: Parts,
): readonly Job[] {
  return [
    usage.job,
    followKeysJob(deps),
    secretUses.job,
    foldJournalJob(deps),
    purgeDeletedUsersJob(deps),
    clearLinksJob(deps),
    pruneUsesJob(deps),
    settleSecretsJob(deps),
    warnOfEndsJob(deps),
    clearNoticesJob(deps),
    ...tellingJobs(deps, targets),
    clearOutboxJob(deps),
    checkpoints.job,
    retentionJob(deps),
  ];
}

/** Who hears of what happened, after it happened. */
export function outboxTargets(deps: Deps): readonly OutboxTarget[] {
  const { smtp_url: server, mail_from: sender } = deps.config;
  const links = accountLetters(deps);
  const news = {
    ...changeLetters(deps),
    ...sessionLetters(deps),
    ...invitationLetters(deps),
    ...tokenLetters(deps),
    ...endingLetters(deps),
  };
  const always = [noticesTarget(deps, news, roleNotices), ...forwardTargets(deps)];
  if (server === undefined || sender === undefined) return always;
  const send = createSmtpSender(server, sender);
  return [...mailTargets(deps, { links, news }, send, mailReaders(deps)), ...always];
}
