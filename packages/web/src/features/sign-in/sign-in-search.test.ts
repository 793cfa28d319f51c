import { describe, expect, it } from "vitest";
import { readSignInSearch } from "./sign-in-search.ts";

describe("the way on after signing in", () => {
  it.each(["/pats", "/pats/new?name=ci&scopes=clients:view:*"])("may lead to %s", (next) =>
    expect(readSignInSearch({ next })).toEqual({ next }),
  );

  it.each([
    "https://evil.example",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "pats",
  ])("never leads to %j", (next) => expect(readSignInSearch({ next })).toEqual({}));
});
