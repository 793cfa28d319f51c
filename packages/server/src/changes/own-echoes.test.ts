import { expect, test } from "vitest";
import { systemActor } from "../access/actor.ts";
import { type Database, openDatabase } from "../store/database.ts";
import { openTestPostgres } from "../testing/test-databases.ts";
import { openTestHub } from "../testing/test-hub.ts";
import { createOwnEchoes } from "./own-echoes.ts";

const key = { kind: "domain", id: "d" } as const;

/** A database whose changes stand still before they commit, once they have said what they touch. */
function heldBeforeCommit(database: Database) {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  const hold: Database["rights"]["hold"] = async (...held) => {
    reached.resolve();
    await released.promise;
    return database.rights.hold(...held);
  };
  const held = { ...database, rights: { ...database.rights, hold } };
  return { held, reached: reached.promise, release: () => released.resolve() };
}

test("what another process takes away is heard beside a change of the same that takes nothing", async () => {
  const { database, options, close } = await openTestPostgres();
  const other = await openDatabase(options);
  const { held, reached, release } = heldBeforeCommit(database);
  const [here, there] = [await openTestHub(held), await openTestHub(other)];

  const changing = here.change(systemActor, async ({ touch }) =>
    touch(key.kind, key.id, { takesNothing: true }),
  );
  await reached;
  const moment = here.takings.now();
  await there.change(systemActor, async ({ touch }) => touch(key.kind, key.id));
  await expect.poll(() => here.takings.since(moment, [key])).toBe(true);

  // Its own echo takes nothing.
  const later = here.takings.now();
  let heard = 0;
  here.onTouched({
    touched: () => {
      heard += 1;
    },
    missed: () => {},
  });
  release();
  await changing;
  await expect.poll(() => heard).toBe(2);
  expect(here.takings.since(later, [key])).toBe(false);
  await other.close();
  await close();
});

test("an echo is one message of one sender", () => {
  const echoes = createOwnEchoes();
  echoes.expect(1, "domain:d");
  expect([echoes.take(2, "domain:d"), echoes.take(1, "domain:e")]).toEqual([false, false]);
  expect([echoes.take(1, "domain:d"), echoes.take(1, "domain:d")]).toEqual([true, false]);
  echoes.expect(1, "domain:d");
  echoes.dismiss(1, "domain:d");
  expect(echoes.take(1, "domain:d")).toBe(false);
  echoes.expect(1, "domain:d");
  echoes.clear();
  expect(echoes.take(1, "domain:d")).toBe(false);
});
