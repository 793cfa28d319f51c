import { createCatalogue, type EntityType } from "@tessera/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { effectiveActions, type HeldActions, noActions } from "./authority.ts";
import { grantableActions } from "./grantable-actions.ts";

const catalogue = createCatalogue();
const nothing: HeldActions = {
  own: noActions,
  parentGroup: noActions,
  ancestorGroups: noActions,
  domain: noActions,
};
const ofGroups = new Set(catalogue.roleActions("groups"));
const ofDomains = new Set(catalogue.roleActions("domains"));
const groups = typeOf("groups");

describe("what a person may give to others", () => {
  test.each(["clients", "channels", "groups", "domains"])(
    "the admin of a domain may give every action on %s",
    (name) => {
      const held = { ...nothing, domain: ofDomains };
      expect(listOf(name, held)).toEqual(new Set(catalogue.roleActions(name)));
    },
  );

  test.each(["clients", "channels", "groups"])(
    "whoever has the built-in role on one of the %s may give every action on it",
    (name) => {
      const held = { ...nothing, own: new Set(catalogue.roleActions(name)) };
      expect(listOf(name, held)).toEqual(new Set(catalogue.roleActions(name)));
    },
  );

  test("the admin of the group above may give every action on a subgroup and what is in it", () => {
    const held = { ...nothing, ancestorGroups: ofGroups };
    expect(listOf("groups", held)).toEqual(ofGroups);
  });

  test("a right on a group's own clients is none on the clients of its subgroups", () => {
    const held = { ...nothing, parentGroup: new Set(["client_read", "client_update"]) };
    expect(listOf("groups", held)).toEqual(new Set());
    expect(listOf("clients", held)).toEqual(new Set(["read", "update"]));
  });

  test("a right on the domain's clients is one on the clients of every group, and on nothing else", () => {
    const held = { ...nothing, domain: new Set(["client_read", "read"]) };
    expect(listOf("groups", held)).toEqual(new Set(["client_read", "subgroup_client_read"]));
    expect(listOf("clients", held)).toEqual(new Set(["read"]));
    expect(listOf("channels", held)).toEqual(new Set());
  });

  test("who holds nothing may give nothing", () => {
    for (const { name } of catalogue.entityTypes) expect(listOf(name, nothing)).toEqual(new Set());
  });

  test("no role that may be given on a group opens more below it than the giver may do there", () => {
    const someOf = (actions: ReadonlySet<string>) =>
      fc.subarray([...actions]).map((chosen) => new Set(chosen));
    const held = fc.record({
      own: someOf(ofGroups),
      parentGroup: someOf(ofGroups),
      ancestorGroups: someOf(ofGroups),
      domain: someOf(ofDomains),
    });
    const check = fc.property(held, fc.boolean(), (giver, isDirectlyIn) => {
      const given = grantableActions(catalogue, groups, giver);
      for (const name of ["clients", "channels", "groups"]) {
        const above = new Set([...giver.parentGroup, ...giver.ancestorGroups]);
        const placesOf = (onGroup: ReadonlySet<string>, higher: ReadonlySet<string>) =>
          isDirectlyIn
            ? { parentGroup: onGroup, ancestorGroups: higher }
            : { parentGroup: noActions, ancestorGroups: new Set([...onGroup, ...higher]) };
        const taker = { ...nothing, ...placesOf(given, noActions) };
        const ofGiver = { ...nothing, ...placesOf(giver.own, above), domain: giver.domain };
        const opened = effectiveActions(catalogue, typeOf(name), taker);
        const own = effectiveActions(catalogue, typeOf(name), ofGiver);
        expect(own.isSupersetOf(opened)).toBe(true);
      }
    });
    fc.assert(check, { numRuns: 2_000 });
  });
});

function listOf(typeName: string, held: HeldActions): ReadonlySet<string> {
  return grantableActions(catalogue, typeOf(typeName), held);
}

function typeOf(name: string): EntityType {
  const type = catalogue.findEntityType(name);
  if (type === undefined) throw new Error(`no type ${name}`);
  return type;
}
