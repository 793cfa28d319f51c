import { randomUUID } from "node:crypto";
import { createCatalogue, type Scope, scopeText, toWireScope } from "@tessera/contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decide } from "../../../access/decide.ts";
import type { Decide } from "../../../http/guard.ts";
import { createInTurns } from "../../../http/in-turns.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { ageScopes } from "../../../testing/recorded-uses.ts";
import { isSoak } from "../../../testing/soak.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { indexUses } from "../scopes/scope-uses.ts";
import type { AllowedUse } from "../usage/use-record-store.ts";
import { type DatedScope, proposeScopes } from "./propose-scopes.ts";
import { replayUses } from "./replay-uses.ts";

const day = 86_400_000;
const inTurns = createInTurns(() => {});
const since = 1_000_000_000;
const window = { since, text: "90d", areObjectsKnown: true };
/** Of another service, with an operation on no single object. */
const meters = {
  entity_type: "meters",
  singular: "meter",
  title: "Meters",
  operations: ["read", "list_readings"].map((name) => ({ name, summary: name, action: "read" })),
};
const catalogue = createCatalogue([meters]);
// Few names, so that coincidences are common.
const domains = [randomUUID(), randomUUID()];
const objects = Array.from({ length: 24 }, () => randomUUID());
const operations = [
  ..."view update delete".split(" ").map((name) => `clients.${name}`),
  ...["groups.view", "channels.view", "domains.read"],
  ...["domains.list_clients", "domains.create_channels", "meters.read", "meters.list_readings"],
];

const anyOperation = fc.constantFrom(...operations);
const anyDomain = fc.constantFrom(...domains);

function scopeOf(operation: string, domainId: string, entityId: string): Scope {
  const [entityType = "", name = ""] = operation.split(".");
  const id = entityType === "domains" ? domainId : entityId;
  return { domainId, entityType, entityId: id, operation: name };
}

const scope = fc
  .record({
    operation: anyOperation,
    domainId: anyDomain,
    entityId: fc.oneof(fc.constant("*"), fc.constantFrom(...objects)),
    createdAt: fc.constantFrom(since - 1, since, since + 1),
    lastUsedAt: fc.constantFrom(null, since - 1, since),
  })
  .map(({ operation, domainId, entityId, ...times }) => ({
    ...scopeOf(operation, domainId, entityId),
    ...times,
  }));

/** As a token can have them: none that another one covers, each once. */
const scopes = fc.array(scope, { maxLength: 8 }).map((all): readonly DatedScope[] => {
  const byText = new Map(all.map((one) => [`${one.domainId} ${scopeText(one)}`, one]));
  const isCovered = (one: Scope) =>
    one.entityId !== "*" && byText.has(`${one.domainId} ${scopeText({ ...one, entityId: "*" })}`);
  return [...byText].filter(([, one]) => !isCovered(one)).map(([id, one]) => ({ ...one, id }));
});

const use = fc
  .record({
    operation: anyOperation,
    domainId: anyDomain,
    entityId: fc.oneof(
      { weight: 20, arbitrary: fc.constantFrom(...objects) },
      { weight: 1, arbitrary: fc.constantFrom("*", "others", "no id") },
    ),
    allowed: fc.integer({ min: 1, max: 9 }),
  })
  .map(({ operation, domainId, entityId, allowed }): AllowedUse => {
    const isOthers = entityId === "others";
    const target = scopeOf(operation, domainId, entityId);
    const at = isOthers ? { domainId: "", entityId } : target;
    const { entityType } = target;
    return { ...at, entityType, operation, allowed, lastAllowedAt: since };
  });

/** As a record has them: each operation on each object once. */
const recordedUses = fc
  .array(use, { maxLength: 40 })
  .map((all) => [
    ...new Map(
      all.map((one) => [`${one.operation} ${one.domainId} ${one.entityId}`, one] as const),
    ).values(),
  ]);

/** The decision, for an owner who may do everything. */
const decideForAdmin: Decide = ({ principal, row, target, circumstances: { address, via } }) =>
  decide(
    { principal, row, target, circumstances: { address, via, now: since } },
    { domainStatus: "enabled", isMember: true, isDomainAdmin: true, actions: new Set() },
  );

test("no proposal refuses a recorded use that the scopes allow, nor allows what they do not", async () => {
  let [narrowed, dropped] = [0, 0];
  await fc.assert(
    fc.asyncProperty(scopes, recordedUses, async (now, uses) => {
      const deps = { catalogue, maximumScopes: 25 };
      const usesOf = await indexUses(uses, inTurns);
      const proposal = proposeScopes(deps, now, usesOf, window);
      const proposed = proposal.scopes;
      const owner = { userId: "u", isAdmin: true };
      const replay = { catalogue, decide: decideForAdmin, inTurns };
      const proof = await replayUses(replay, owner, uses, { now, proposed });
      expect(proof.wouldRefuse).toBe(0);
      // The same told without the decision: what a scope covered, one that is proposed covers.
      const coveredNow = now.flatMap((each) => usesOf(each).uses);
      const covered = new Set(proposed.flatMap((each) => usesOf(each).uses));
      expect(coveredNow.filter((each) => !covered.has(each))).toEqual([]);
      // It never widens: each proposed scope is one of now, or one object of one.
      const texts = new Set(now.map((each) => `${each.domainId} ${scopeText(each)}`));
      for (const each of proposed) {
        const wide = { ...each, entityId: "*" };
        const isOld = [each, wide].some((one) => texts.has(`${one.domainId} ${scopeText(one)}`));
        expect(isOld).toBe(true);
      }
      expect(proposed.length).toBeLessThanOrEqual(Math.max(25, now.length));
      narrowed += proposal.narrowed.length;
      dropped += proposal.dropped.length;
    }),
    { numRuns: isSoak ? 5000 : 200 },
  );
  // A generator that only left things as they are would prove nothing.
  expect(narrowed).toBeGreaterThan(0);
  expect(dropped).toBeGreaterThan(0);
});

onEveryDatabase("a proposal that is applied", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  beforeAll(async () => {
    server = await startApp(kind, { catalogue });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const ownScopes = fc.array(
    fc.record({ operation: anyOperation, entityId: fc.constantFrom("*", ...objects.slice(0, 4)) }),
    {
      minLength: 1,
      maxLength: 6,
    },
  );
  const asked = fc.record({
    operation: anyOperation,
    entityId: fc.constantFrom(...objects.slice(0, 4)),
  });

  test("refuses no use that was allowed before, and allows none that was refused", async () => {
    await fc.assert(
      fc.asyncProperty(ownScopes, fc.array(asked, { maxLength: 12 }), async (given, past) => {
        const texts = new Set(
          given.map((each) => scopeText(scopeOf(each.operation, domainId, each.entityId))),
        );
        const wanted = [...texts].filter((text) => {
          const wide = text.replace(/:[^:]+$/, ":*");
          return text === wide || !texts.has(wide);
        });
        const token = await server.newToken(ada, domainId, wanted);
        await ageScopes(server.deps.database, token.id, server.clock.now - 200 * day);
        const questions = past.map(({ operation, entityId }) =>
          toWireScope(scopeOf(operation, domainId, entityId)),
        );
        const ask = async () =>
          questions.length === 0
            ? []
            : requireStatus(await token.call("POST", "/authorize", questions), 200).map(
                ({ allowed }: { allowed: boolean }) => allowed,
              );
        // Asking is a use.
        const before: readonly boolean[] = await ask();
        const path = `/pats/${token.id}/proposal`;
        const { etag, proof, dropped, narrowed } = requireStatus(await ada.call("GET", path), 200);
        expect(proof).toMatchObject({ would_refuse: 0, refused_already: 0 });
        expect(proof.uses).toBe(before.filter(Boolean).length);
        const applied = await ada.call("POST", `${path}/apply`, { etag, window: "90d" });
        const isSame = dropped.length + narrowed.length === 0;
        expect(applied.status).toBe(isSame ? 400 : 200);
        expect(await ask()).toEqual(before);
      }),
      { numRuns: isSoak ? 100 : 8 },
    );
  });
});
