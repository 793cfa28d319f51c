import { expect, test } from "vitest";
import { covers, parseScopeText, scopeText } from "./scope.ts";

const scope = { domainId: "d1", entityType: "clients", entityId: "c1", operation: "view" };
const target = { domainId: "d1", entityType: "clients", entityId: "c1" };

test("covers its own operation on its own object, and no other", () => {
  expect(covers(scope, "view", target)).toBe(true);
  expect(covers(scope, "update", target)).toBe(false);
  expect(covers(scope, "view", { ...target, entityId: "c2" })).toBe(false);
  expect(covers(scope, "view", { ...target, entityType: "channels" })).toBe(false);
  expect(covers(scope, "view", { ...target, domainId: "d2" })).toBe(false);
});

test("with * covers every object of its type, within its domain", () => {
  const all = { ...scope, entityId: "*" };
  expect(covers(all, "view", { ...target, entityId: "c2" })).toBe(true);
  expect(covers(all, "view", { ...target, domainId: "d2" })).toBe(false);
});

test.each(["clients:view:*", "clients:update_tags:5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60"])(
  "%s reads back as it was written",
  (text) => {
    const read = parseScopeText(text);
    expect(read && scopeText(read)).toBe(text);
  },
);

test("means all objects when the text names none", () => {
  expect(parseScopeText("clients:view")).toMatchObject({ entityId: "*" });
});

test.each([
  "",
  "clients",
  "clients:",
  ":view:*",
  "clients:view:",
  "clients:view:*:*",
  "Clients:view:*",
  "clients:view:a b",
])("%j is no scope", (text) => {
  expect(parseScopeText(text)).toBeUndefined();
});
