import { createCatalogue } from "@tessera/contract";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createRouteTable, findRouteProblem, type GatewayRoute } from "./route-table.ts";

const catalogue = createCatalogue([
  {
    entity_type: "rules",
    singular: "rule",
    title: "Rules",
    operations: [
      { name: "view", summary: "View a rule", action: "rule_read" },
      { name: "list", summary: "List rules", action: "rule_read" },
      { name: "delete", summary: "Delete a rule", action: "rule_delete" },
      { name: "export", summary: "Export the rules", action: "rule_update" },
    ],
  },
]);
const domain = "9d2f1f0e-58a4-4a4e-8a7e-0f4e1a2b3c4d";
const client = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";

const table = createRouteTable(
  [
    { method: "GET", path: "/api/{domain}/rules/{id}", operation: "rules.view" },
    { method: "DELETE", path: "/api/{domain}/rules/{id}", operation: "rules.delete" },
    { method: "GET", path: "/api/{domain}/rules", operation: "rules.list" },
    { method: "GET", path: "/api/{domain}/rules/export", operation: "rules.export" },
    { method: "GET", path: "/api/{domain}/rules/{id}/alarms/*", operation: "rules.view" },
    { method: "DELETE", path: "/api/{domain}/rules/{id}/*", operation: "rules.export" },
    { method: "GET", path: "/api/{domain}/live", operation: "rules.list", websocket: true },
    { method: "GET", path: "/api/{domain}", operation: "domains.read" },
    { method: "GET", path: "/plant/clients/{id}", operation: "clients.view", domain },
  ],
  catalogue,
);

/** `rules.view 7`, or why there is none. */
function found(method: string, target: string): string {
  const read = table.find(method, target);
  return typeof read === "string" ? read : `${read.operation.id} ${read.target.entityId}`;
}

describe("a request to another service", () => {
  test.each([
    ["GET", `/api/${domain}/rules/7`, "rules.view 7"],
    ["HEAD", `/api/${domain}/rules/7`, "rules.view 7"],
    ["DELETE", `/api/${domain}/rules/7`, "rules.delete 7"],
    ["GET", `/api/${domain}/rules`, "rules.list *"],
    ["GET", `/api/${domain}/rules/export`, "rules.export *"],
    ["DELETE", `/api/${domain}/rules/export`, "rules.delete export"],
    ["GET", `/api/${domain}/rules/7/alarms/caf%C3%A9`, "rules.view 7"],
    ["GET", `/api/${domain}/rules/a%3Ab`, "rules.view a:b"],
    ["GET", `/api/${domain}`, `domains.read ${domain}`],
    ["GET", `/plant/clients/${client}`, `clients.view ${client}`],
  ])("%s %s is %s", (method, target, expected) => {
    expect(found(method, target)).toBe(expected);
  });

  test.each([
    ["another method", "PUT", `/api/${domain}/rules/7`],
    ["a method in lower case", "get", `/api/${domain}/rules/7`],
    ["a longer path", "GET", `/api/${domain}/rules/7/x`],
    ["a trailing slash", "GET", `/api/${domain}/rules/`],
    ["a trailing slash where a rule has *", "GET", `/api/${domain}/rules/7/alarms/`],
    [
      "a trailing slash where a rule has * for what is in an object",
      "DELETE",
      `/api/${domain}/rules/7/`,
    ],
    ["another case", "GET", `/API/${domain}/rules/7`],
    ["a domain that is no UUID", "GET", "/api/plant/rules/7"],
    ["a domain in upper case", "GET", `/api/${domain.toUpperCase()}/rules/7`],
    ["an id that is none", "GET", `/api/${domain}/rules/a%20b`],
    ["the wildcard for an id", "GET", `/api/${domain}/rules/*`],
    ["the encoded wildcard", "GET", `/api/${domain}/rules/%2A`],
    ["an id of a kept type that is no UUID", "GET", "/plant/clients/7"],
  ])("has no rule with %s", (_, method, target) => {
    expect(found(method, target)).toBe("no_rule");
  });

  test("that opens a websocket has a rule only where the rule is for one", () => {
    const opened = (path: string) => table.find("GET", `/api/${domain}${path}`, true);
    expect(opened("/rules/7")).toBe("no_rule");
    expect(opened("/live")).toMatchObject({ operation: { id: "rules.list" } });
    expect(found("GET", `/api/${domain}/live`)).toBe("rules.list *");
  });

  test.each([
    ["an encoded slash", `/api/${domain}/rules/7%2Falarms`],
    ["an encoded slash in lower case", `/api/${domain}/rules%2f7`],
    ["a dot segment", `/api/${domain}/rules/../rules/7`],
    ["an encoded dot segment", `/api/${domain}/rules/%2e%2E/7`],
    ["a double slash", `/api/${domain}//rules/7`],
    ["a leading double slash", `//api/${domain}/rules/7`],
    ["NUL", `/api/${domain}/rules/7%00`],
    ["an encoded line break", `/api/${domain}/rules/7%0d%0a`],
    ["a backslash", `/api/${domain}/rules\\7`],
    ["an encoded backslash", `/api/${domain}/rules/7%5c..`],
    ["an encoding of an encoding", `/api/${domain}/rules/7%252F`],
    ["a letter that is encoded", `/api/${domain}/rules/%65xport`],
    ["path parameters", `/api/${domain}/rules/7;v=1`],
    ["a fragment", `/api/${domain}/rules/7#x`],
    ["an absolute address", `http://example.test/api/${domain}/rules/7`],
    ["half an encoding", `/api/${domain}/rules/7%2`],
    ["no UTF-8", `/api/${domain}/rules/7/alarms/%ff`],
    ["a space", `/api/${domain}/rules/7 `],
    ["a word in another case than a rule's", `/api/${domain}/rules/EXPORT`],
    ["nothing", ""],
  ])("is refused as ambiguous with %s", (_, target) => {
    expect(found("GET", target)).toBe("ambiguous_request");
  });

  test("chooses the same rule whatever its query says", () => {
    const query = fc.string({ unit: "grapheme-ascii", maxLength: 40 }).map((text) => text.trim());
    fc.assert(
      fc.property(query, (text) => {
        const read = found("GET", `/api/${domain}/rules/7?${text}`);
        return read === "rules.view 7" || read === "ambiguous_request";
      }),
    );
    expect(found("GET", `/api/${domain}/rules/7?x=/../export&y=%2F`)).toBe("rules.view 7");
  });

  test("never means another object than a decoder of its path would see", () => {
    const characters = [
      ..."7exportEXPORT./\\%;?#* ",
      "%2F",
      "%2f",
      "%2e",
      "%00",
      "%25",
      "//",
      "..",
    ];
    const tail = fc.array(fc.constantFrom(...characters), { maxLength: 8 }).map((x) => x.join(""));
    fc.assert(
      fc.property(tail, (text) => {
        const read = table.find("GET", `/api/${domain}/rules/${text}`);
        if (typeof read === "string") return;
        const seen = new URL(`http://x/api/${domain}/rules/${text}`).pathname.split("/");
        const id = decodeURIComponent(seen[4] ?? "");
        const isExport = read.operation.id === "rules.export" && id === "export";
        expect(isExport || read.target.entityId === id).toBe(true);
        expect(seen.length).toBe(5);
      }),
      { numRuns: 5_000 },
    );
  });
});

describe("a route", () => {
  const good: GatewayRoute = {
    method: "GET",
    path: "/api/{domain}/rules/{id}",
    operation: "rules.view",
  };

  test.each<[string, Partial<GatewayRoute>, string, string]>([
    ["an operation that is none", { operation: "rules.veiw" }, "operation", '"rules.view"?'],
    ["a placeholder that means nothing", { path: "/{domian}/{id}" }, "path", '"{domain}"?'],
    ["no domain", { path: "/rules/{id}" }, "path", "must have {domain}"],
    [
      "a websocket of another method",
      { method: "POST", websocket: true },
      "websocket",
      "beside GET",
    ],
    ["two domains", { domain }, "domain", "must not be given"],
    ["the same placeholder twice", { path: "/{domain}/{id}/{id}" }, "path", "only once"],
    ["an id for the domain's operation", { operation: "domains.read" }, "path", "not have {id}"],
    ["a double slash", { path: "/api//{domain}" }, "path", 'segment ""'],
    ["a dot segment", { path: "/api/../{domain}" }, "path", 'segment ".."'],
    ["an encoding", { path: "/a%20b/{domain}" }, "path", 'segment "a%20b"'],
    ["a query", { path: "/{domain}/x?y" }, "path", 'segment "x?y"'],
    ["no slash at the beginning", { path: "api/{domain}" }, "path", "begin with /"],
  ])("is refused with %s", (_, change, member, message) => {
    const problem = findRouteProblem([good, { ...good, method: "POST", ...change }], catalogue);
    expect(problem).toMatchObject({ index: 1, member });
    expect(problem?.message).toContain(message);
  });

  test("is refused where an earlier one means the same requests", () => {
    const same = { ...good, path: "/api/{id}/rules/*", domain };
    expect(findRouteProblem([good, same], catalogue)).toEqual({
      index: 1,
      member: "path",
      message: "means the same requests as routes.0",
    });
    expect(findRouteProblem([good, { ...good, method: "DELETE" }], catalogue)).toBeUndefined();
  });
});
