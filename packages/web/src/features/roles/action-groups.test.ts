import { createCatalogue, domains, groups } from "@tessera/sdk";
import { expect, it } from "vitest";
import { groupActions } from "./action-groups.ts";

const catalogue = createCatalogue();

function titlesOf(type: typeof domains | typeof groups) {
  const own = { singular: type.singular, actions: type.ownActions };
  return groupActions(catalogue.roleActions(type.name), own).map(({ title }) => title);
}

it("sorts the actions of a domain's roles by what they are about", () =>
  expect(titlesOf(domains)).toEqual([
    "This domain",
    "Clients",
    "Channels",
    "Groups",
    "Alarms",
    "Rules",
    "Reports",
  ]));

it("tells what is in a group from what is in its subgroups", () =>
  expect(titlesOf(groups)).toEqual([
    "This group",
    "Clients",
    "Channels",
    "Subgroups",
    "Clients in subgroups",
    "Channels in subgroups",
  ]));

it("loses no action", () => {
  const available = catalogue.roleActions("groups");
  const own = { singular: "group", actions: groups.ownActions };
  const grouped = groupActions(available, own).flatMap(({ actions }) => actions);
  expect(grouped.toSorted()).toEqual([...available].toSorted());
});
