import { expect, test } from "vitest";
import { createNetworkRateLimit, createRateLimit } from "./rate-limit.ts";

test("a burst goes through, then one after each interval, of every key for itself", () => {
  let now = 1_000_000;
  const limit = createRateLimit({ count: 30, perMilliseconds: 3_600_000, burst: 10 }, () => now);
  const take = (key: string) => {
    const wait = limit.wait(key);
    if (wait === 0) limit.count(key);
    return wait;
  };
  expect(Array.from({ length: 10 }, () => take("a"))).toEqual(Array(10).fill(0));
  expect(take("a")).toBe(120_000);
  expect(take("b")).toBe(0);
  now += 119_999;
  expect(take("a")).toBe(1);
  now += 1;
  expect(take("a")).toBe(0);
  expect(take("a")).toBe(120_000);
  now += 3_600_000;
  expect(Array.from({ length: 10 }, () => take("a"))).toEqual(Array(10).fill(0));
});

test("a flood of keys leaves a bounded memory behind", () => {
  const limit = createRateLimit({ count: 1, perMilliseconds: 60_000, burst: 1 }, () => 1);
  limit.count("first");
  expect(limit.wait("first")).toBe(60_000);
  for (let index = 0; index < 100_000; index += 1) limit.count(`key ${index}`);
  expect(limit.wait("first")).toBe(0);
  expect(limit.wait("key 99999")).toBe(60_000);
});

test("all networks of a /48 together have sixteen times what one has, and others as much as before", () => {
  const limit = createNetworkRateLimit({ count: 2, perMilliseconds: 60_000, burst: 2 }, () => 1);
  const take = (key: string) => {
    const wait = limit.wait(key);
    if (wait === 0) limit.count(key);
    return wait;
  };
  expect([take("2001:db8:1:0::/64"), take("2001:db8:1:0::/64")]).toEqual([0, 0]);
  expect(take("2001:db8:1:0::/64")).toBe(30_000);
  for (let index = 1; index <= 30; index += 1) expect(take(`2001:db8:1:${index}::/64`)).toBe(0);
  expect(take("2001:db8:1:99::/64")).toBe(1875);
  expect(take("2001:db8:2:99::/64")).toBe(0);
  for (let index = 0; index < 40; index += 1) expect(take(`192.0.2.${index}`)).toBe(0);
});

test("nobody waits for longer than is said, however much was counted", () => {
  let now = 1_000_000;
  const rate = { count: 60, perMilliseconds: 60_000, burst: 60, longestWaitMilliseconds: 60_000 };
  const limit = createRateLimit(rate, () => now);
  limit.count("a", 20_000);
  expect(limit.wait("a")).toBe(60_000);
  limit.count("a", 20_000);
  now += 59_999;
  expect(limit.wait("a")).toBe(1);
  now += 1;
  expect(limit.wait("a")).toBe(0);
});

test("a clock that is set back keeps nobody waiting for as long", () => {
  const minute = 60_000;
  let now = 600 * minute;
  const limit = createRateLimit({ count: 3, perMilliseconds: minute, burst: 3 }, () => now);
  limit.count("ada", 3);
  expect(limit.wait("ada")).toBe(minute / 3);
  now -= 60 * minute;
  expect(limit.wait("ada")).toBe(0);
  limit.count("ada", 3);
  expect(limit.wait("ada")).toBe(minute / 3);
});
