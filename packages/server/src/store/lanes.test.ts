import { expect, test } from "vitest";
import { BusyError } from "./driver-errors.ts";
import { createLanes, type LanesOptions } from "./lanes.ts";

const openLanes = (lanes: number, options: Partial<LanesOptions> = {}) =>
  createLanes({
    name: "works",
    lanes,
    maximumWaiting: 100,
    maximumWaitMilliseconds: 60_000,
    currentCaller: () => undefined,
    ...options,
  });

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
  const lanes = openLanes(2);
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

test("a work that fails frees its lane", async () => {
  const lanes = openLanes(1);
  const fail = async () => {
    throw new Error("no");
  };
  await expect(lanes.beside(fail)).rejects.toThrow("no");
  expect(await lanes.beside(async () => 1)).toBe(1);
});

test("callers who wait take turns, however much one of them asks for", async () => {
  let caller = "greedy";
  const lanes = openLanes(1, { currentCaller: () => caller });
  const { steps, work, end } = createWorks();
  const all = ["g1", "g2", "g3"].map((name) => lanes.beside(work(name)));
  caller = "modest";
  all.push(lanes.beside(work("m1")));
  await end("");
  for (const name of ["g1", "g2", "m1", "g3"]) await end(name);
  await Promise.all(all);
  expect(steps.filter((step) => step.endsWith("begins"))).toEqual([
    "g1 begins",
    "g2 begins",
    "m1 begins",
    "g3 begins",
  ]);
});

test("one caller cannot fill the line: whoever has more waiting gives the newcomer a place", async () => {
  let caller = "greedy";
  const lanes = openLanes(1, { maximumWaiting: 3, currentCaller: () => caller });
  const { steps, work, end } = createWorks();
  const greedy = ["g1", "g2", "g3", "g4"].map((name) => lanes.beside(work(name)));
  const refused = lanes.beside(work("g5"));
  await expect(refused).rejects.toThrow(BusyError);
  caller = "modest";
  const modest = lanes.beside(work("m1"));
  await expect(greedy[3]).rejects.toThrow("There are too many works at a time");
  for (const name of ["g1", "g2", "m1", "g3"]) await end(name);
  await Promise.all([...greedy.slice(0, 3), modest]);
  expect(steps.filter((step) => step.endsWith("begins"))).not.toContain("g5 begins");
});

test("the server's own works find room in a full line, and give none of it up", async () => {
  let caller: string | undefined = "ada";
  const lanes = openLanes(1, { maximumWaiting: 1, currentCaller: () => caller });
  const { steps, work, end } = createWorks();
  const all = ["a1", "a2"].map((name) => lanes.beside(work(name)));
  caller = undefined;
  all.push(...["s1", "s2"].map((name) => lanes.beside(work(name))));
  caller = "bob";
  await expect(lanes.beside(work("b1"))).rejects.toThrow(BusyError);
  await end("");
  for (const name of ["a1", "a2", "s1", "s2"]) await end(name);
  await Promise.all(all);
  expect(steps.filter((step) => step.endsWith("begins"))).toEqual([
    "a1 begins",
    "a2 begins",
    "s1 begins",
    "s2 begins",
  ]);
});

test("whoever waits for too long is told so and never begins, and those behind go on", async () => {
  const lanes = openLanes(1, { maximumWaitMilliseconds: 1 });
  const { steps, work, end } = createWorks();
  const first = lanes.beside(work("a"));
  const late = lanes.beside(work("late"));
  await expect(late).rejects.toThrow(BusyError);
  await end("a");
  await first;
  const next = lanes.beside(work("b"));
  await end("");
  await end("b");
  await next;
  expect(steps).toContain("b ends");
  expect(steps).not.toContain("late begins");
});
