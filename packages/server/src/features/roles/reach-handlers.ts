import {
  AppError,
  type BuiltInEndpoint,
  type EntityType,
  type Operation,
  type ReplyOf,
  type Target,
  wireTime,
} from "@tessera/contract";
import { compileScopes, findCoveringScope } from "../../access/compiled-scopes.ts";
import type { Principal, SessionPrincipal, TokenPrincipal } from "../../access/principal.ts";
import type { Deps } from "../../deps.ts";
import type { AnyHandler, Call } from "../../http/endpoint-handlers.ts";
import type { Decide, Facts } from "../../http/guard.ts";
import { nextTurn } from "../../http/in-turns.ts";
import {
  findRolesThatReach,
  listPeopleInRoles,
  type PersonStanding,
  readStandings,
} from "./reach-store.ts";
import { toRoleEntry } from "./role-entry.ts";
import { isObjectKnown } from "./role-store.ts";

/** So many people are asked about before others are answered. */
const peopleOfTurn = 20;

/** A token that works, with those of its scopes that name an object. */
interface TokenOnObject {
  readonly id: string;
  readonly name: string;
  readonly expiresAt: number;
  readonly scopes: Parameters<typeof compileScopes>[0];
}

/** What is asked of tokens, which are another feature's. */
export interface TokensOnObjects {
  list(
    asked: { readonly userId: string; readonly target: Target; readonly now: number },
    page: { readonly offset: number; readonly limit: number },
  ): Promise<{ readonly total: number; readonly tokens: readonly TokenOnObject[] }>;
  /** By their owners, of whom those in one element may do the same operations. */
  count(
    target: Target,
    now: number,
    owners: readonly {
      readonly userIds: readonly string[];
      readonly operations: readonly string[];
    }[],
  ): Promise<ReadonlyMap<string, number>>;
}

/** The rows of clients stand for those of every type: only the paths differ. */
type PeopleEndpoint = Extract<BuiltInEndpoint, { readonly id: "clients.reach.people" }>;
type TokensEndpoint = Extract<BuiltInEndpoint, { readonly id: "clients.reach.own_tokens" }>;

/** The handlers of who and which tokens reach an object of the type: each answer is a decision, asked as any other. */
export function reachHandlers(
  deps: Deps,
  entityType: string,
  { decide, loadAuthority }: { readonly decide: Decide } & Pick<Facts, "loadAuthority">,
  tokens: TokensOnObjects,
): Readonly<Record<`${string}.reach.${"people" | "own_tokens"}`, AnyHandler>> {
  const { catalogue, clock, database } = deps;
  const type = requireType(catalogue, entityType);
  const { singular, operations: operationsOfType } = type;

  return {
    [`${entityType}.reach.people`]: people as AnyHandler,
    [`${entityType}.reach.own_tokens`]: ownTokens as AnyHandler,
  };

  async function people({
    params,
    query,
    principal,
  }: Call<PeopleEndpoint>): Promise<ReplyOf<PeopleEndpoint>> {
    const target = await requireTarget(params);
    const roles = await findRolesThatReach(database, catalogue, type, target);
    const found = await listPeopleInRoles(
      database,
      target.domainId,
      roles.map(({ roleId }) => roleId),
      { ...query, dir: "asc" },
    );
    const userIds = found.people.map(({ userId }) => userId);
    const standings = await readStandings(database.lists, userIds);
    const standingOf = (userId: string) => standings.get(userId) ?? noStanding;
    const isTold = (userId: string) => principal.isAdmin || userId === principal.userId;
    const operationsOf = await askOfEach(userIds, (userId) => {
      const { isAdmin, isEnabled } = standingOf(userId);
      // Who administers the platform is told only to those who do.
      return isEnabled ? allowedTo(sessionOf(userId, isAdmin && isTold(userId)), target) : [];
    });
    const counts = (await mayCount(principal, target))
      ? await countTokens(target, userIds, standingOf, isTold)
      : undefined;
    return {
      total: found.total,
      offset: query.offset,
      limit: query.limit,
      people: found.people.map(({ userId, roleIds }) => {
        const held = new Set(roleIds);
        return {
          user_id: userId,
          enabled: standingOf(userId).isEnabled,
          roles: roles.filter(({ roleId }) => held.has(roleId)).map(toRoleEntry),
          operations: (operationsOf.get(userId) ?? []).map(({ name }) => name),
          ...(counts === undefined ? {} : { token_count: counts.get(userId) ?? 0 }),
        };
      }),
    };
  }

  async function ownTokens({
    params,
    query,
    principal,
  }: Call<TokensEndpoint>): Promise<ReplyOf<TokensEndpoint>> {
    const target = await requireTarget(params);
    const { userId, isAdmin } = principal;
    const asked = { userId, target, now: clock() };
    const { total, tokens: found } = await tokens.list(asked, query);
    const listed = [];
    for (const { id, name, expiresAt, scopes } of found) {
      const entityIds = new Map([...scopes].map((scope) => [scope.id, scope.entityId]));
      const bearer = tokenOf({ userId, isAdmin, id, expiresAt }, scopes);
      const operations = [];
      for (const row of operationsOfType) {
        const scopeId = findCoveringScope(bearer.scopes, row.id, target);
        if (scopeId === undefined) continue;
        operations.push({
          operation: row.name,
          scope_id: scopeId,
          entity_id: entityIds.get(scopeId) ?? "",
          allowed: await isAllowed(bearer, row, target),
        });
      }
      listed.push({ id, name, expires_at: wireTime(expiresAt), operations });
    }
    return { total, offset: query.offset, limit: query.limit, tokens: listed };
  }

  /** What tokens may do that carry a scope for everything tells which scopes count. */
  async function countTokens(
    target: Target,
    userIds: readonly string[],
    standingOf: (userId: string) => PersonStanding,
    isTold: (userId: string) => boolean,
  ): Promise<ReadonlyMap<string, number>> {
    const scopes = operationsOfType.map(({ name, id }) => ({ ...target, operation: name, id }));
    const compiled = compileScopes(scopes);
    const allowed = await askOfEach(userIds, (userId) => {
      const { isAdmin, isEnabled } = standingOf(userId);
      const bearer = {
        // A number that nothing else explains tells who administers the platform, too.
        ...tokenOf({ userId, isAdmin: isAdmin && isTold(userId), id: "", expiresAt: never }, []),
        scopes: compiled,
      };
      return isEnabled ? allowedTo(bearer, target) : [];
    });
    const alike = Map.groupBy(userIds, (userId) =>
      (allowed.get(userId) ?? []).map(({ name }) => name).join(),
    );
    return tokens.count(
      target,
      clock(),
      [...alike].map(([names, ids]) => ({
        userIds: ids,
        operations: names === "" ? [] : names.split(","),
      })),
    );
  }

  /** Tokens are their owners' own matter; how many reach into a domain is also that of its administrators. */
  async function mayCount({ userId, isAdmin }: Principal, target: Target): Promise<boolean> {
    return isAdmin || (await loadAuthority(userId, target, null)).isDomainAdmin;
  }

  async function allowedTo(principal: Principal, target: Target): Promise<readonly Operation[]> {
    const allowed: Operation[] = [];
    for (const row of operationsOfType) {
      if (await isAllowed(principal, row, target)) allowed.push(row);
    }
    return allowed;
  }

  async function isAllowed(principal: Principal, row: Operation, target: Target): Promise<boolean> {
    const circumstances = { address: undefined, via: "route" } as const;
    return (await decide({ principal, row, target, circumstances })).allowed;
  }

  async function requireTarget(params: {
    readonly domainId: string;
    readonly id: string;
  }): Promise<Target> {
    const target = { domainId: params.domainId, entityType, entityId: params.id };
    if (await isObjectKnown(database.read, target)) return target;
    throw new AppError("not_found", `There is no such ${singular}`);
  }
}

function requireType(catalogue: Deps["catalogue"], name: string): EntityType {
  const type = catalogue.findEntityType(name);
  if (type === undefined) throw new Error(`there is no entity type ${name}`);
  return type;
}

/** Of a token or session that is asked about as one that goes on. */
const never = Number.POSITIVE_INFINITY;

const noStanding: PersonStanding = { isAdmin: false, isEnabled: false };

/** Asks about one person after the other, and lets others be answered in between. */
async function askOfEach<T>(
  userIds: readonly string[],
  ask: (userId: string) => T | Promise<T>,
): Promise<ReadonlyMap<string, T>> {
  const answers = new Map<string, T>();
  for (const [index, userId] of userIds.entries()) {
    if (index % peopleOfTurn === peopleOfTurn - 1) await nextTurn();
    answers.set(userId, await ask(userId));
  }
  return answers;
}

function sessionOf(userId: string, isAdmin: boolean): SessionPrincipal {
  return { kind: "session", userId, isAdmin, expiresAt: never, sessionId: "", confirmedAt: 0 };
}

function tokenOf(
  {
    userId,
    isAdmin,
    id,
    expiresAt,
  }: Record<"userId" | "id", string> & {
    readonly isAdmin: boolean;
    readonly expiresAt: number;
  },
  scopes: TokenOnObject["scopes"],
): TokenPrincipal {
  return {
    kind: "token",
    userId,
    isAdmin,
    tokenId: id,
    secretId: "",
    secretDigest: "",
    expiresAt,
    scopes: compileScopes(scopes),
    replyHeaders: {},
  };
}
