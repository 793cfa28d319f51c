import { type Kysely, sql } from "kysely";
import type { Migration } from "kysely/migration";
import { initialStatements } from "./0001-initial.ts";
import { boundedKeysStatements } from "./0002-bounded-keys.ts";
import { sessionConfirmationStatements } from "./0003-session-confirmation.ts";
import { domainsByCreator } from "./0004-domains-by-creator.ts";
import { domainRoutesByLetters } from "./0005-domain-routes-by-letters.ts";
import { channelRoutesByLetters } from "./0006-channel-routes-by-letters.ts";
import { outboxAndJobsStatements } from "./0007-outbox-and-jobs.ts";
import { tagsInOrderStatements } from "./0008-tags-in-order.ts";
import { restorableTokensStatements } from "./0009-restorable-tokens.ts";
import { usageStatements } from "./0010-usage.ts";
import { invitationsOfTokensStatements } from "./0011-invitations-of-tokens.ts";
import { tokenSecretsStatements } from "./0012-token-secrets.ts";
import { tokenEndingsStatements } from "./0014-token-endings.ts";
import { accountLinksStatements } from "./0015-account-links.ts";
import { noticesStatements } from "./0016-notices.ts";
import { tokenConditionsStatements } from "./0017-token-conditions.ts";
import { tokenRightsStatements } from "./0018-token-rights.ts";
import { mailsInTurnsStatements } from "./0019-mails-in-turns.ts";
import { narrowedScopesStatements } from "./0020-narrowed-scopes.ts";
import { toldTriesStatements } from "./0022-told-tries.ts";
import { auditChainsStatements } from "./0023-audit-chains.ts";
import { keyRotationStatements } from "./0024-key-rotation.ts";
import { quarterUseStatements } from "./0025-quarter-use.ts";
import { auditKeepingStatements } from "./0026-audit-keeping.ts";
import type { SqlWords } from "./sql-words.ts";

/** Every migration by name, in the order of the names; a released one is never changed. */
export function listMigrations(words: SqlWords): Record<string, Migration> {
  return {
    "0001-initial": runStatements(initialStatements(words)),
    "0002-bounded-keys": runStatements(boundedKeysStatements()),
    "0003-session-confirmation": runStatements(sessionConfirmationStatements(words)),
    "0004-domains-by-creator": runStatements(domainsByCreator),
    "0005-domain-routes-by-letters": runStatements(domainRoutesByLetters),
    "0006-channel-routes-by-letters": runStatements(channelRoutesByLetters),
    "0007-outbox-and-jobs": runStatements(outboxAndJobsStatements(words)),
    "0008-tags-in-order": runStatements(tagsInOrderStatements(words)),
    "0009-restorable-tokens": runStatements(restorableTokensStatements(words)),
    "0010-usage": runStatements(usageStatements(words)),
    "0011-invitations-of-tokens": runStatements(invitationsOfTokensStatements(words)),
    "0012-token-secrets": runStatements(tokenSecretsStatements(words)),
    "0014-token-endings": runStatements(tokenEndingsStatements(words)),
    "0015-account-links": runStatements(accountLinksStatements(words)),
    "0016-notices": runStatements(noticesStatements(words)),
    "0017-token-conditions": runStatements(tokenConditionsStatements(words)),
    "0018-token-rights": runStatements(tokenRightsStatements(words)),
    "0019-mails-in-turns": runStatements(mailsInTurnsStatements(words)),
    "0020-narrowed-scopes": runStatements(narrowedScopesStatements(words)),
    "0022-told-tries": runStatements(toldTriesStatements(words)),
    "0023-audit-chains": runStatements(auditChainsStatements(words)),
    "0024-key-rotation": runStatements(keyRotationStatements(words)),
    "0025-quarter-use": runStatements(quarterUseStatements(words)),
    "0026-audit-keeping": runStatements(auditKeepingStatements(words)),
  };
}

function runStatements(statements: readonly string[]): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}
