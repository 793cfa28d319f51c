import { createHash } from "node:crypto";
import { parseDuration, type Scope, scopeText } from "@tessera/contract";
import type { SessionPrincipal } from "../../../access/principal.ts";
import type { Deps } from "../../../deps.ts";
import type { Decide } from "../../../http/guard.ts";
import type { InTurns } from "../../../http/in-turns.ts";
import type { Row } from "../../../store/schema.ts";
import { requireToken } from "../lifecycle/require-token.ts";
import type { VisibleToken } from "../lifecycle/token-store.ts";
import { readScopeRows } from "../scopes/scope-store.ts";
import { type FindUses, indexUses } from "../scopes/scope-uses.ts";
import type { UsageReading } from "../usage/usage-reading.ts";
import { dayOf, type UseRecord } from "../usage/use-record.ts";
import { type DatedScope, type ProposedScopes, proposeScopes } from "./propose-scopes.ts";
import { type Proof, replayUses } from "./replay-uses.ts";

/** What is proposed for a token, and all that it comes of. */
export interface ReadProposal {
  readonly token: VisibleToken;
  /** The token's scopes as they were read. */
  readonly rows: readonly Row<"token_scopes">[];
  readonly scopes: readonly DatedScope[];
  readonly proposed: ProposedScopes;
  readonly record: UseRecord;
  readonly usesOf: FindUses;
  /** The start of the window; milliseconds since the epoch. */
  readonly since: number;
  readonly now: number;
  readonly etag: string;
}

interface Wanted {
  readonly tokenId: string;
  /** As it was asked for: `90d`. */
  readonly window: string;
}

export interface Proposals {
  /** Proposes scopes for one of the caller's tokens, by what it did within the window. */
  propose(caller: Caller, wanted: Wanted): Promise<ReadProposal>;
  /** What would come of the recorded uses: much more work than proposing, of which nothing that is proposed depends. */
  prove(caller: Caller, read: ReadProposal): Promise<Proof>;
}

interface Caller {
  readonly principal: SessionPrincipal;
  readonly inTurns: InTurns;
}

export function createProposals(
  { config, catalogue, database, clock }: Pick<Deps, "config" | "catalogue" | "database" | "clock">,
  decide: Decide,
  usage: UsageReading,
): Proposals {
  const deps = { catalogue, maximumScopes: config.max_scopes_per_token };

  const propose: Proposals["propose"] = async ({ principal, inTurns }, { tokenId, window }) => {
    const now = clock();
    const since = now - (parseDuration(window) ?? 0);
    const read = await usage.steadily(tokenId, async () => {
      const token = await requireToken(database.read, principal, tokenId);
      const rows = await readScopeRows(database.read, tokenId);
      const scopes = rows.map((row) => toDatedScope(usage.scopeWithPending(row)));
      return { token, rows, scopes, record: await usage.readRecord(tokenId, since, inTurns) };
    });
    const { scopes, record } = read;
    const { uses, areObjectsKnown } = record;
    const usesOf = await indexUses(uses, inTurns);
    const proposed = proposeScopes(deps, scopes, usesOf, { since, text: window, areObjectsKnown });
    const etag = etagOf(tokenId, window, scopes, proposed.scopes);
    return { ...read, usesOf, proposed, since, now, etag };
  };

  return {
    propose,
    prove: ({ principal, inTurns }, { scopes, proposed, record }) =>
      replayUses({ catalogue, decide, inTurns }, principal, record.uses, {
        now: scopes,
        proposed: proposed.scopes,
      }),
  };
}

const dayMilliseconds = 86_400_000;

/** Whether the proposal is something else than what the token has. */
export function changesSomething({ dropped, narrowed }: ProposedScopes): boolean {
  return dropped.length > 0 || narrowed.length > 0;
}

/** The most days in a row without a use, as far back as token and window go; `undefined`: it was used on each. */
export function longestGap({ record, rows, since, now }: ReadProposal) {
  const { bornAt, usedDays } = record;
  const madeAt = Math.min(bornAt, ...rows.map(({ created_at }) => created_at));
  const [firstUsed = dayOf(now)] = usedDays;
  const [first = firstUsed] = [dayOf(Math.max(since, madeAt)), firstUsed].sort();
  const used = new Set(usedDays);
  let longest: { days: number; from: string; to: string } | undefined;
  let current: typeof longest;
  for (let at = Date.parse(first); at <= now; at += dayMilliseconds) {
    const day = dayOf(at);
    if (used.has(day)) current = undefined;
    else current = { days: (current?.days ?? 0) + 1, from: current?.from ?? day, to: day };
    if (current !== undefined && current.days > (longest?.days ?? 0)) longest = current;
  }
  return longest;
}

function toDatedScope(row: Row<"token_scopes">): DatedScope {
  return {
    id: row.id,
    domainId: row.domain_id,
    entityType: row.entity_type,
    entityId: row.entity_id,
    operation: row.operation,
    createdAt: row.created_at,
    lastUsedAt: row.last_used_at,
  };
}

function etagOf(
  tokenId: string,
  window: string,
  now: readonly DatedScope[],
  proposed: readonly Scope[],
): string {
  const ids = now.map(({ id }) => id).sort();
  const texts = proposed.map((scope) => `${scope.domainId} ${scopeText(scope)}`).sort();
  const named = JSON.stringify([tokenId, window, ids, texts]);
  return createHash("sha256").update(named).digest("base64url");
}
