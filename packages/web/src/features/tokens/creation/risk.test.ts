import { createCatalogue, replyOfCatalogue } from "@tessera/sdk";
import { expect, test } from "vitest";
import { readScopeList } from "../scope-rows.ts";
import { riskOf } from "./risk.ts";
import { readScopesOfText } from "./scopes-of-text.ts";

const catalogue = replyOfCatalogue(createCatalogue(), "pat");
const domain = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const other = "0b2c3d4e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const risk = (text: string) => riskOf(readScopeList(text, domain, catalogue).scopes, catalogue);

test.each([
  ["", "None", "It can do nothing yet."],
  ["clients:view,domains:list_clients", "Low", "It can look at things, and change nothing."],
  [
    "clients:view,clients:update",
    "Medium",
    "It takes nothing away, and can update client information.",
  ],
  [`clients:delete:${other}`, "Medium", "On single objects it can delete a client."],
  [
    "clients:delete,channels:delete,groups:delete,groups:disable",
    "High",
    "On all objects it can delete a client, delete a channel, delete a group, and 1 more.",
  ],
])("the risk of “%s” is %s, with one sentence", (text, level, sentence) =>
  expect(risk(text)).toEqual({ level, sentence }),
);

test("the message of a refusal is read, with the domain that it names", () => {
  const text = `The token needs the scope clients:update_tags:${other} in domain ${other}`;
  expect(readScopesOfText(text, domain, catalogue)).toEqual({
    problems: [],
    scopes: [
      { domain_id: other, entity_type: "clients", entity_id: other, operation: "update_tags" },
    ],
  });
  const [alone] = readScopesOfText("clients:view", domain, catalogue).scopes;
  expect(alone?.domain_id).toBe(domain);
  expect(readScopesOfText("let me in", domain, catalogue).problems[0]).toMatch(/no scope in this/);
  expect(readScopesOfText("clients:veiw:*", domain, catalogue).problems[0]).toContain('"view"');
});
