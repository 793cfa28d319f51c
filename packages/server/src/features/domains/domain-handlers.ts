import {
  AppError,
  type domainOperations,
  type EndpointsOf,
  type EventName,
  type freezeEndpoint,
  readTagFilter,
  readWireTime,
  readWords,
  uuidPattern,
  wireTime,
} from "@tessera/contract";
import type { Actor } from "../../access/actor.ts";
import { domainsInScope } from "../../access/compiled-scopes.ts";
import type { Principal } from "../../access/principal.ts";
import { createCeiling } from "../../changes/ceiling.ts";
import { changedFields } from "../../changes/changed-fields.ts";
import type { Deps } from "../../deps.ts";
import type { Call, Handlers } from "../../http/endpoint-handlers.ts";
import { mapInTurns } from "../../http/in-turns.ts";
import { createBuiltInRole } from "../../rights/built-in-role-store.ts";
import { requireKnownActions } from "../../rights/known-actions.ts";
import { readRoleActions } from "../../rights/role-actions-store.ts";
import { findIsAdmin } from "../../rights/way-store.ts";
import { isDuplicate } from "../../store/driver-errors.ts";
import type { DomainStatus, Row } from "../../store/schema.ts";
import { searchKey } from "../../store/search-key.ts";
import { type DomainFilter, type DomainViewer, listDomains } from "./domain-list-store.ts";
import {
  countCreatedDomains,
  findDomain,
  findDomainTags,
  findOwnRole,
  hasDomainWithRoute,
  insertDomain,
  replaceDomainTags,
  updateDomain,
} from "./domain-store.ts";

type DomainEndpoint =
  | Extract<EndpointsOf<typeof domainOperations>, { readonly id: `domains.${string}` }>
  | typeof freezeEndpoint;

type ListQuery = Call<Extract<DomainEndpoint, { readonly id: "domains.list" }>>["query"];

const orderColumns = {
  name: "name_key",
  created_at: "created_at",
  updated_at: "touched_at",
} as const;

/** The handlers of the domains themselves. */
export function domainHandlers(deps: Deps): Handlers<DomainEndpoint> {
  const { catalogue, clock, config, database, hub, newId } = deps;
  const allActions = catalogue.roleActions("domains");
  const most = config.max_domains_per_user;
  const ceiling = createCeiling(most, "domains may be created by one user", clock);

  return {
    "domains.create": async ({ body, principal, actor }) => {
      const now = clock();
      const { userId } = principal;
      const id = body.id ?? newId();
      if (isUuid(body.route) && body.route !== id) throw routeOfAnother();
      const domain = {
        id,
        name: body.name,
        name_key: searchKey(body.name),
        route: body.route,
        metadata: JSON.stringify(body.metadata),
        created_by: userId,
        created_at: now,
        touched_at: now,
      };
      const role = { domainId: domain.id, entityType: "domains", entityId: domain.id };
      const create = () =>
        hub.change(actor, async ({ trx, touch, record, principal: creator }) => {
          if (body.id !== undefined && !creator.isAdmin) throw idNotChosen();
          touch("domain", domain.id, { takesNothing: true });
          await ceiling.require(userId, 1, () => countCreatedDomains(trx, userId));
          if (await hasDomainWithRoute(trx, domain.route)) throw routeTaken();
          await insertDomain(trx, domain, body.tags);
          await createBuiltInRole(trx, { ...role, singular: "domain", userId, now, newId });
          record({
            name: "domains.create",
            domainId: domain.id,
            entityId: domain.id,
            details: { name: body.name },
          });
          return show(trx, domain.id);
        });
      return create().catch(nameTheDuplicate);
    },

    "domains.view": async ({ params, query, principal }) => {
      const reply = await show(database.read, params.domainId);
      return query.roles ? { ...reply, ...(await ownRoles(params.domainId, principal)) } : reply;
    },

    "domains.update": async ({ params, body, principal, actor }) => {
      const { domainId } = params;
      return hub.change(actor, async ({ trx, record }) => {
        const present = await requireDomain(trx, domainId);
        const now = clock();
        await updateDomain(trx, domainId, {
          ...(body.name ? { name: body.name, name_key: searchKey(body.name) } : {}),
          ...(body.metadata === undefined ? {} : { metadata: JSON.stringify(body.metadata) }),
          updated_by: principal.userId,
          updated_at: now,
          touched_at: now,
        });
        const tags =
          body.tags === undefined ? [] : await replaceDomainTags(trx, domainId, body.tags);
        const before = { name: present.name, metadata: present.metadata, tags };
        const after = {
          name: body.name === "" ? undefined : body.name,
          metadata: body.metadata === undefined ? undefined : JSON.stringify(body.metadata),
          tags: body.tags,
        };
        record({
          name: "domains.update",
          domainId,
          entityId: domainId,
          details: { members: Object.keys(body), ...changedFields(before, after) },
        });
        return show(trx, domainId);
      });
    },

    "domains.enable": (call) => setStatus(call, "enabled", "domains.enable"),
    "domains.disable": (call) => setStatus(call, "disabled", "domains.disable"),
    "domains.freeze": (call) => setStatus(call, "freezed", "domains.freeze"),

    "domains.list": async ({ query, principal }) => {
      const { userId, isAdmin } = principal;
      return list({ userId, isAdmin, within: domainsOfToken(principal) }, query, isAdmin);
    },

    "domains.list_of_user": async ({ params, query, principal }) => {
      const { userId } = params;
      if (!principal.isAdmin && userId !== principal.userId) {
        throw new AppError(
          "owner_lacks_permission",
          "Only the user and administrators of the platform may list these domains",
        );
      }
      const isAdmin = await findIsAdmin(database.read, userId);
      if (isAdmin === undefined) throw new AppError("not_found", "There is no such user");
      return list({ userId, isAdmin, within: domainsOfToken(principal) }, query, isAdmin);
    },
  };

  async function setStatus(
    call: {
      readonly params: { readonly domainId: string };
      readonly principal: Principal;
      readonly actor: Actor;
    },
    status: DomainStatus,
    eventName: EventName,
  ): Promise<undefined> {
    const { domainId } = call.params;
    await hub.change(call.actor, async ({ trx, touch, record }) => {
      const domain = await requireDomain(trx, domainId);
      if (domain.status === status) return;
      const now = clock();
      // Before the writing, at which a conflict shows: what is done again is to go first.
      touch("domain", domainId);
      await updateDomain(trx, domainId, {
        status,
        updated_by: call.principal.userId,
        updated_at: now,
        touched_at: now,
      });
      const details = changedFields({ status: domain.status }, { status });
      record({ name: eventName, domainId, entityId: domainId, details });
    });
  }

  async function list(viewer: DomainViewer, query: ListQuery, hidesRoles: boolean) {
    const { offset, limit, dir } = query;
    const page = { order: orderColumns[query.order], dir, offset };
    const { total, domains } = await listDomains(database, viewer, readFilter(query), {
      ...page,
      limit: query.only_total ? 0 : limit,
    });
    const tags = await findDomainTags(
      database.lists,
      domains.map(({ id }) => id),
    );
    const items = await mapInTurns(domains, (domain) => ({
      ...toReply(domain, tags.get(domain.id) ?? []),
      ...(hidesRoles ? {} : roleMembers(domain)),
    }));
    return { total, offset, limit, domains: items };
  }

  function readFilter(query: ListQuery): DomainFilter {
    const actions = readWords(query.actions);
    requireKnownActions(catalogue, "domains", actions, "invalid_query", "actions");
    return {
      status: query.status,
      name: query.name || undefined,
      id: query.id || undefined,
      tags: readTagFilter(query.tags),
      metadata: query.metadata,
      createdFrom: readWireTime(query.created_from),
      createdTo: readWireTime(query.created_to),
      roleId: query.role_id || undefined,
      roleName: query.role_name || undefined,
      actions,
    };
  }

  function roleMembers(role: Parameters<typeof readRoleActions>[0] & OwnRoleName) {
    return {
      role_id: role.role_id ?? "",
      role_name: role.role_name ?? "",
      actions: [...readRoleActions(role, allActions)],
    };
  }

  async function ownRoles(domainId: string, { userId }: Principal) {
    const role = await findOwnRole(database.read, domainId, userId);
    if (role === undefined) return { member_id: userId, roles: [] };
    const entry = {
      role_id: role.id,
      role_name: role.name,
      actions: [...readRoleActions(role, allActions)],
      access_provider_id: "",
      access_provider_path: "",
      access_type: "direct" as const,
    };
    return { member_id: userId, roles: [entry] };
  }
}

interface OwnRoleName {
  readonly role_id: string | null;
  readonly role_name: string | null;
}

/** The domains that a token may list; a session may list all that its user sees. */
function domainsOfToken(principal: Principal): readonly string[] | undefined {
  return principal.kind === "token" ? domainsInScope(principal.scopes, "domains.list") : undefined;
}

async function requireDomain(
  db: Parameters<typeof findDomain>[0],
  domainId: string,
): Promise<Row<"domains">> {
  const domain = await findDomain(db, domainId);
  if (domain === undefined) throw new AppError("not_found", "There is no such domain");
  return domain;
}

async function show(db: Parameters<typeof findDomain>[0], domainId: string) {
  const domain = await requireDomain(db, domainId);
  const tags = await findDomainTags(db, [domainId]);
  return toReply(domain, tags.get(domainId) ?? []);
}

function toReply(domain: Row<"domains">, tags: readonly string[]) {
  return {
    id: domain.id,
    name: domain.name,
    route: domain.route,
    tags: [...tags],
    metadata: JSON.parse(domain.metadata) as Record<string, unknown>,
    status: domain.status,
    created_by: domain.created_by ?? "",
    created_at: wireTime(domain.created_at),
    ...(domain.updated_by === null ? {} : { updated_by: domain.updated_by }),
    updated_at: wireTime(domain.updated_at),
  };
}

/** In any case: what looks like an id is an id to whoever reads it. */
function isUuid(route: string): boolean {
  return uuidPattern.test(route.toLowerCase());
}

/** To others a 409 would tell which domains of strangers there are. */
function idNotChosen(): AppError {
  const message = "id: only administrators of the platform may choose it; leave it out";
  return new AppError("invalid_body", message, { field: "id" });
}

function routeOfAnother(): AppError {
  const message = "route: must not be a UUID, unless it is the domain's own id";
  return new AppError("invalid_body", message, { field: "route" });
}

function routeTaken(): AppError {
  const message = "A domain with this route, in letters of any case, exists already";
  return new AppError("already_exists", message, { field: "route" });
}

function nameTheDuplicate(error: unknown): never {
  if (isDuplicate(error, "domain_route")) throw routeTaken();
  if (isDuplicate(error, "domains_pkey")) {
    throw new AppError("already_exists", "A domain with this id exists already", { field: "id" });
  }
  throw error;
}
