import {
  covers,
  createCatalogue,
  type Operation,
  type Scope,
  type Target,
} from "@tessera/contract";
import fc from "fast-check";
import { expect, test } from "vitest";
import { effectiveActions } from "./authority.ts";
import { compileScopes } from "./compiled-scopes.ts";
import { decide } from "./decide.ts";
import type { Principal } from "./principal.ts";

const catalogue = createCatalogue();
const operations = catalogue.operations();
const now = 5_000;
const caseCount = 20_000;

// Few names, so that coincidences are common.
const domainId = fc.constantFrom("d1", "d2");
const entityId = fc.constantFrom("e1", "e2");
const operation = fc.constantFrom(...operations);

const scope = fc
  .record({ domainId, row: operation, entityId: fc.constantFrom("e1", "e2", "*"), id: fc.uuid() })
  .map(({ row, ...rest }) => ({
    ...rest,
    entityId: row.type === "domains" ? rest.domainId : rest.entityId,
    entityType: row.type,
    operation: row.name,
  }));

const target = (row: Operation) =>
  fc.record({ domainId, entityId }).map((ids) => ({
    ...ids,
    entityType: row.type,
    entityId: row.type === "domains" ? ids.domainId : ids.entityId,
  }));

const actionsOf = (type: string) => {
  const actions = catalogue.roleActions(type);
  return fc.oneof(
    fc.subarray([...actions], { maxLength: 6 }),
    fc.constant([...actions]),
    fc.constant<string[]>([]),
  );
};

const question = operation.chain((row) =>
  fc.record({
    row: fc.constant(row),
    target: target(row),
    scopes: fc.array(scope, { maxLength: 6 }),
    // A scope for the very question, half of the time.
    hasOwnScope: fc.boolean(),
    isToken: fc.boolean(),
    isAdmin: fc.boolean(),
    expiresAt: fc.constantFrom(now - 1, now, now + 1),
    own: actionsOf(row.type),
    parentGroup: actionsOf("groups"),
    ancestorGroups: actionsOf("groups"),
    domain: actionsOf("domains"),
    domainStatus: fc.constantFrom("enabled", "enabled", "disabled", "freezed", "unknown"),
  }),
);

type Question = typeof question extends fc.Arbitrary<infer Q> ? Q : never;

/** The rules of access, written down once more as plainly as can be. */
function isAllowedByTheBook(q: Question, scopes: readonly Scope[]): boolean {
  if (now >= q.expiresAt) return false;
  if (q.isToken && !scopes.some((each) => covers(each, q.row.name, q.target))) return false;
  const adminActions =
    "update enable disable read delete manage_role add_role_users remove_role_users view_role_users".split(
      " ",
    );
  const isDomainAdmin = adminActions.every((action) => q.domain.includes(action));
  const isMember = q.domain.length > 0;
  const isHarmlessWhenClosed =
    ["read", "enable", "disable", "list", "list_invitation", "view_audit"].includes(q.row.name) &&
    q.row.type === "domains";
  if (
    q.domainStatus === "disabled" &&
    !(isHarmlessWhenClosed && (q.isAdmin || (isMember && isDomainAdmin)))
  )
    return false;
  if (q.domainStatus === "freezed" && !(isHarmlessWhenClosed && q.isAdmin)) return false;
  if (q.isAdmin) return true;
  if (q.domainStatus === "unknown" || !isMember) return false;
  if (q.row.action === null) return true;
  const x = q.row.action;
  switch (q.row.type) {
    case "domains":
      return q.domain.includes(x);
    case "groups":
      return (
        q.own.includes(x) ||
        q.parentGroup.includes(`subgroup_${x}`) ||
        q.ancestorGroups.includes(`subgroup_${x}`) ||
        q.domain.includes(`group_${x}`)
      );
    default: {
      const singular = q.row.type === "clients" ? "client" : "channel";
      return (
        q.own.includes(x) ||
        q.parentGroup.includes(`${singular}_${x}`) ||
        q.ancestorGroups.includes(`subgroup_${singular}_${x}`) ||
        q.domain.includes(`${singular}_${x}`)
      );
    }
  }
}

test(`decides ${caseCount} random cases as the rules of access say`, () => {
  let allowed = 0;
  fc.assert(
    fc.property(question, (q) => {
      const ownScope = { ...(q.target as Target), operation: q.row.name, id: "own" };
      const scopes = q.hasOwnScope ? [...q.scopes, ownScope] : q.scopes;
      const base = { userId: "u", isAdmin: q.isAdmin, expiresAt: q.expiresAt };
      const principal: Principal = q.isToken
        ? {
            ...base,
            kind: "token",
            tokenId: "t",
            secretId: "s",
            secretDigest: "d",
            replyHeaders: {},
            scopes: compileScopes(scopes),
          }
        : { ...base, kind: "session", sessionId: "s", confirmedAt: 0 };
      const type = catalogue.findEntityType(q.row.type);
      if (type === undefined) throw new Error(q.row.type);
      const adminActions = catalogue.findEntityType("domains")?.ownActions ?? [];
      const decision = decide(
        {
          principal,
          row: q.row,
          target: q.target,
          circumstances: { now: now, address: undefined, via: "route" },
        },
        {
          domainStatus: q.domainStatus as "enabled",
          isMember: q.domain.length > 0,
          isDomainAdmin: adminActions.every((action) => q.domain.includes(action)),
          actions: effectiveActions(catalogue, type, {
            own: new Set(q.own),
            parentGroup: new Set(q.parentGroup),
            ancestorGroups: new Set(q.ancestorGroups),
            domain: new Set(q.domain),
          }),
        },
      );
      expect(decision.allowed).toBe(isAllowedByTheBook(q, scopes));
      // The explanation cannot say otherwise: only a refusal has a step that failed, and it is the last.
      const failed = decision.steps.filter(({ passed }) => !passed);
      expect(failed).toEqual(decision.allowed ? [] : [decision.steps.at(-1)]);
      if (decision.allowed) allowed += 1;
      else if (decision.missingScope !== undefined) {
        expect(covers(decision.missingScope, q.row.name, q.target)).toBe(true);
      }
    }),
    { numRuns: caseCount },
  );
  // A generator that only made refusals would prove nothing.
  expect(allowed).toBeGreaterThan(caseCount / 20);
});
