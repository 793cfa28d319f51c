import { expect, test } from "vitest";
import { browserName } from "./browser-name.ts";

test.each([
  ["Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0", "Firefox on Linux"],
  [
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0",
    "Edge on Windows",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) AppleWebKit/605 Version/20 Safari/604",
    "Safari on iPhone",
  ],
  ["curl/8.5.0", "curl"],
  ["tessera-cli/0.1", "tessera-cli/0.1"],
  ["", "Unknown program"],
])("the program that calls itself %s is shown as %s", (userAgent, name) =>
  expect(browserName(userAgent)).toBe(name),
);
