import { describe, expect, test } from "vitest";
import { readSignInSearch } from "./sign-in-search.ts";

describe("the way on after signing in", () => {
  test.each(["/pats", "/pats/new?name=ci&scopes=clients:view:*"])("may lead to %s", (next) =>
    expect(readSignInSearch({ next })).toEqual({ next }),
  );

  test.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "pats",
  ])("never leads to %j", (next) => expect(readSignInSearch({ next })).toEqual({}));
});
