import { expect, test, vi } from "vitest";
import { systemActor } from "../access/actor.ts";
import { openDatabase } from "../store/database.ts";
import { openTestPostgres, openTestSqlite } from "../testing/test-databases.ts";
import { openTestHub } from "../testing/test-hub.ts";
import { createTotals } from "./totals.ts";

test("objects are counted once until something of their domain changes", async () => {
  const { database, close } = await openTestSqlite();
  const hub = await openTestHub(database);
  const totals = createTotals(hub);
  const count = vi.fn(async () => count.mock.calls.length);
  const get = (domainId: string) => totals.get(domainId, "enabled", count);
  expect(await get("a")).toBe(1);
  expect(await get("a")).toBe(1);
  expect(await get("b")).toBe(2);
  await hub.change(systemActor, async ({ touch }) => touch("domain", "a"));
  expect(await get("b")).toBe(2);
  expect(await get("a")).toBe(3);
  await close();
});

test("what was counted while the domain changed is not remembered", async () => {
  const { database, close } = await openTestSqlite();
  const hub = await openTestHub(database);
  const totals = createTotals(hub);
  const first = await totals.get("a", "all", async () => {
    await hub.change(systemActor, async ({ touch }) => touch("domain", "a"));
    return 1;
  });
  expect(first).toBe(1);
  expect(await totals.get("a", "all", async () => 2)).toBe(2);
  await close();
});

test("a change by another process is heard of", async () => {
  const { database, options, close } = await openTestPostgres();
  const other = await openDatabase(options);
  const totals = createTotals(await openTestHub(database));
  const otherHub = await openTestHub(other);
  expect(await totals.get("a", "all", async () => 1)).toBe(1);
  await otherHub.change(systemActor, async ({ touch }) => touch("domain", "a"));
  await expect.poll(() => totals.get("a", "all", async () => 2)).toBe(2);
  await other.close();
  await close();
});
