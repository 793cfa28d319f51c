import { expect, test } from "vitest";
import { createTurns } from "./turns.ts";

test("no more works run at once than allowed, in the order they came", async () => {
  const inTurn = createTurns({ atOnce: 2, waiting: 10 });
  let running = 0;
  let most = 0;
  const started: number[] = [];
  const work = (name: number) =>
    inTurn(async () => {
      started.push(name);
      running += 1;
      most = Math.max(most, running);
      await new Promise((resolve) => setImmediate(resolve));
      running -= 1;
      return name;
    });
  const results = await Promise.all([0, 1, 2, 3, 4, 5].map(work));
  expect(results).toEqual([0, 1, 2, 3, 4, 5]);
  expect(started).toEqual([0, 1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});

test("who comes when the line is full is told to come again", async () => {
  const inTurn = createTurns({ atOnce: 1, waiting: 1 });
  const { promise, resolve } = Promise.withResolvers<void>();
  const first = inTurn(() => promise);
  const second = inTurn(async () => "done");
  await expect(inTurn(async () => "refused")).rejects.toMatchObject({
    code: "unavailable",
    details: { retryAfterSeconds: 1 },
  });
  resolve();
  await first;
  expect(await second).toBe("done");
});

test("a work that fails gives its turn to the next", async () => {
  const inTurn = createTurns({ atOnce: 1, waiting: 5 });
  const failing = inTurn(() => Promise.reject(new Error("no")));
  const next = inTurn(async () => "done");
  await expect(failing).rejects.toThrow("no");
  expect(await next).toBe("done");
  expect(await inTurn(async () => "later")).toBe("later");
});
