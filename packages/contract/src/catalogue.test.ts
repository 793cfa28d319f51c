import { describe, expect, test } from "vitest";
import {
  catalogueOfReply,
  createCatalogue,
  isScopeProblem,
  replyOfCatalogue,
} from "./catalogue.ts";
import { nearest } from "./nearest.ts";

const domainId = "9d2f3c64-0000-4000-8000-000000000001";
const entityId = "9d2f3c64-0000-4000-8000-000000000002";
const catalogue = createCatalogue();

const wire = (entity_type: string, operation: string, entity_id = "*") => ({
  domain_id: domainId,
  entity_type,
  entity_id,
  operation,
});
const rules = {
  entity_type: "rules",
  singular: "rule",
  title: "Rules",
  operations: [{ name: "view", summary: "View a rule", action: "rule_read" }],
};

describe("the catalogue", () => {
  test("has the guide's 54 operations of the four types, and its own are marked", () => {
    const counts = catalogue.entityTypes.map((type) => [
      type.name,
      type.operations.filter(({ isOwn }) => isOwn !== true).length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      clients: 11,
      channels: 10,
      groups: 17,
      domains: 16,
    });
    const own = catalogue.operations().filter(({ isOwn }) => isOwn === true);
    expect(own.map(({ id }) => id)).toEqual(["domains.view_audit"]);
    const told = replyOfCatalogue(catalogue, "pat").entity_types.flatMap(({ name, operations }) =>
      operations.filter(({ is_own }) => is_own === true).map((row) => `${name}.${row.name}`),
    );
    expect(told).toEqual(["domains.view_audit"]);
  });

  test("has no two endpoints that answer the same request", () => {
    const requests = catalogue
      .endpoints()
      .map(({ method, path }) => `${method} ${path.replaceAll(/:\w+/g, ":")}`);
    expect(new Set(requests).size).toBe(requests.length);
  });

  test("gives every type the role actions of the wire: 9, 11, 65 and 64", () => {
    const counts = catalogue.entityTypes.map((type) => [
      type.name,
      catalogue.roleActions(type.name).length,
    ]);
    expect(Object.fromEntries(counts)).toEqual({
      clients: 9,
      channels: 11,
      groups: 65,
      domains: 64,
    });
    for (const type of catalogue.entityTypes) {
      const actions = catalogue.roleActions(type.name);
      expect(new Set(actions).size).toBe(actions.length);
    }
  });

  test("lets a domain role hold every action that any operation of the domain asks for", () => {
    const actions = catalogue.roleActions("domains");
    for (const row of catalogue.operations()) {
      if (row.action === null) continue;
      const { domain, own } = catalogue.actionsThatAllow(row.type, row.action);
      expect(actions, row.id).toContain(row.type === "domains" ? own : domain);
    }
  });

  test("says of each operation whether it only shows what there is", () => {
    const reads = catalogue.operations().filter(({ isRead }) => isRead);
    expect(reads.map(({ id }) => id)).toEqual([
      "clients.view",
      "channels.view",
      "groups.view",
      "groups.retrieve_group_hierarchy",
      "groups.list_children_groups",
      "domains.read",
      "domains.list",
      "domains.list_invitation",
      "domains.list_domain_invitation",
      "domains.view_audit",
      "domains.list_clients",
      "domains.list_channels",
      "domains.list_groups",
    ]);
  });

  test("goes by the names of configured operations unless their rows say more", () => {
    const row = (name: string, is_read?: boolean) => ({
      name,
      summary: name,
      action: "rule_read",
      ...(is_read === undefined ? {} : { is_read }),
    });
    const operations = [
      row("view"),
      row("list_alarms"),
      row("viewer_add"),
      row("simulate", true),
      row("read_and_clear", false),
    ];
    const extended = createCatalogue([{ ...rules, operations }]);
    const found = extended.findEntityType("rules")?.operations ?? [];
    expect(found.map(({ name, isRead }) => [name, isRead])).toEqual([
      ["view", true],
      ["list_alarms", true],
      ["viewer_add", false],
      ["simulate", true],
      ["read_and_clear", false],
    ]);
  });

  test("knows the operations of configured types, and their role actions in the domain", () => {
    const extended = createCatalogue([rules]);
    expect(extended.findOperation("rules.view")?.action).toBe("rule_read");
    expect(extended.roleActions("domains")).toContain("rule_read");
    expect(extended.readScope(wire("rules", "view", "rule-7"))).toEqual({
      domainId,
      entityType: "rules",
      entityId: "rule-7",
      operation: "view",
    });
  });

  test("refuses a configured type with the name of another", () => {
    expect(() => createCatalogue([{ ...rules, entity_type: "clients" }])).toThrow(RangeError);
  });
});

describe("a scope on input", () => {
  test.each([
    ["clients", "create", "domains", "create_clients"],
    ["clients", "create_clients", "domains", "create_clients"],
    ["clients", "list", "domains", "list_clients"],
    ["channels", "create", "domains", "create_channels"],
    ["channels", "list_channels", "domains", "list_channels"],
    ["groups", "create", "domains", "create_groups"],
    ["groups", "list_groups", "domains", "list_groups"],
    ["domains", "list_clients", "domains", "list_clients"],
    ["channels", "connect_to_channel", "clients", "connect_to_channel"],
    ["channels", "disconnect_from_channel", "clients", "disconnect_from_channel"],
    ["clients", "set_child_client", "groups", "set_child_client"],
    ["clients", "remove_child_client", "groups", "remove_child_client"],
    ["channels", "set_child_channel", "groups", "set_child_channel"],
    ["channels", "remove_child_channel", "groups", "remove_child_channel"],
  ])("%s/%s/* is stored as %s/%s", (type, operation, canonicalType, canonicalOperation) => {
    expect(catalogue.readScope(wire(type, operation))).toEqual({
      domainId,
      entityType: canonicalType,
      entityId: canonicalType === "domains" ? domainId : "*",
      operation: canonicalOperation,
    });
  });

  test.each([
    [wire("clients", "veiw"), "operation", 'did you mean "view"?'],
    [wire("cleints", "view"), "entity_type", 'did you mean "clients"?'],
    [wire("clients", "freeze"), "operation", "no operation of clients"],
    [wire("clients", "view", "pump"), "entity_id", "UUID"],
    [wire("clients", "view", ""), "entity_id", "UUID"],
    [wire("domains", "read", entityId), "entity_id", "the domain's own id"],
    [wire("clients", "create", entityId), "entity_id", "the domain's id"],
    [{ ...wire("clients", "view"), domain_id: "*" }, "domain_id", "UUID"],
    [wire("__proto__", "constructor"), "entity_type", "no entity type"],
  ])("%j is refused with the member that is wrong", (scope, member, message) => {
    const read = catalogue.readScope(scope);
    expect(isScopeProblem(read)).toBe(true);
    expect(read).toMatchObject({ member, message: expect.stringContaining(message) });
  });

  test("names the word that takes the fewest edits", () => {
    expect(nearest("udpate_tags", ["update", "update_tags", "enable"])).toBe("update_tags");
  });
});

describe("a catalogue that a server told", () => {
  const told = replyOfCatalogue(createCatalogue([rules]), "pat");
  const heard = catalogueOfReply(told);

  test("is told on without a change", () => {
    expect(replyOfCatalogue(heard, "pat")).toEqual(told);
  });

  test("knows who may do and who may give what, as the server does", () => {
    const own = createCatalogue([rules]);
    for (const { name } of own.entityTypes) {
      for (const action of own.roleActions(name)) {
        expect(heard.actionsThatAllow(name, action)).toEqual(own.actionsThatAllow(name, action));
        expect(heard.actionsThatGive(name, action)).toEqual(own.actionsThatGive(name, action));
      }
    }
  });

  test("reads scopes as the server does, by their other names too", () => {
    const own = createCatalogue([rules]);
    for (const scope of [
      wire("clients", "view", entityId),
      wire("clients", "create"),
      wire("channels", "connect_to_channel", entityId),
      wire("rules", "view", "rule-7"),
      wire("rules", "veiw"),
      wire("clients", "view", "rule-7"),
    ]) {
      expect(heard.readScope(scope)).toEqual(own.readScope(scope));
    }
  });
});
