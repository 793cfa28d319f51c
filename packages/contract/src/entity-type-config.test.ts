import { describe, expect, test } from "vitest";
import { createCatalogue } from "./catalogue.ts";
import { type EntityTypeConfig, findEntityTypeProblem } from "./entity-type-config.ts";

const rules: EntityTypeConfig = {
  entity_type: "rules",
  singular: "rule",
  title: "Rules",
  operations: [{ name: "view", summary: "View a rule", action: "rule_read" }],
};
const dashboards: EntityTypeConfig = {
  entity_type: "dashboards",
  singular: "dashboard",
  title: "Dashboards",
  role_actions: ["dashboard_read"],
  operations: [{ name: "view", summary: "View a dashboard", action: "dashboard_read" }],
};

function withOperation(change: Partial<EntityTypeConfig["operations"][number]>): EntityTypeConfig {
  const [first] = rules.operations;
  return { ...rules, operations: [{ name: "", summary: "", action: "", ...first, ...change }] };
}

describe("a configured entity type", () => {
  test("may use the role actions that there are, and bring its own", () => {
    expect(findEntityTypeProblem([rules, dashboards])).toBeUndefined();
    expect(createCatalogue([rules, dashboards]).roleActions("domains")).toContain("dashboard_read");
  });

  test.each([
    ["entity_type", { ...rules, entity_type: "clients" }, '"clients" exists already'],
    ["singular", { ...rules, singular: "group" }, '"group" exists already'],
    ["title", { ...rules, title: "Channels" }, '"Channels" exists already'],
  ])("may not take the %s of a built-in type", (member, type, message) => {
    const problem = findEntityTypeProblem([type]);
    expect(problem?.path).toEqual([0, member]);
    expect(problem?.message).toContain(message);
  });

  test("may not take the name of another configured type", () => {
    expect(findEntityTypeProblem([rules, { ...dashboards, entity_type: "rules" }])?.path).toEqual([
      1,
      "entity_type",
    ]);
  });

  test("may not bring a role action that exists already", () => {
    const problem = findEntityTypeProblem([{ ...rules, role_actions: ["rule_read"] }]);
    expect(problem?.path).toEqual([0, "role_actions", 0]);
  });

  test("may not bring a role action that none of its operations needs", () => {
    const problem = findEntityTypeProblem([{ ...rules, role_actions: ["rule_fly"] }]);
    expect(problem?.message).toBe("is needed by no operation of this type");
  });

  test("may not have an operation twice", () => {
    const [operation] = rules.operations;
    const twice = {
      ...rules,
      operations: [operation, operation].filter((row) => row !== undefined),
    };
    expect(findEntityTypeProblem([twice])?.path).toEqual([0, "operations", 1, "name"]);
  });

  test("is told the nearest role action for one that nobody could hold", () => {
    const problem = findEntityTypeProblem([withOperation({ action: "rule_raed" })]);
    expect(problem?.path).toEqual([0, "operations", 0, "action"]);
    expect(problem?.message).toContain('did you mean "rule_read"?');
  });
});
