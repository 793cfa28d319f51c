import { expect, test } from "vitest";
import { createLanes } from "./transaction-lanes.ts";

/** Works that end when they are told to, and a record of what they did. */
function createWorks() {
  const steps: string[] = [];
  const ends = new Map<string, () => void>();
  return {
    steps,
    work: (name: string) => async () => {
      steps.push(`${name} begins`);
      await new Promise<void>((resolve) => ends.set(name, resolve));
      steps.push(`${name} ends`);
    },
    end: async (name: string) => {
      ends.get(name)?.();
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

test("works run side by side, no more than there are lanes", async () => {
  const lanes = createLanes(2);
  const { steps, work, end } = createWorks();
  const all = ["a", "b", "c"].map((name) => lanes.beside(work(name)));
  await end("");
  expect(steps).toEqual(["a begins", "b begins"]);
  await end("b");
  expect(steps.slice(2)).toEqual(["b ends", "c begins"]);
  await end("a");
  await end("c");
  await Promise.all(all);
});

test("a work that is to run alone waits for those before it, and those after wait for it", async () => {
  const lanes = createLanes(5);
  const { steps, work, end } = createWorks();
  const all = [
    lanes.beside(work("a")),
    lanes.alone(work("b")),
    lanes.beside(work("c")),
    lanes.beside(work("d")),
  ];
  await end("");
  expect(steps).toEqual(["a begins"]);
  await end("a");
  expect(steps.slice(1)).toEqual(["a ends", "b begins"]);
  await end("b");
  expect(steps.slice(3)).toEqual(["b ends", "c begins", "d begins"]);
  await end("c");
  await end("d");
  await Promise.all(all);
});

test("a work that fails frees its lane", async () => {
  const lanes = createLanes(1);
  const fail = async () => {
    throw new Error("no");
  };
  await expect(lanes.beside(fail)).rejects.toThrow("no");
  await expect(lanes.alone(fail)).rejects.toThrow("no");
  expect(await lanes.beside(async () => 1)).toBe(1);
});
