import { eventTypesOf } from "@tessera/contract";
import { expect, test } from "vitest";
import { eventText } from "./event-text.ts";
import { wantedText } from "./refusal-text.ts";

test.each([...eventTypesOf([]).keys()])("%s is told in words", (name) => {
  expect(eventText(name, undefined)).not.toBe(wantedText(name));
});
