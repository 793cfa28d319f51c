import { expect, test } from "vitest";
import { compileScopes, countScopes } from "./compiled-scopes.ts";

test("scopes are counted over all operations, domains and objects, each once", () => {
  const scopes = ["view", "delete"].flatMap((operation) =>
    ["a", "b"].flatMap((domainId) =>
      ["1", "2", "*"].map((entityId) => ({
        id: `${operation} ${domainId} ${entityId}`,
        entityType: "clients",
        operation,
        domainId,
        entityId,
      })),
    ),
  );
  expect(countScopes(compileScopes([]))).toBe(0);
  expect(countScopes(compileScopes([...scopes, ...scopes]))).toBe(12);
});
