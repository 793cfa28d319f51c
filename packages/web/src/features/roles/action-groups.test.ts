import { createCatalogue, domains, groups } from "@tessera/sdk";
import { expect, test } from "vitest";
import { groupActions } from "./action-groups.ts";

const catalogue = createCatalogue();

function titlesOf(type: typeof domains | typeof groups) {
  const own = { singular: type.singular, actions: type.ownActions };
  return groupActions(catalogue.roleActions(type.name), own, catalogue.entityTypes).map(
    ({ title }) => title,
  );
}

test("sorts the actions of a domain's roles by what they are about", () =>
  expect(titlesOf(domains)).toEqual([
    "This domain",
    "Clients",
    "Channels",
    "Groups",
    "Alarms",
    "Rules",
    "Reports",
  ]));

test("tells what is in a group from what is in its subgroups", () =>
  expect(titlesOf(groups)).toEqual([
    "This group",
    "Clients",
    "Channels",
    "Subgroups",
    "Clients in subgroups",
    "Channels in subgroups",
  ]));

test("loses no action", () => {
  const available = catalogue.roleActions("groups");
  const own = { singular: "group", actions: groups.ownActions };
  const grouped = groupActions(available, own, catalogue.entityTypes).flatMap(
    ({ actions }) => actions,
  );
  expect(grouped.toSorted()).toEqual([...available].toSorted());
});

test("names the types of the server, by the plural that each has, and calls the rest others", () => {
  const available = [
    "battery_read",
    "subgroup_battery_read",
    "subgroup_read",
    "lab_bench_share",
    "battery_pack_read",
    "unheard_of",
  ];
  const types = [
    { name: "groups", singular: "group", title: "Groups", kind: "group" },
    { name: "batteries", singular: "battery", title: "Batteries", kind: "entity" },
    { name: "packs", singular: "battery_pack", title: "Battery packs", kind: "entity" },
    { name: "benches", singular: "lab_bench", title: "Lab benches", kind: "external" },
  ] as const;
  expect(groupActions(available, { singular: "group", actions: [] }, types)).toEqual([
    { title: "Batteries", actions: ["battery_read"] },
    { title: "Batteries in subgroups", actions: ["subgroup_battery_read"] },
    { title: "Subgroups", actions: ["subgroup_read"] },
    { title: "Lab benches", actions: ["lab_bench_share"] },
    { title: "Battery packs", actions: ["battery_pack_read"] },
    { title: "Other", actions: ["unheard_of"] },
  ]);
});

test("leaves no action of the platform's own domains without a heading", () => {
  expect(titlesOf(domains)).not.toContain("Other");
  expect(titlesOf(groups)).not.toContain("Other");
});
