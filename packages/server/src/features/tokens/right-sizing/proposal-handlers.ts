import {
  AppError,
  type Scope,
  type tokenEndpoints,
  toWireScope,
  wireTime,
} from "@tessera/contract";
import type { Deps } from "../../../deps.ts";
import type { Handlers } from "../../../http/endpoint-handlers.ts";
import type { Decide } from "../../../http/guard.ts";
import type { NewRow, Row } from "../../../store/schema.ts";
import { requireToken } from "../lifecycle/require-token.ts";
import { statusOf } from "../lifecycle/token-state.ts";
import { updateToken, type VisibleToken } from "../lifecycle/token-store.ts";
import { deleteScopes, insertScopeRows, readScopeRows } from "../scopes/scope-store.ts";
import { toGapReply, type UsageReading } from "../usage/usage-reading.ts";
import { deleteNarrowing, writeNarrowing } from "./narrowing-store.ts";
import { planUndo, undoMilliseconds } from "./plan-undo.ts";
import { notesOf } from "./proposal-notes.ts";
import type { ScopeAndWhy } from "./propose-scopes.ts";
import {
  changesSomething,
  createProposals,
  longestGap,
  type ReadProposal,
} from "./read-proposal.ts";
import type { Proof } from "./replay-uses.ts";

type ProposalHandlers = Pick<
  Handlers<(typeof tokenEndpoints)[number]>,
  "tokens.proposal" | "tokens.apply_proposal" | "tokens.undo_proposal"
>;

/** The handlers of which scopes the caller's tokens need; nothing is narrowed but by asking for it. */
export function proposalHandlers(
  deps: Deps,
  decide: Decide,
  usage: UsageReading,
): ProposalHandlers {
  const { catalogue, database, hub, clock, newId } = deps;
  const { propose, prove } = createProposals(deps, decide, usage);

  return {
    "tokens.proposal": async ({ params: { tokenId }, query: { window }, principal, inTurns }) => {
      const caller = { principal, inTurns };
      const read = await propose(caller, { tokenId, window });
      const proof = await prove(caller, read);
      const plan = await planUndo(deps, database.read, tokenId, read.now);
      const isUndoable = !(plan instanceof AppError) && isWorking(read.token, read.now);
      const undo = isUndoable ? { undo: undoReply(plan.appliedAt) } : {};
      return { window, ...toReply(read, proof, window), ...undo };
    },

    "tokens.apply_proposal": async (call) => {
      const { params, body, principal, actor, inTurns, weigh } = call;
      const { tokenId } = params;
      const { etag, window } = body;
      // Without the proof: whoever has the etag was told of it.
      const read = await propose({ principal, inTurns }, { tokenId, window });
      requireWorking(read.token, read.now);
      if (read.etag !== etag) throw new AppError("proposal_changed");
      if (!changesSomething(read.proposed)) {
        throw new AppError(
          "invalid_state",
          "The proposal changes nothing: there is nothing to apply",
        );
      }
      return hub.change(actor, async ({ trx, touch, record }) => {
        const now = clock();
        requireWorking(await requireToken(trx, principal, tokenId), now);
        const before = await readScopeRows(trx, tokenId);
        if (!haveSameIds(before, read.rows)) throw new AppError("proposal_changed");
        const { dropped, narrowed } = read.proposed;
        const gone = new Set([...dropped, ...narrowed].map(({ scope }) => scope.id));
        const made = madeOf(read, newId);
        weigh(gone.size + made.length);
        await deleteScopes(trx, tokenId, [...gone]);
        await insertScopeRows(trx, made);
        await updateToken(trx, principal.userId, tokenId, { updated_at: now });
        const after = await readScopeRows(trx, tokenId);
        await writeNarrowing(trx, tokenId, { appliedAt: now, before, after });
        touch("token", tokenId);
        const details = {
          window,
          dropped: dropped.map(toWireOf),
          narrowed: narrowed.map(({ scope, to }) => ({ scope: toWireScope(scope), to })),
        };
        record({ name: "tokens.apply_proposal", entityId: tokenId, details });
        return { scopes: after.map(rowToWire), undo_until: undoReply(now).until };
      });
    },

    "tokens.undo_proposal": async ({ params: { tokenId }, principal, actor, weigh }) =>
      hub.change(actor, async ({ trx, touch, record }) => {
        const now = clock();
        requireWorking(await requireToken(trx, principal, tokenId), now);
        const plan = await planUndo({ catalogue, database }, trx, tokenId, now);
        if (plan instanceof AppError) throw plan;
        weigh(plan.removeIds.length + plan.insert.length);
        await deleteScopes(trx, tokenId, plan.removeIds);
        await insertScopeRows(trx, plan.insert);
        await deleteNarrowing(trx, tokenId);
        await updateToken(trx, principal.userId, tokenId, { updated_at: now });
        touch("token", tokenId);
        const details = { scopes: plan.insert.map(rowToWire), removed: plan.removeIds.length };
        record({ name: "tokens.undo_proposal", entityId: tokenId, details });
        const scopes = await readScopeRows(trx, tokenId);
        return { scopes: scopes.map(rowToWire), left_out: plan.leftOut.map(rowToWire) };
      }),
  };
}

function toReply(read: ReadProposal, proof: Proof, window: string) {
  const { scopes, proposed, record, since, etag } = read;
  const gap = longestGap(read);
  return {
    since: wireTime(since),
    scopes_now: scopes.map(toWireScope),
    scopes_proposed: proposed.scopes.map(toWireScope),
    dropped: proposed.dropped.map(toWhyReply),
    narrowed: proposed.narrowed.map(({ scope, to, why }) => ({
      scope: toWireScope(scope),
      from: "*" as const,
      to: [...to],
      why,
    })),
    not_narrowed: proposed.notNarrowed.map(toWhyReply),
    not_judged: proposed.notJudged.map(toWhyReply),
    proof: {
      uses: proof.uses,
      operations: proof.operations,
      objects: proof.objects,
      would_refuse: proof.wouldRefuse,
      refused_already: proof.refusedAlready,
      not_decided: proof.notDecided,
    },
    complete: record.isComplete,
    gaps: record.gaps.map(toGapReply),
    ...(gap === undefined ? {} : { longest_gap: gap }),
    notes: notesOf(read, window),
    etag,
  };
}

/** Scopes on single objects are as old as the one on all of them that they come of, and were used as it was. */
function madeOf({ rows, proposed, usesOf }: ReadProposal, newId: () => string) {
  const rowOf = new Map(rows.map((row) => [row.id, row]));
  return proposed.narrowed.flatMap(({ scope, to }) =>
    to.flatMap((entityId): readonly NewRow<"token_scopes">[] => {
      const row = rowOf.get(scope.id);
      const { uses } = usesOf({ ...scope, entityId });
      return row === undefined
        ? []
        : [
            {
              ...row,
              id: newId(),
              entity_id: entityId,
              use_count: uses.reduce((sum, { allowed }) => sum + allowed, 0),
              last_used_at: Math.max(...uses.map(({ lastAllowedAt }) => lastAllowedAt)),
            },
          ];
    }),
  );
}

function isWorking(token: VisibleToken, now: number): boolean {
  return statusOf(token, now) === "active";
}

function requireWorking(token: VisibleToken, now: number): void {
  const status = statusOf(token, now);
  if (status === "active") return;
  const state = status === "expired" ? "has expired" : "is revoked";
  throw new AppError("conflict", `The token ${state}: its scopes stay as they are`);
}

function undoReply(appliedAt: number) {
  return { applied_at: wireTime(appliedAt), until: wireTime(appliedAt + undoMilliseconds) };
}

function haveSameIds(
  ones: readonly Pick<Row<"token_scopes">, "id">[],
  others: readonly Pick<Row<"token_scopes">, "id">[],
): boolean {
  const ids = new Set(ones.map(({ id }) => id));
  return ids.size === others.length && others.every(({ id }) => ids.has(id));
}

function toWhyReply({ scope, why }: ScopeAndWhy) {
  return { scope: toWireScope(scope), why };
}

function toWireOf({ scope }: { readonly scope: Scope }) {
  return toWireScope(scope);
}

function rowToWire({ domain_id, entity_type, entity_id, operation }: Row<"token_scopes">) {
  return { domain_id, entity_type, entity_id, operation };
}
