import { expect, test } from "vitest";
import { createInTurns, mapInTurns, nextTurn } from "./in-turns.ts";

test("what takes long lets others be answered in between, and comes in its order", async () => {
  let now = 0;
  const order: (string | number)[] = [];
  const others = (count: number): void => {
    if (count === 0) return;
    setImmediate(() => {
      order.push("other");
      others(count - 1);
    });
  };
  others(3);
  const made = await mapInTurns(
    [1, 2, 3, 4, 5, 6],
    (item) => {
      now += 0.5;
      order.push(item);
      return item * 10;
    },
    () => now,
  );
  expect(made).toEqual([10, 20, 30, 40, 50, 60]);
  expect(order.filter((one) => one !== "other")).toEqual([1, 2, 3, 4, 5, 6]);
  expect(order.slice(0, 2)).toEqual([1, 2]);
  expect(order.indexOf("other")).toBeLessThan(order.indexOf(3));
  expect(order.slice(order.indexOf(3), order.indexOf(5))).toContain("other");
});

test("what takes no time is made at once", async () => {
  let isInterrupted = false;
  setImmediate(() => {
    isInterrupted = true;
  });
  await mapInTurns(
    Array.from({ length: 1000 }, () => 1),
    () => {
      expect(isInterrupted).toBe(false);
    },
    () => 0,
  );
});

test("whoever lets go through much pays for each turn, also where the work fails, and others come in between", async () => {
  let now = 0;
  let isInterrupted = false;
  const paid: number[] = [];
  const inTurns = createInTurns(
    (milliseconds) => paid.push(milliseconds),
    () => now,
  );
  setImmediate(() => {
    isInterrupted = true;
  });
  const failed = inTurns([1, 2, 3, 4], async (item) => {
    now += 0.6;
    expect(isInterrupted).toBe(item > 2);
    if (item === 4) throw new Error("no more");
  });
  await expect(failed).rejects.toThrow("no more");
  expect(paid).toEqual([1.2, 1.2]);
});

test("of many works that wait for a turn one goes on before others are answered again", async () => {
  const order: string[] = [];
  const others = (count: number): void => {
    if (count === 0) return;
    setImmediate(() => {
      order.push("other");
      others(count - 1);
    });
  };
  const works = ["a", "b", "c"].map(async (work) => {
    await nextTurn();
    order.push(work);
  });
  others(4);
  await Promise.all(works);
  expect(order).toEqual(["a", "other", "b", "other", "c"]);
});
