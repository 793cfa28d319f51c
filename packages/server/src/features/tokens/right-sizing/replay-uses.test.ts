import { randomUUID } from "node:crypto";
import { createCatalogue } from "@tessera/contract";
import { expect, test } from "vitest";
import { decide } from "../../../access/decide.ts";
import type { Decide } from "../../../http/guard.ts";
import { createInTurns } from "../../../http/in-turns.ts";
import type { AllowedUse } from "../usage/use-record-store.ts";
import { replayUses } from "./replay-uses.ts";

const catalogue = createCatalogue();
const domainId = randomUUID();
const scopeOn = (entityId: string) => ({
  ...{ domainId, entityType: "clients", operation: "view" },
  entityId,
});
const uses = Array.from({ length: 1500 }, (_, index): AllowedUse => {
  const target = { domainId, entityType: "clients", entityId: `c${index}` };
  return { ...target, operation: "clients.view", allowed: 2, lastAllowedAt: index };
});
const owner = { userId: "u", isAdmin: false };
const inTurns = createInTurns(() => {});

/** What an owner is told who has no role in the domain any more; `asked`: about which objects. */
function strangerDecides(asked: string[]): Decide {
  return ({ principal, row, target, circumstances: { address, via } }) => {
    asked.push(target.entityId);
    return decide(
      { principal, row, target, circumstances: { address, via, now: 0 } },
      { domainStatus: "enabled", isMember: false, isDomainAdmin: false, actions: new Set() },
    );
  };
}

test("a proof tells of every use that scopes would refuse, also where the owner may do nothing", async () => {
  const now = [scopeOn("*")];
  const proposed = uses.slice(0, 400).map(({ entityId }) => scopeOn(entityId));
  const replay = { catalogue, decide: strangerDecides([]), inTurns };
  const proof = await replayUses(replay, owner, uses, { now, proposed });
  expect(proof).toMatchObject({ uses: 3000, objects: 1500, wouldRefuse: 2 * 1100 });
});

test("a proof looks up the owner's rights for the thousand uses that were last, and for no others", async () => {
  const asked: string[] = [];
  const scopes = { now: [scopeOn("*")], proposed: [scopeOn("*")] };
  const replay = { catalogue, decide: strangerDecides(asked), inTurns };
  const proof = await replayUses(replay, owner, uses, scopes);
  expect(proof).toMatchObject({ uses: 3000, wouldRefuse: 0, refusedAlready: 2000 });
  expect(new Set(asked)).toEqual(new Set(uses.slice(500).map(({ entityId }) => entityId)));
});

test("among uses at the same time the owner's rights are looked up for a thousand, newer ones first", async () => {
  const asked: string[] = [];
  const alike = uses.map((use, index) => ({ ...use, lastAllowedAt: index >= 1490 ? 2 : 1 }));
  const scopes = { now: [scopeOn("*")], proposed: [scopeOn("*")] };
  await replayUses({ catalogue, decide: strangerDecides(asked), inTurns }, owner, alike, scopes);
  expect(new Set(asked).size).toBe(1000);
  expect(asked).toEqual(expect.arrayContaining(alike.slice(1490).map(({ entityId }) => entityId)));
});
