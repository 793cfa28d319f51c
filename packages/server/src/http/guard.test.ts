import {
  type Access,
  createCatalogue,
  type Endpoint,
  type ScopeWire,
  type Target,
} from "@tessera/contract";
import { describe, expect, test } from "vitest";
import { type Authority, noActions } from "../access/authority.ts";
import { compileScopes } from "../access/compiled-scopes.ts";
import type { Decision } from "../access/decide.ts";
import type { Principal } from "../access/principal.ts";
import { countingRefusals, createGuard, decideOn, type Facts } from "./guard.ts";

const catalogue = createCatalogue();
const now = 1_000_000;
const base = { userId: "u1", isAdmin: false, expiresAt: now + 1 };
const session: Principal = { ...base, kind: "session", sessionId: "s1", confirmedAt: 0 };
const admin: Principal = { ...session, isAdmin: true };
const tokenWith = (...scopes: readonly [type: string, operation: string, id: string][]) =>
  ({
    ...base,
    kind: "token",
    tokenId: "t1",
    secretId: "s",
    secretDigest: "d",
    replyHeaders: {},
    scopes: compileScopes(
      scopes.map(([entityType, operation, entityId], index) => ({
        id: `scope-${index}`,
        domainId: "d1",
        entityType,
        operation,
        entityId,
      })),
    ),
  }) satisfies Principal;

describe("a row that needs an operation", () => {
  const view = [{ operation: "clients.view", on: { from: "path" } }] as const;

  test("asks about the object of the path, and says which scope opened it", async () => {
    const { check, asked } = guardOf({ kind: "operation", needs: view });
    const passed = await check(tokenWith(["clients", "view", "c1"]), { id: "c1" });
    expect(passed).toEqual([
      {
        operation: "clients.view",
        target: { domainId: "d1", entityType: "clients", entityId: "c1" },
        scopeId: "scope-0",
      },
    ]);
    expect(asked).toEqual([{ domainId: "d1", entityType: "clients", entityId: "c1" }]);
  });

  test("tells the smallest scope that would help", async () => {
    const { check } = guardOf({ kind: "operation", needs: view });
    const missing: ScopeWire = {
      domain_id: "d1",
      entity_type: "clients",
      entity_id: "c2",
      operation: "view",
    };
    await expect(check(tokenWith(["clients", "view", "c1"]), { id: "c2" })).rejects.toMatchObject({
      code: "scope_missing",
      details: { missing_scope: missing },
    });
  });

  test("on every object of the body asks about each, once", async () => {
    const needs = [{ operation: "clients.view", on: { from: "body", member: "ids" } }] as const;
    const { check, asked, guard } = guardOf({ kind: "operation", needs });
    expect(guard.needsBody).toBe(true);
    const token = tokenWith(["clients", "view", "c1"], ["clients", "view", "c2"]);
    await check(token, {}, { ids: ["c1", "c2", "c1"] });
    expect(asked.map(({ entityId }) => entityId)).toEqual(["c1", "c2"]);
    await expect(check(token, {}, { ids: ["c1", "c3"] })).rejects.toMatchObject({
      code: "scope_missing",
    });
  });

  test("on the present parent asks about the group that the object is in, if it is in one", async () => {
    const needs = [
      { operation: "clients.remove_parent_group", on: { from: "path" } },
      { operation: "groups.remove_child_client", on: { from: "current_parent" } },
    ] as const;
    const { check, asked, facts } = guardOf({ kind: "operation", needs });
    const token = tokenWith(["clients", "remove_parent_group", "c1"]);
    await check(token, { id: "c1" });
    expect(asked).toHaveLength(1);
    facts.parentOf.set("c1", "g1");
    await expect(check(token, { id: "c1" })).rejects.toMatchObject({
      details: { missing_scope: { entity_type: "groups", entity_id: "g1" } },
    });
  });

  test("in any domain passes where one of the token's domains allows it", async () => {
    const needs = [{ operation: "domains.create", on: { from: "any_domain" } }] as const;
    const { check } = guardOf({ kind: "operation", needs });
    expect(await check(session, {})).toEqual([]);
    expect(await check(tokenWith(["domains", "create", "d1"]), {})).toMatchObject([
      { operation: "domains.create", scopeId: "scope-0" },
    ]);
    await expect(check(tokenWith(), {})).rejects.toMatchObject({ code: "scope_missing" });
  });

  test("of somebody's own is passed by a session whose own id it is, by no token", async () => {
    const needs = [
      { operation: "domains.delete_invitation", on: { from: "path" }, unlessSelf: "user_id" },
    ] as const;
    const { check, asked } = guardOf({ kind: "operation", needs });
    await check(session, {}, { user_id: "u1" });
    expect(asked).toEqual([]);
    await expect(check(tokenWith(), {}, { user_id: "u1" })).rejects.toMatchObject({
      code: "scope_missing",
    });
  });
});

describe("a row for accounts", () => {
  test.for([
    ["session", session, "u2", undefined],
    ["session", tokenWith(), "u1", "session_required"],
    ["self_or_admin", session, "u1", undefined],
    ["self_or_admin", session, "u2", "owner_lacks_permission"],
    ["self_or_admin", admin, "u2", undefined],
    ["self_or_admin", tokenWith(), "u1", "session_required"],
    ["admin", session, "u1", "owner_lacks_permission"],
    ["admin", admin, "u2", undefined],
    ["admin", { ...tokenWith(), isAdmin: true }, "u2", "session_required"],
  ] as const)("of kind %s, asked by %o about %s: %s", async ([kind, who, userId, refused]) => {
    const { check } = guardOf({ kind });
    const checking = check(who, { userId });
    if (refused === undefined) expect(await checking).toEqual([]);
    else await expect(checking).rejects.toMatchObject({ code: refused });
  });

  test("that needs a fresh password passes within its time, and not at its end", async () => {
    const { check } = guardOf({ kind: "session", needsFreshPassword: true });
    const confirmed = (at: number): Principal => ({ ...session, kind: "session", confirmedAt: at });
    await check(confirmed(now - 599), {});
    await expect(check(confirmed(now - 600), {})).rejects.toMatchObject({
      code: "password_confirmation_required",
    });
  });
});

describe("a row for which the right in some domain is enough", () => {
  const access: Access = {
    kind: "operation",
    needs: [{ operation: "domains.create", on: { from: "any_domain" } }],
  };
  const domainIds = Array.from({ length: 1000 }, (_, index) => `d${index}`);
  const token: Principal = {
    ...tokenWith(),
    scopes: compileScopes(
      domainIds.map((domainId) => ({
        id: domainId,
        domainId,
        entityType: "domains",
        entityId: "*",
        operation: "create",
      })),
    ),
  };

  test("asks in one look which of very many domains its owner is in, and only about these", async () => {
    const { check, asked, looks, own } = guardOf(access);
    own.push("d7");
    expect(await check(token, {})).toMatchObject([{ target: { domainId: "d7" } }]);
    expect(looks).toEqual([domainIds]);
    expect(asked.map(({ domainId }) => domainId)).toEqual(["d7"]);
  });

  test("gives the reason of one domain where its owner is in none of very many", async () => {
    const { check, asked, facts } = guardOf(access);
    facts.authority = { ...facts.authority, isMember: false, domainStatus: "unknown" };
    await expect(check(token, {})).rejects.toMatchObject({ code: "owner_lacks_permission" });
    expect(asked).toHaveLength(1);
  });
});

test("a decision is heard of once, by the operation; where it only refuses, a permission is not", async () => {
  const { facts, heard } = guardOf({ kind: "bearer" });
  const row = catalogue.findOperation("clients.view");
  if (row === undefined) throw new Error("no such operation");
  const target = { domainId: "d1", entityType: "clients", entityId: "c1" };
  const circumstances = { address: "192.0.2.1", via: "route" } as const;
  const allowed = { principal: session, row, target, circumstances };
  await decideOn(allowed, facts.facts);
  await decideOn(allowed, countingRefusals(facts.facts));
  await decideOn({ ...allowed, principal: tokenWith() }, countingRefusals(facts.facts));
  expect(heard).toEqual(["clients.view true", "clients.view false"]);
});

/** The guard of a row of that kind, in a domain in which everybody may do everything. */
function guardOf(access: Access) {
  const asked: Target[] = [];
  const looks: (readonly string[])[] = [];
  const own: string[] = [];
  const heard: string[] = [];
  const parentOf = new Map<string, string>();
  const mighty: Authority = {
    domainStatus: "enabled",
    isMember: true,
    isDomainAdmin: true,
    actions: { ...noActions, has: () => true } as ReadonlySet<string>,
  };
  const present = { authority: mighty };
  const facts: Facts = {
    loadAuthority: (_userId, target) => {
      asked.push(target);
      return present.authority;
    },
    findParentGroupId: async ({ entityId }) => parentOf.get(entityId),
    findOwnDomains: async (_principal, domainIds) => {
      looks.push(domainIds);
      return own;
    },
    clock: () => now,
    passwordConfirmationLifetime: 600,
    onDecision: (decision: Decision, id) => heard.push(`${id} ${decision.allowed}`),
  };
  const guard = createGuard({ access } as Endpoint, catalogue);
  if (guard === undefined) throw new Error("the row has no guard");
  const check = async (
    principal: Principal,
    params: Readonly<Record<string, string>>,
    body?: unknown,
  ) =>
    guard.check(
      { principal, address: "192.0.2.1", params: { domainId: "d1", ...params }, body },
      facts,
    );
  return {
    guard,
    check,
    asked,
    looks,
    own,
    heard,
    facts: Object.assign(present, { facts, parentOf }),
  };
}
