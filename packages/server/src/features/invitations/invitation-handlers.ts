import {
  AppError,
  type domainOperations,
  type EndpointsOf,
  type invitationEndpoints,
  type Target,
  wireTime,
} from "@tessera/contract";
import { domainsInScope, findCoveringScope } from "../../access/compiled-scopes.ts";
import { findActionBeyondScopes } from "../../access/opened-operations.ts";
import type { Principal, SessionPrincipal, TokenPrincipal } from "../../access/principal.ts";
import { createCeiling } from "../../changes/ceiling.ts";
import type { Deps } from "../../deps.ts";
import type { Call, Handlers } from "../../http/endpoint-handlers.ts";
import { findActionNotHeld, requireMayGrant } from "../../rights/granting.ts";
import { findHeldInDomain } from "../../rights/held-actions-store.ts";
import { readRoleActions } from "../../rights/role-actions-store.ts";
import {
  findRoleHolders,
  findUserStatuses,
  insertRoleMembers,
} from "../../rights/role-member-store.ts";
import type { Trx } from "../../store/database.ts";
import {
  countPending,
  deleteInvitation,
  findDomainRole,
  findInvitation,
  findInviter,
  type InvitationFilter,
  insertInvitation,
  listInvitations,
  type NamedInvitation,
  updateInvitation,
} from "./invitation-store.ts";

type InvitationEndpoint =
  | Extract<EndpointsOf<typeof domainOperations>, { readonly id: `invitations.${string}` }>
  | (typeof invitationEndpoints)[number];

type ListQuery = Call<
  Extract<InvitationEndpoint, { readonly id: "invitations.list_of_domain" }>
>["query"];

/** The action that sending, listing and deleting a domain's invitations need. */
const invitingAction = "manage_role";

/** The operation that a token needs for sending them. */
const invitingOperation = "domains.send_invitation";

/** Who sent an invitation: a person, by a token of theirs where there is one. */
type Sender = Pick<NamedInvitation, "invited_by" | "token_id" | "token_digest">;

/** A token as the transaction reads it; throws `AppError` where it is no longer good, or has another secret. */
type IdentifyToken = (
  trx: Trx,
  token: Pick<TokenPrincipal, "tokenId" | "secretDigest">,
) => Promise<TokenPrincipal>;

/** The handlers of invitations to domains. */
export function invitationHandlers(
  deps: Deps,
  identifyToken: IdentifyToken,
): Handlers<InvitationEndpoint> {
  const { catalogue, clock, config, database, hub } = deps;
  const most = config.max_pending_invitations;
  const ceiling = createCeiling(most, "invitations of one domain may be unanswered", clock);

  return {
    "invitations.send": async ({ params, body, actor }) => {
      const { domainId } = params;
      const invitee = body.invitee_user_id;
      await hub.change(actor, async ({ trx, record, principal: granter }) => {
        const present = await findInvitation(trx, domainId, invitee);
        const roleId = body.resend ? requirePresent(present).role_id : body.role_id;
        // First: who may give no role is not told who is a member.
        const actions = await requireRoleActions(trx, domainId, roleId);
        await requireMayGrant(trx, catalogue, granter, domainTarget(domainId), actions);
        await requireInvitable(trx, domainId, invitee);
        if (!body.resend) requireAbsent(present);
        const isPending = present?.confirmed_at === null && present.rejected_at === null;
        if (!isPending) await ceiling.require(domainId, 1, () => countPending(trx, domainId));
        await (body.resend
          ? renew(trx, domainId, invitee, granter)
          : invite(trx, domainId, invitee, granter, roleId));
        record({
          name: "invitations.send",
          domainId,
          entityId: domainId,
          details: { invitee, role_id: roleId },
        });
      });
    },

    "invitations.list": ({ query, principal }) => {
      const { userId } = principal;
      const own = query.direction === "sent" ? { invitedBy: userId } : { inviteeUserId: userId };
      const within = domainsOfToken(principal);
      return list({ ...own, domainId: query.domain_id || undefined, within, state: "all" }, query);
    },

    "invitations.list_of_domain": ({ params, query }) =>
      list({ domainId: params.domainId, state: "all" }, query),

    "invitations.view": async ({ params, principal }) => {
      await requireMayView(principal, params);
      const { domainId, userId } = params;
      const invitation = await findInvitation(database.read, domainId, userId);
      if (invitation === undefined) throw noInvitation();
      return toReply(invitation);
    },

    "invitations.accept": async ({ body, principal, actor }) => {
      const domainId = body.domain_id;
      const { userId } = principal;
      await hub.change(actor, async ({ trx, touch, relyOn, record }) => {
        const { role_id, ...sender } = await requirePending(trx, domainId, userId);
        relyOn("domain", domainId);
        relyOn("user", sender.invited_by);
        if (sender.token_id !== null) relyOn("token", sender.token_id);
        await requireNoMember(trx, domainId, userId);
        await requireSenderStillMay(trx, domainId, sender, role_id);
        const now = clock();
        await insertRoleMembers(trx, domainTarget(domainId), role_id, [userId], now);
        const change = { confirmed_at: now, updated_at: now };
        await updateInvitation(trx, domainId, userId, change);
        touch("domain", domainId);
        record({ name: "invitations.accept", domainId, entityId: domainId, details: { role_id } });
      });
    },

    "invitations.reject": async ({ body, principal, actor }) => {
      const domainId = body.domain_id;
      await hub.change(actor, async ({ trx, record }) => {
        await requirePending(trx, domainId, principal.userId);
        const now = clock();
        const change = { rejected_at: now, updated_at: now };
        await updateInvitation(trx, domainId, principal.userId, change);
        record({ name: "invitations.reject", domainId, entityId: domainId });
      });
    },

    "invitations.delete": async ({ params, body, principal, actor }) => {
      const { domainId } = params;
      const invitee = body.user_id;
      await hub.change(actor, async ({ trx, record }) => {
        const invitation = await findInvitation(trx, domainId, invitee);
        if (invitation === undefined) throw noInvitation();
        if (invitee !== principal.userId) requireUnanswered(invitation);
        await deleteInvitation(trx, domainId, invitee);
        record({ name: "invitations.delete", domainId, entityId: domainId, details: { invitee } });
      });
    },
  };

  async function requireRoleActions(
    trx: Trx,
    domainId: string,
    roleId: string,
  ): Promise<readonly string[]> {
    const role = await findDomainRole(trx, domainId, roleId);
    if (role !== undefined) return readRoleActions(role, catalogue.roleActions("domains"));
    throw new AppError("not_found", "role_id: the domain has no such role", { field: "role_id" });
  }

  async function invite(
    trx: Trx,
    domainId: string,
    invitee: string,
    principal: Principal,
    roleId: string,
  ): Promise<void> {
    await insertInvitation(trx, {
      domain_id: domainId,
      invitee_user_id: invitee,
      ...senderOf(principal),
      role_id: roleId,
      created_at: clock(),
    });
  }

  /** Makes it pending again, to the same role, in the name of who renews it. */
  async function renew(
    trx: Trx,
    domainId: string,
    invitee: string,
    principal: Principal,
  ): Promise<void> {
    const change = { ...senderOf(principal), rejected_at: null, updated_at: clock() };
    await updateInvitation(trx, domainId, invitee, change);
  }

  /** Nothing is given in the name of somebody, or by a token, that could not give it now. */
  async function requireSenderStillMay(
    trx: Trx,
    domainId: string,
    sender: Sender,
    roleId: string,
  ): Promise<void> {
    const actions = await requireRoleActions(trx, domainId, roleId);
    const inviter = await findInviter(trx, sender.invited_by);
    const target = domainTarget(domainId);
    const needed = [invitingAction, ...actions];
    const mayStill =
      inviter !== undefined &&
      (await findActionNotHeld(trx, catalogue, inviter, target, needed)) === undefined;
    if (!mayStill) {
      throw new AppError(
        "conflict",
        "Who invited you may not do so any more; ask for a new invitation",
      );
    }
    if (await tokenStillCovers(trx, sender, target, actions)) return;
    throw new AppError(
      "conflict",
      "The token that invited you does not work any more, or may not give this role any more; ask for a new invitation",
    );
  }

  async function tokenStillCovers(
    trx: Trx,
    { token_id: tokenId, token_digest: secretDigest }: Sender,
    target: Target,
    actions: readonly string[],
  ): Promise<boolean> {
    if (tokenId === null) return true;
    try {
      const { scopes } = await identifyToken(trx, { tokenId, secretDigest: secretDigest ?? "" });
      const mayInvite = findCoveringScope(scopes, invitingOperation, target) !== undefined;
      const beyond = findActionBeyondScopes(catalogue, scopes, target.domainId, actions);
      return mayInvite && beyond === undefined;
    } catch (error) {
      if (error instanceof AppError) return false;
      throw error;
    }
  }

  async function list(own: InvitationFilter, query: ListQuery) {
    const { offset, limit } = query;
    const asked: InvitationFilter = {
      inviteeUserId: query.invitee_user_id || undefined,
      invitedBy: query.invited_by || undefined,
      roleId: query.role_id || undefined,
      state: query.state,
    };
    const page = { offset, limit: query.only_total ? 0 : limit };
    const { total, invitations } = await listInvitations(database.lists, [own, asked], page);
    return { total, offset, limit, invitations: invitations.map(toReply) };
  }

  async function requireMayView(
    principal: SessionPrincipal,
    { domainId, userId }: { readonly domainId: string; readonly userId: string },
  ): Promise<void> {
    if (principal.isAdmin || principal.userId === userId) return;
    const inDomain = await findHeldInDomain(database.read, catalogue, principal.userId, domainId);
    if (inDomain?.actions.has(invitingAction) !== true) {
      throw new AppError("owner_lacks_permission");
    }
    if (inDomain.status !== "enabled") throw new AppError("domain_disabled");
  }
}

function senderOf(principal: Principal): Sender {
  const isToken = principal.kind === "token";
  return {
    invited_by: principal.userId,
    token_id: isToken ? principal.tokenId : null,
    token_digest: isToken ? principal.secretDigest : null,
  };
}

function domainTarget(domainId: string): Target {
  return { domainId, entityType: "domains", entityId: domainId };
}

/** The domains whose invitations a token may list; a session may list all that are its user's. */
function domainsOfToken(principal: Principal): readonly string[] | undefined {
  if (principal.kind === "session") return undefined;
  return domainsInScope(principal.scopes, "domains.list_invitation");
}

async function requireInvitable(trx: Trx, domainId: string, invitee: string): Promise<void> {
  const field = "invitee_user_id";
  const status = (await findUserStatuses(trx, [invitee])).get(invitee) ?? "deleted";
  if (status === "enabled") return requireNoMember(trx, domainId, invitee);
  // Whether there is such a user at all, who is disabled, nobody is told who may only invite.
  throw new AppError("invalid_body", `${field}: ${invitee} is no enabled user`, { field });
}

async function requireNoMember(trx: Trx, domainId: string, userId: string): Promise<void> {
  const holders = await findRoleHolders(trx, domainTarget(domainId), [userId]);
  if (holders.size > 0) throw new AppError("conflict", "The user has a role in the domain already");
}

function requireAbsent(invitation: NamedInvitation | undefined): void {
  if (invitation === undefined) return;
  throw new AppError(
    "already_exists",
    "The user is invited to the domain already; send with resend to renew the invitation",
    { field: "invitee_user_id" },
  );
}

function requirePresent(invitation: NamedInvitation | undefined): NamedInvitation {
  if (invitation === undefined) throw noInvitation();
  return invitation;
}

/** The caller's own invitation, neither accepted nor rejected, to a domain that is open. */
async function requirePending(
  trx: Trx,
  domainId: string,
  userId: string,
): Promise<NamedInvitation> {
  const invitation = requirePresent(await findInvitation(trx, domainId, userId));
  const { domain_status } = invitation;
  if (domain_status !== "enabled") {
    throw new AppError("domain_disabled", `the domain is ${domain_status}`);
  }
  requireUnanswered(invitation);
  return invitation;
}

function requireUnanswered({ confirmed_at, rejected_at }: NamedInvitation): void {
  if (confirmed_at !== null) throw new AppError("conflict", "The invitation is accepted already");
  if (rejected_at !== null) throw new AppError("conflict", "The invitation is rejected already");
}

function noInvitation(): AppError {
  return new AppError("not_found", "There is no such invitation");
}

function toReply(invitation: NamedInvitation) {
  return {
    invited_by: invitation.invited_by,
    invitee_user_id: invitation.invitee_user_id,
    domain_id: invitation.domain_id,
    domain_name: invitation.domain_name,
    role_id: invitation.role_id,
    role_name: invitation.role_name,
    created_at: wireTime(invitation.created_at),
    updated_at: wireTime(invitation.updated_at),
    confirmed_at: wireTime(invitation.confirmed_at),
    rejected_at: wireTime(invitation.rejected_at),
  };
}
