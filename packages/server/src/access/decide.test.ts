import { createCatalogue, type Operation, type Target } from "@tessera/contract";
import { describe, expect, test } from "vitest";
import { type Authority, noActions } from "./authority.ts";
import { compileScopes } from "./compiled-scopes.ts";
import { decide } from "./decide.ts";
import type { Principal, SessionPrincipal, TokenPrincipal } from "./principal.ts";

const catalogue = createCatalogue();
const now = 1_000_000;
const target = { domainId: "d1", entityType: "clients", entityId: "c1" };
const domain = { domainId: "d1", entityType: "domains", entityId: "d1" };

const session: SessionPrincipal = {
  kind: "session",
  userId: "u1",
  isAdmin: false,
  sessionId: "s1",
  expiresAt: now + 1,
  confirmedAt: now,
};
const tokenWith = (...scopes: readonly [string, string, string, string][]): TokenPrincipal => ({
  kind: "token",
  userId: "u1",
  isAdmin: false,
  tokenId: "t1",
  secretId: "s",
  secretDigest: "d1",
  replyHeaders: {},
  expiresAt: now + 1,
  scopes: compileScopes(
    scopes.map(([domainId, entityType, operation, entityId], index) => ({
      id: `scope-${index}`,
      domainId,
      entityType,
      operation,
      entityId,
    })),
  ),
});
const member: Authority = {
  domainStatus: "enabled",
  isMember: true,
  isDomainAdmin: false,
  actions: new Set(["read"]),
};

function operation(id: string): Operation {
  const row = catalogue.findOperation(id);
  if (row === undefined) throw new Error(id);
  return row;
}
const view = operation("clients.view");

function ask(principal: Principal, row: Operation, of: Target, authority: Authority, at: number) {
  const circumstances = { now: at, address: undefined, via: "route" } as const;
  return decide({ principal, row, target: of, circumstances }, authority);
}

describe("a token", () => {
  const token = tokenWith(["d1", "clients", "view", "c1"]);

  test("may do what its scope covers and its owner may do, and says which scope it was", () => {
    const decision = ask(token, view, target, member, now);
    expect(decision).toMatchObject({ allowed: true, scopeId: "scope-0" });
    expect(decision.steps.map(({ step }) => step)).toEqual(["token", "scope", "domain", "owner"]);
  });

  test.each([
    ["another object", view, { ...target, entityId: "c2" }],
    ["another domain", view, { ...target, domainId: "d2" }],
    ["another operation", operation("clients.update"), target],
    [
      "the like-named operation of another type",
      operation("channels.view"),
      { ...target, entityType: "channels" },
    ],
  ])("may not touch %s, and is told the smallest scope that would help", (_, row, at) => {
    const decision = ask(token, row, at, member, now);
    expect(decision).toMatchObject({
      allowed: false,
      because: "scope_missing",
      missingScope: { ...at, operation: row.name },
    });
    expect(decision.steps.at(-1)).toMatchObject({ step: "scope", passed: false });
  });

  test("without any scope can do nothing, an administrator's neither", () => {
    const empty = { ...tokenWith(), isAdmin: true };
    for (const row of catalogue.operations()) {
      const at = { ...target, entityType: row.type };
      expect(ask(empty, row, at, member, now)).toMatchObject({ because: "scope_missing" });
    }
  });

  test("with a scope cannot do what its owner may not", () => {
    const decision = ask(token, view, target, { ...member, actions: noActions }, now);
    expect(decision).toMatchObject({ allowed: false, because: "owner_lacks_permission" });
    expect(decision.steps.at(-1)).toMatchObject({ step: "owner", passed: false });
  });

  test("ends in the millisecond it expires", () => {
    const expired = { ...token, expiresAt: now };
    expect(ask(expired, view, target, member, now)).toMatchObject({ because: "token_expired" });
    expect(ask(expired, view, target, member, now - 1)).toMatchObject({ allowed: true });
  });
});

describe("a session", () => {
  test("needs no scope", () => {
    expect(ask(session, view, target, member, now)).toMatchObject({ allowed: true });
  });

  test("of no member can do nothing in the domain, whatever roles it has on objects there", () => {
    const stranger = { ...member, isMember: false };
    expect(ask(session, view, target, stranger, now)).toMatchObject({
      because: "owner_lacks_permission",
    });
  });

  test("of a member may do what asks for no action, such as listing what it can see", () => {
    const list = operation("domains.list_clients");
    const nothing = { ...member, actions: noActions };
    expect(ask(session, list, domain, nothing, now)).toMatchObject({ allowed: true });
  });

  test("of a platform administrator may do everything in an open domain", () => {
    const stranger = { ...member, isMember: false, actions: noActions };
    const admin = { ...session, isAdmin: true };
    for (const row of catalogue.operations()) {
      expect(ask(admin, row, target, stranger, now), row.id).toMatchObject({ allowed: true });
    }
  });
});

describe("a closed domain", () => {
  const domainAdmin = {
    ...member,
    isDomainAdmin: true,
    actions: new Set(["read", "enable", "update"]),
  };
  const admin = { ...session, isAdmin: true };
  const read = operation("domains.read");
  const enable = operation("domains.enable");
  const update = operation("domains.update");

  test.each([
    ["disabled", "its administrator", session, domainAdmin, read, true],
    ["disabled", "its administrator", session, domainAdmin, enable, true],
    ["disabled", "its administrator", session, domainAdmin, update, false],
    ["disabled", "a member", session, { ...member, actions: new Set(["read"]) }, read, false],
    ["disabled", "a platform administrator", admin, member, enable, true],
    ["disabled", "a platform administrator", admin, member, update, false],
    ["freezed", "its administrator", session, domainAdmin, read, false],
    ["freezed", "a platform administrator", admin, member, enable, true],
  ] as const)("that is %s: %s", (domainStatus, _, principal, authority, row, isAllowed) => {
    const decision = ask(principal, row, domain, { ...authority, domainStatus }, now);
    expect(decision.allowed).toBe(isAllowed);
    if (!decision.allowed) expect(decision.because).toBe("domain_disabled");
  });

  test("that does not exist looks to strangers like one they may not enter", () => {
    const unknown: Authority = { ...member, domainStatus: "unknown", isMember: false };
    expect(ask(session, read, domain, unknown, now)).toMatchObject({
      because: "owner_lacks_permission",
    });
    expect(ask(admin, read, domain, unknown, now)).toMatchObject({ allowed: true });
  });

  test("tells strangers nothing of its state, nor whether it is there, by any step", () => {
    const told = (["enabled", "disabled", "freezed", "unknown"] as const).map((domainStatus) =>
      ask(session, read, domain, { ...member, domainStatus, isMember: false }, now),
    );
    expect(told[0]).toMatchObject({ allowed: false, because: "owner_lacks_permission" });
    expect(new Set(told.map((decision) => JSON.stringify(decision))).size).toBe(1);
  });
});
