import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { systemActor } from "./access/actor.ts";
import { openDatabase, type Trx } from "./store/database.ts";
import { classifyDriverError } from "./store/driver-errors.ts";
import { DatabaseSetupError } from "./store/setup-error.ts";
import { type PgBouncer, startPgBouncer } from "./testing/pgbouncer.ts";
import { requireStatus, startApp, type TestApp } from "./testing/start-app.ts";
import { openTestPostgres } from "./testing/test-databases.ts";
import { openTestHub } from "./testing/test-hub.ts";

const postgres = { name: "PostgreSQL", open: openTestPostgres } as const;
const conflict = sql`do $$ begin raise exception 'raised' using errcode = '40001'; end $$`;
const isWaitedFor = sql<{ is_so: boolean }>`
  select exists (
    select 1 from pg_locks where locktype = 'advisory' and not granted
    and database = (select oid from pg_database where datname = current_database())
  ) as is_so`;
const eventually = { timeout: 15_000, interval: 20 };

describe.each(["session", "transaction"])("behind PgBouncer in %s mode", (mode) => {
  let here: TestApp;
  let directUrl: string;
  let bouncer: PgBouncer;
  let url: string;
  beforeAll(async () => {
    here = await startApp(postgres);
    directUrl = here.testDatabase.options.databaseUrl ?? "";
    bouncer = await startPgBouncer(directUrl, [`pool_mode = ${mode}`]);
    url = bouncer.urlOf(directUrl);
  });
  afterAll(async () => {
    await bouncer.stop();
    await here.close();
  });

  /** Revokes here a token that was used there. */
  const revokeWhatIsUsed = async (there: TestApp) => {
    const ada = await here.newUser();
    const domainId = await here.newDomain(ada);
    const token = await here.newToken(ada, domainId, ["domains:read"]);
    const view = () => there.bearer(token.secret).call("GET", `/domains/${domainId}`);
    requireStatus(await view(), 200);
    requireStatus(await view(), 200);
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
    return view;
  };

  test("a server that sets things for sessions is refused with a sentence that names the setting", async () => {
    const opening = openDatabase({ databaseUrl: url, dataDir: "" });
    await expect(opening).rejects.toThrow(DatabaseSetupError);
    await expect(opening).rejects.toThrow(
      /^DATABASE_URL leads to a pooler that refuses statement_timeout: set TESSERA_DATABASE_PREPARED=off/,
    );
  });

  test("a token revoked elsewhere is accepted for no more than a second", async () => {
    const there = await startApp(postgres, {
      sameDatabaseAs: here,
      reachedBy: { databaseUrl: url, hasSessions: false },
    });
    const view = await revokeWhatIsUsed(there);
    const revokedAt = performance.now();
    let [askedAt, status] = [revokedAt, 200];
    while (status !== 401) {
      askedAt = performance.now();
      ({ status } = await view());
      if (status === 200) expect(askedAt - revokedAt).toBeLessThanOrEqual(1_000);
    }
    // In transaction mode LISTEN succeeds, and nothing ever arrives.
    const { hub } = there.deps;
    if (mode === "transaction") expect(hub.epoch()).toBeUndefined();
    else await vi.waitFor(() => expect(hub.epoch()).toBeDefined(), eventually);
    await there.close();
  });

  test("a direct connection to listen on brings the caches back, and what is revoked is heard of", async () => {
    const there = await startApp(postgres, {
      sameDatabaseAs: here,
      reachedBy: { databaseUrl: url, databaseListenUrl: directUrl, hasSessions: false },
    });
    await vi.waitFor(() => expect(there.deps.hub.epoch()).toBeDefined(), eventually);
    const view = await revokeWhatIsUsed(there);
    await expect.poll(async () => (await view()).status).toBe(401);
    await there.close();
  });

  test("a connection to listen on that leads to another database is not believed", async () => {
    const elsewhere = await openTestPostgres();
    const database = await openDatabase({
      databaseUrl: url,
      databaseListenUrl: elsewhere.options.databaseUrl,
      hasSessions: false,
      dataDir: "",
    });
    const subscription = await database.changes.subscribe({
      onMessage: () => {},
      onLost: () => {},
      onRestored: () => {},
    });
    expect(subscription.isCurrent()).toBe(false);
    await database.close();
    await elsewhere.close();
  });

  test("a search that takes too long is given up, and its connection serves the next", async () => {
    const database = await openDatabase({
      databaseUrl: url,
      hasSessions: false,
      dataDir: "",
      listTimeoutMilliseconds: 200,
    });
    for (let times = 0; times < 3; times += 1) {
      const slow = sql`select pg_sleep(5)`.execute(database.lists);
      expect(await slow.catch(classifyDriverError)).toEqual({ kind: "too_slow" });
      const { rows } = await sql`select 1 as one`.execute(database.lists);
      expect(rows).toEqual([{ one: 1 }]);
    }
    await database.close();
  });

  test("whoever takes a right away goes first, and whoever waits for it has no other conflict", async () => {
    const database = await openDatabase({ databaseUrl: url, hasSessions: false, dataDir: "" });
    const hub = await openTestHub(database);
    const { id } = await here.newUser();
    const hasClaimed = Promise.withResolvers<void>();
    const take = async (whenClaimed: (trx: Trx) => Promise<void>) => {
      let attempts = 0;
      await hub.change(systemActor, async ({ trx, touch }) => {
        attempts += 1;
        touch("user", id);
        if (attempts === 1) await conflict.execute(trx);
        await trx.updateTable("users").set({ updated_at: attempts }).where("id", "=", id).execute();
        await whenClaimed(trx);
      });
      return attempts;
    };
    const first = take(async (trx) => {
      hasClaimed.resolve();
      while ((await isWaitedFor.execute(trx)).rows[0]?.is_so !== true) {
        await sql`select pg_sleep(0.02)`.execute(trx);
      }
    });
    await hasClaimed.promise;
    const second = take(async () => {});
    expect(await Promise.all([first, second])).toEqual([2, 2]);
    await database.close();
  });

  test("a hundred changes at once that conflict are all made", async () => {
    const database = await openDatabase({ databaseUrl: url, hasSessions: false, dataDir: "" });
    const add = (number: number) =>
      database.inTransaction(async (trx) => {
        const rows = await trx.selectFrom("instance").select("name").execute();
        const value = `${rows.length}`;
        await trx
          .insertInto("instance")
          .values({ name: `${number}`, value })
          .execute();
      });
    await Promise.all(Array.from({ length: 100 }, (_, number) => add(number)));
    const rows = await database.read.selectFrom("instance").select("value").execute();
    expect(new Set(rows.map(({ value }) => value)).size).toBe(100);
    await database.inTransaction((trx) => trx.deleteFrom("instance").execute());
    await database.close();
  });
});

test("a PgBouncer that swallows what is set for a session is found out at the start", async () => {
  const opened = await openTestPostgres();
  const { databaseUrl = "" } = opened.options;
  const bouncer = await startPgBouncer(databaseUrl, [
    "pool_mode = transaction",
    "ignore_startup_parameters = statement_timeout, idle_in_transaction_session_timeout",
  ]);
  const opening = openDatabase({ databaseUrl: bouncer.urlOf(databaseUrl), dataDir: "" });
  await expect(opening).rejects.toThrow(
    /^DATABASE_URL leads to a pooler that does not pass on .*: set TESSERA_DATABASE_PREPARED=off/,
  );
  await bouncer.stop();
  await opened.close();
});

test("a PgBouncer that stands still ends requests with 503 within seconds, and is used again when it goes on", async () => {
  const here = await startApp(postgres);
  const { databaseUrl = "" } = here.testDatabase.options;
  const bouncer = await startPgBouncer(databaseUrl, ["pool_mode = transaction"]);
  const there = await startApp(postgres, {
    sameDatabaseAs: here,
    reachedBy: { databaseUrl: bouncer.urlOf(databaseUrl), hasSessions: false },
  });
  const ada = await here.newUser();
  const through = there.bearer(ada.accessToken);
  requireStatus(await through.call("GET", "/users/profile"), 200);
  bouncer.signal("SIGSTOP");
  const askedAt = performance.now();
  const all = await Promise.all([
    through.call("GET", "/users/profile"),
    through.call("GET", "/domains"),
    through.call("POST", "/domains", { name: "Plant", route: "plant-frozen" }),
    there.nobody.call("GET", "/ready"),
  ]);
  expect(all.map(({ status }) => status)).toEqual([503, 503, 503, 503]);
  expect(performance.now() - askedAt).toBeLessThan(4_000);
  bouncer.signal("SIGCONT");
  await vi.waitFor(
    async () => expect((await through.call("GET", "/users/profile")).status).toBe(200),
    eventually,
  );
  expect((await through.call("GET", "/domains")).body.total).toBe(0);
  await there.close();
  await bouncer.stop();
  await here.close();
});
