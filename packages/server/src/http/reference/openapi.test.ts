import { join } from "node:path";
import { lintFromString, loadConfig } from "@redocly/openapi-core";
import { accountEndpoints, createCatalogue, type EntityTypeConfig } from "@tessera/contract";
import { describe, expect, test } from "vitest";
import type { ApiOperation } from "./openapi.ts";
import { describeApi } from "./openapi.ts";

const redoclyConfig = join(import.meta.dirname, "../../../../../redocly.yaml");

const rules: EntityTypeConfig = {
  entity_type: "rules",
  singular: "rule",
  title: "Rules",
  operations: [{ name: "view", summary: "View a rule", action: "rule_read" }],
};

function describeServer(configured: readonly EntityTypeConfig[] = []) {
  const catalogue = createCatalogue(configured);
  return describeApi({
    catalogue,
    endpoints: [...catalogue.endpoints(), ...accountEndpoints],
    version: "1.2.3",
    publicUrl: "https://tokens.example.org/",
    gatewayRoutes:
      configured.length === 0
        ? []
        : [{ method: "GET", path: "/api/{domain}/rules/{id}", operation: "rules.view" }],
  });
}

const document = describeServer();
const operations = operationsOf(document);

function operationsOf({ paths }: ReturnType<typeof describeApi>): readonly ApiOperation[] {
  return Object.values(paths).flatMap((methods) => Object.values(methods));
}

describe("the OpenAPI document", () => {
  test.each([
    ["the built-in types", describeServer()],
    ["configured types", describeServer([rules])],
  ])("of %s is valid by Redocly's recommended rules, without a warning", async (_, described) => {
    const config = await loadConfig({ configPath: redoclyConfig });
    const problems = await lintFromString({ source: JSON.stringify(described), config });
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([]);
  });

  test("leaves no address that fits two paths with as many placeholders", () => {
    const paths = Object.keys(document.paths);
    const pairs = paths.flatMap((path, index) =>
      paths.slice(index + 1).map((other) => [path, other] as const),
    );
    expect(pairs.filter(([a, b]) => fitOneAddress(a, b))).toEqual([]);
  });

  test("has every row under its own id, and every operation of the catalogue in some scope", () => {
    const catalogue = createCatalogue();
    const ids = [...catalogue.endpoints(), ...accountEndpoints].map(({ id }) => id);
    expect(operations.map(({ operationId }) => operationId).sort()).toEqual(ids.sort());
    const scopes = operations.flatMap((operation) =>
      operation["x-tessera-scopes"].map((scope) => `${scope.entity_type}.${scope.operation}`),
    );
    expect(catalogue.operations().filter(({ id }) => !scopes.includes(id))).toEqual([]);
  });

  test("says which scopes a token needs, on what, and what its owner needs", () => {
    const setParent = operations.find((row) => row.operationId === "clients.set_parent_group");
    expect(setParent?.["x-tessera-scopes"]).toEqual([
      { entity_type: "clients", operation: "set_parent_group", on: "path" },
      {
        entity_type: "groups",
        operation: "set_child_client",
        on: "body",
        member: "parent_group_id",
      },
    ]);
    expect(setParent?.description).toBe(
      "A personal access token needs the scopes `clients:set_parent_group` and `groups:set_child_client` on `parent_group_id` of the body. Its owner, or whoever has signed in, needs the role action `set_parent_group` on the client and the role action `set_child` on `parent_group_id` of the body.",
    );
    expect(setParent?.security).toContainEqual({ personalAccessToken: [] });
  });

  test("says of what no scope opens that no token may call it", () => {
    const closed = operations.filter(
      (row) =>
        !["operation", "bearer", "token_self", "anyone", "anonymous_limited"].includes(
          row["x-tessera-access"],
        ),
    );
    expect(closed.length).toBeGreaterThan(50);
    for (const { description, security } of closed) {
      expect(description).toContain("No personal access token may call this.");
      expect(security).not.toContainEqual({ personalAccessToken: [] });
    }
  });

  test("tells of a configured type which operations it has and which requests they are", () => {
    const described = describeServer([rules]);
    expect(described["x-tessera-catalogue"].find((type) => type.entity_type === "rules")).toEqual({
      entity_type: "rules",
      title: "Rules",
      kind: "external",
      operations: [
        {
          scope: "rules:view",
          summary: "View a rule",
          role_action: "rule_read",
          aliases: [],
          requests: ["GET /api/{domain}/rules/{id}"],
        },
      ],
    });
    expect(described.tags.map(({ name }) => name)).toContain("Rules");
    expect(described.servers).toEqual([{ url: "https://tokens.example.org" }]);
  });
});

/** Whether one address could mean both: a placeholder for a UUID never fits a word of the other path. */
function fitOneAddress(a: string, b: string): boolean {
  const [left, right] = [a.split("/"), b.split("/")];
  const count = (segments: readonly string[]) => segments.filter(isPlaceholder).length;
  if (left.length !== right.length || count(left) !== count(right)) return false;
  return left.every((segment, index) => {
    const other = right[index] ?? "";
    if (isPlaceholder(segment) && isPlaceholder(other)) return true;
    if (segment === other) return true;
    return [segment, other].includes("{roleId}");
  });
}

const isPlaceholder = (segment: string) => segment.startsWith("{");
