import { createCatalogue, replyOfCatalogue } from "@tessera/sdk";
import { describe, expect, test } from "vitest";
import { presetScopes, presets } from "./presets.ts";
import {
  emptyRow,
  readScopeList,
  rowProblems,
  rowsOf,
  scopesOf,
  withDomain,
  withType,
} from "./scope-rows.ts";

const plant = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const office = "6c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f61";
const pump = "7c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f62";

const rules = {
  entity_type: "rules",
  singular: "rule",
  title: "Rules",
  operations: [
    { name: "view", summary: "View a rule", action: "rule_read" },
    { name: "simulate", summary: "Simulate a rule", action: "rule_read", is_read: true },
    { name: "list_and_clear", summary: "Clear", action: "rule_update", is_read: false },
  ],
};
const catalogue = replyOfCatalogue(createCatalogue([rules]), "pat");

function typeNamed(wanted: string) {
  const type = catalogue.entity_types.find(({ name }) => name === wanted);
  if (type === undefined) throw new Error(`no type ${wanted}`);
  return type;
}

describe("a row of scopes", () => {
  test("is locked to its domain when the domain itself is chosen", () =>
    expect(withType(emptyRow([], plant), typeNamed("domains")).entityId).toBe(plant));

  test("of the domain itself follows when another domain is chosen", () => {
    const row = withType(emptyRow([], plant), typeNamed("domains"));
    expect(withDomain(row, office)).toMatchObject({ domainId: office, entityId: office });
  });

  test("forgets the object when another domain is chosen", () => {
    const row = { ...withType(emptyRow([], plant), typeNamed("clients")), entityId: pump };
    expect(withDomain(row, office).entityId).toBe("");
  });

  test("says what is still to be chosen", () =>
    expect(Object.keys(rowProblems(emptyRow([], plant)))).toEqual(["entityType", "operations"]));
});

describe("the scopes of rows", () => {
  test("are named once, though two rows say the same", () => {
    const row = {
      key: 1,
      domainId: plant,
      entityType: "clients",
      entityId: "*",
      operations: ["view"],
    };
    expect(scopesOf([row, { ...row, key: 2, operations: ["view", "delete"] }])).toEqual([
      { domain_id: plant, entity_type: "clients", entity_id: "*", operation: "view" },
      { domain_id: plant, entity_type: "clients", entity_id: "*", operation: "delete" },
    ]);
  });

  test("become the same rows again, in the guide's order", () => {
    const scopes = ["delete", "view"].map((operation) => ({
      domain_id: plant,
      entity_type: "clients",
      entity_id: pump,
      operation,
    }));
    expect(rowsOf(scopes, catalogue)).toEqual([
      {
        key: 1,
        domainId: plant,
        entityType: "clients",
        entityId: pump,
        operations: ["view", "delete"],
      },
    ]);
  });
});

describe("the scopes of a link", () => {
  test("are read, also in the forms of other systems and of configured types", () => {
    const { scopes, problems } = readScopeList(
      `clients:view:${pump},clients:create:*,rules:view,domains:read`,
      plant,
      catalogue,
    );
    expect(problems).toEqual([]);
    expect(scopes.map((scope) => [scope.entity_type, scope.operation, scope.entity_id])).toEqual([
      ["clients", "view", pump],
      ["domains", "create_clients", plant],
      ["rules", "view", "*"],
      ["domains", "read", plant],
    ]);
  });

  test("are read by the types of the server, also of one newer than the app", () => {
    const sensors = catalogue.entity_types.map((type) =>
      type.name === "clients" ? { ...type, name: "sensors", singular: "sensor" } : type,
    );
    const newer = { ...catalogue, entity_types: sensors };
    const { scopes, problems } = readScopeList(`sensors:view:${pump},clients:view`, plant, newer);
    expect(scopes.map(({ entity_type, entity_id }) => [entity_type, entity_id])).toEqual([
      ["sensors", pump],
    ]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain("is no entity type");
  });

  test("that are unknown are told with what was probably meant", () => {
    const { scopes, problems } = readScopeList("clients:veiw:*,nonsense", plant, catalogue);
    expect(scopes).toEqual([]);
    expect(problems[0]).toContain('did you mean "view"');
    expect(problems[1]).toContain("clients:view:*");
  });
});

describe("a preset", () => {
  const operationsOf = (label: string) => {
    const preset = presets.find((known) => known.label === label);
    if (preset === undefined) throw new Error(`no preset ${label}`);
    return presetScopes(preset, plant, catalogue).map(
      ({ entity_type, operation }) => `${entity_type}.${operation}`,
    );
  };

  test("for reading takes what only shows, also of what the server alone knows", () => {
    expect(operationsOf("Read-only")).toEqual([
      "clients.view",
      "channels.view",
      "groups.view",
      "groups.retrieve_group_hierarchy",
      "groups.list_children_groups",
      "domains.read",
      "domains.list",
      "domains.list_invitation",
      "domains.list_domain_invitation",
      "domains.list_clients",
      "domains.list_channels",
      "domains.list_groups",
      "rules.view",
      "rules.simulate",
    ]);
  });

  test("for provisioning takes of each type what setting up devices needs", () => {
    expect(operationsOf("Device provisioning")).toEqual([
      "clients.view",
      "clients.update",
      "clients.update_tags",
      "clients.update_secret",
      "clients.enable",
      "clients.set_parent_group",
      "clients.connect_to_channel",
      "channels.view",
      "channels.connect_client",
      "groups.view",
      "groups.set_child_client",
      "domains.create_clients",
      "domains.list_clients",
      "domains.list_channels",
      "domains.list_groups",
    ]);
  });

  test("for deploying creates and changes", () => {
    const wanted = operationsOf("CI deploy");
    expect(wanted.filter((id) => !id.startsWith("rules."))).toEqual([
      "clients.view",
      "clients.update",
      "clients.update_tags",
      "clients.update_secret",
      "clients.enable",
      "clients.set_parent_group",
      "clients.connect_to_channel",
      "channels.view",
      "channels.update",
      "channels.update_tags",
      "channels.enable",
      "channels.set_parent_group",
      "channels.connect_client",
      "groups.view",
      "groups.update",
      "groups.update_tags",
      "groups.enable",
      "groups.retrieve_group_hierarchy",
      "groups.add_parent_group",
      "groups.add_children_groups",
      "groups.list_children_groups",
      "groups.set_child_client",
      "groups.set_child_channel",
      "domains.read",
      "domains.list",
      "domains.create_clients",
      "domains.list_clients",
      "domains.create_channels",
      "domains.list_channels",
      "domains.create_groups",
      "domains.list_groups",
    ]);
  });

  test("for deploying deletes nothing and invites nobody", () => {
    const wanted = operationsOf("CI deploy");
    expect(wanted).toContain("clients.update");
    expect(wanted).toContain("domains.create_channels");
    expect(wanted.filter((id) => /delete|disable|remove|disconnect|invitation/.test(id))).toEqual(
      [],
    );
    expect(wanted).not.toContain("domains.create");
  });

  test("for everything names every operation", () =>
    expect(operationsOf("Everything I may do")).toHaveLength(54 + 1 + rules.operations.length));
});
