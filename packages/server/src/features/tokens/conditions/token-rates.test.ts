import fc from "fast-check";
import { expect, test } from "vitest";
import { countInTime, type RateCounter } from "./token-rates.ts";

const rate = { limit: 3, perMilliseconds: 60_000 };

function startAt(now: number) {
  const clock = { now };
  const counters = new Map<string, RateCounter>();
  const count = (token: string, of: typeof rate) => {
    const counter = counters.get(token) ?? { counted: undefined };
    counters.set(token, counter);
    return countInTime(counter, of, clock.now);
  };
  return { clock, wait: (of = rate) => count("token", of).waitMilliseconds, count };
}

test("so many uses may come at once, and one more each time that a part of the time has passed", () => {
  const { clock, wait } = startAt(1_000_000);
  expect([wait(), wait(), wait(), wait()]).toEqual([0, 0, 0, 20_000]);
  clock.now += 19_999;
  expect(wait()).toBe(1);
  clock.now += 1;
  expect([wait(), wait()]).toEqual([0, 20_000]);
  clock.now += 60_000;
  expect([wait(), wait(), wait(), wait()]).toEqual([0, 0, 0, 20_000]);
});

test("what is left is told, and when all of it is there again", () => {
  const { clock, count } = startAt(1_000_000);
  expect(count("token", rate).rate).toEqual({ left: 2, fullAfterMilliseconds: 20_000 });
  expect(count("token", rate).rate).toEqual({ left: 1, fullAfterMilliseconds: 40_000 });
  expect(count("token", rate).rate).toEqual({ left: 0, fullAfterMilliseconds: 60_000 });
  expect(count("token", rate).rate).toEqual({ left: 0, fullAfterMilliseconds: 60_000 });
  clock.now += 60_000;
  expect(count("token", rate).rate?.left).toBe(2);
});

test("a clock that is set back keeps nobody waiting for longer than the time of the rate, and gives nothing", () => {
  const { clock, wait } = startAt(1_000_000_000);
  for (let times = 0; times < 3; times += 1) wait();
  clock.now -= 900_000_000;
  expect(wait()).toBe(20_000);
  clock.now += 60_000;
  expect(wait()).toBe(0);
});

test("another rate of the same token is counted anew, and other tokens by themselves", () => {
  const { wait, count } = startAt(1_000_000);
  for (let times = 0; times < 3; times += 1) wait();
  expect(wait()).toBeGreaterThan(0);
  expect(count("other", rate).waitMilliseconds).toBe(0);
  expect(wait({ limit: 1, perMilliseconds: 1000 })).toBe(0);
});

test("in no stretch of time come more than the burst and what the time gives", () => {
  const steps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 20 }), steps, (limit, pauses) => {
      const { clock, wait } = startAt(1_000_000);
      const given: number[] = [];
      for (const pause of pauses) {
        clock.now += pause;
        if (wait({ limit, perMilliseconds: 1000 }) === 0) given.push(clock.now);
      }
      for (const [first, from] of given.entries()) {
        for (const [last, to] of given.entries()) {
          if (last < first) continue;
          expect(last - first + 1).toBeLessThanOrEqual(limit + ((to - from) * limit) / 1000 + 1e-6);
        }
      }
    }),
    { numRuns: 100 },
  );
});
