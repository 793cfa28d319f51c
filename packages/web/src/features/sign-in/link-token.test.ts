import { expect, test } from "vitest";
import { readLinkToken } from "./link-token.ts";

test.each([
  ["#token=link_abc", "link_abc"],
  ["token=link_abc", "link_abc"],
  ["", ""],
  ["#other=1", ""],
])("of the address that ends with %j the token of the link is %j", (hash, token) =>
  expect(readLinkToken(hash)).toBe(token),
);
