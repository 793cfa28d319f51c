import { expect, test } from "vitest";
import { proofText, serverText } from "./proof-text.ts";

const proof = { operations: 7, objects: 3, refused_already: 0, not_decided: 0, would_refuse: 0 };

test("the proof is one sentence", () => {
  expect(proofText({ ...proof, uses: 41_208 })).toBe("0 of 41,208 recorded uses would be refused.");
});

test("the proof does not claim what it did not decide, nor what is refused anyhow", () => {
  expect(proofText({ ...proof, uses: 900, refused_already: 2, not_decided: 1500 })).toBe(
    "0 of 900 recorded uses would be refused, besides 2 that are already refused now. 1,500 more, on objects that were not counted one by one, keep their scopes.",
  );
});

test("reasons name days in words, and objects by no id", () => {
  expect(serverText("not used in 90d")).toBe("Not used in 90 days.");
  expect(
    serverText("it may also do domains:list_clients:7dd3ff36-cc6a-41d3-b447-0f31bc85f887, and so"),
  ).toBe("It may also do domains:list_clients, and so.");
});
