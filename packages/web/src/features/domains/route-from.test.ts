import { route } from "@tessera/sdk";
import { describe, expect, test } from "vitest";
import { routeFrom } from "./route-from.ts";

describe("the route that a name suggests", () => {
  test.each([
    ["Plant 7, North", "plant-7-north"],
    ["Ärger über Öl", "arger-uber-ol"],
    ["7 dwarfs", "dwarfs"],
    ["  --  a__b  ", "a-b"],
    ["日本", ""],
  ])("of %s is %s", (name, suggested) => expect(routeFrom(name)).toBe(suggested));

  test("is one the server accepts, however long the name", () =>
    expect(route.safeParse(routeFrom("a long name ".repeat(30))).success).toBe(true));
});
