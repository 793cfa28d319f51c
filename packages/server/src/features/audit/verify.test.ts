import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { systemActor } from "../../access/actor.ts";
import { chainOf, hashedColumns, linkTo, type UnchainedRow } from "../../changes/audit-chain.ts";
import type { ChangeHub } from "../../changes/change-hub.ts";
import { parseConfig } from "../../config.ts";
import { deriveKeys } from "../../keys.ts";
import { type Database, openDatabase, type Trx } from "../../store/database.ts";
import type { Row } from "../../store/schema.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import type { TestDatabase } from "../../testing/test-databases.ts";
import { openTestHub } from "../../testing/test-hub.ts";
import { domainRow } from "../../testing/test-rows.ts";
import { jsonLine, readJsonLine } from "./json-lines.ts";
import { openChains } from "./open-chains.ts";
import { createVerifier, type StoredRow } from "./verify-chains.ts";
import { verifyDatabase } from "./verify-database.ts";

type AuditRow = Row<"audit_events">;

const keys = deriveKeys("only tests sign by these words, 32 long");
const opening = { keys, config: parseConfig({}), newId: randomUUID };
const began = Date.now();
const strangerKeys = deriveKeys("gL6-bN3-rS4 of somebody who broke in");

onEveryDatabase("the audit trail", (kind) => {
  let opened: TestDatabase;
  let database: Database;
  let hub: ChangeHub;
  const domain = domainRow();

  beforeAll(async () => {
    opened = await kind.open();
    database = opened.database;
    await openChains({ ...opening, database, clock: () => began });
    await database.inTransaction(async (trx) => {
      await trx.insertInto("domains").values(domain).execute();
    });
    hub = await openTestHub(database);
    await create(hub, domain.id);
    for (const entityId of ["b", "c", "d", "e"]) await happen(domain.id, entityId);
    for (const entityId of ["f", "g"]) await happen(undefined, entityId);
  });
  afterAll(() => opened.close());

  const create = (by: ChangeHub, domainId: string) =>
    by.change(systemActor, async ({ record }) =>
      record({ name: "domains.create", domainId, entityId: domainId }),
    );

  const happenBy =
    (by: ChangeHub) =>
    (domainId: string | undefined, ...entityIds: string[]) =>
      by.change(systemActor, async ({ record }) => {
        for (const entityId of entityIds) {
          const place = domainId === undefined ? {} : { domainId };
          record({
            name: "clients.update_tags",
            ...place,
            entityId,
            details: { tags: ["größer"] },
          });
        }
      });

  const happen = (...happening: [string | undefined, ...string[]]) => happenBy(hub)(...happening);

  const verify = (checkpoints: Parameters<typeof verifyDatabase>[2] = []) =>
    verifyDatabase(database, keys.audit, checkpoints);

  const stored = () => database.read.selectFrom("audit_events").selectAll().execute();

  const ofDomain = () =>
    database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("chain", "=", domain.id)
      .orderBy("seq")
      .execute();

  /** Puts back what was stored. */
  const restore = (rows: readonly AuditRow[]) =>
    database.inTransaction(async (trx) => {
      await trx.deleteFrom("audit_events").execute();
      await trx.insertInto("audit_events").values(rows).execute();
    });

  /** What is found after the forgery, which is undone. */
  const findAfter = async (
    forge: (trx: Trx, rows: readonly AuditRow[]) => Promise<unknown>,
    checkpoints?: Parameters<typeof verify>[0],
  ) => {
    const [before, rows] = [await stored(), await ofDomain()];
    await database.inTransaction(async (trx) => void (await forge(trx, rows)));
    const { faults } = await verify(checkpoints);
    await restore(before);
    expect((await verify(checkpoints)).faults).toEqual([]);
    return faults;
  };

  const changeColumn = (
    trx: Trx,
    { id }: { readonly id: string },
    column: string,
    value: unknown,
  ) => sql`update audit_events set ${sql.ref(column)} = ${value} where id = ${id}`.execute(trx);

  const remove = (trx: Trx, ids: readonly string[]) =>
    trx.deleteFrom("audit_events").where("id", "in", ids).execute();

  const at = (rows: readonly AuditRow[], seq: number): AuditRow => {
    const row = rows[seq - 1];
    if (row === undefined) throw new Error(`there is no entry ${seq}`);
    return row;
  };

  /** Writes all entries anew as whoever has those keys would, the third with other details. */
  const rewrite = async (trx: Trx, rows: readonly AuditRow[], by: typeof keys) => {
    await remove(
      trx,
      rows.map(({ id }) => id),
    );
    let head = { seq: 0, hash: "" };
    for (const row of rows) {
      const details = row.seq === 3 ? "{}" : row.details;
      const linked = linkTo(head, { ...row, details } as UnchainedRow, by.audit);
      await trx.insertInto("audit_events").values(linked).execute();
      head = linked;
    }
  };

  test("is proved as it was written, of a domain and of the platform", async () => {
    expect(await verify()).toEqual({
      faults: [],
      chains: 2,
      entries: 8,
      olderEntries: 0,
      openedAt: began,
      checkpoints: 0,
    });
  });

  test("hashes every column of an entry but the hash", async () => {
    const [row = {}] = await database.read.selectFrom("audit_events").selectAll().execute();
    expect([...hashedColumns, "hash"].toSorted()).toEqual(Object.keys(row).toSorted());
  });

  test.each([...hashedColumns, "hash"] as const)(
    "shows an entry of which %s was changed",
    async (column) => {
      const faults = await findAfter((trx, rows) => {
        const row = at(rows, 3);
        const value = row[column];
        const others: Record<string, unknown> = {
          details: '{"tags":["groesser"]}',
          outcome: "refused",
          actor_kind: "anonymous",
          seq: 33,
        };
        const other = others[column] ?? (typeof value === "number" ? value + 1 : `${value ?? ""}x`);
        return changeColumn(trx, row, column, other);
      });
      // An entry that went elsewhere is missing here, and wrong there.
      expect(faults).toContainEqual(
        expect.objectContaining({ kind: "broken", chain: domain.id, seq: 3 }),
      );
    },
  );

  test("shows an entry that was removed", async () => {
    const faults = await findAfter((trx, rows) => remove(trx, [at(rows, 3).id]));
    expect(faults).toEqual([{ kind: "broken", chain: domain.id, seq: 3, what: "is missing" }]);
    const first = await findAfter((trx, rows) => remove(trx, [at(rows, 1).id]));
    expect(first).toMatchObject([{ seq: 1, what: "is missing" }]);
  });

  test("shows an entry that was added, in the chain and beside it", async () => {
    const added = await findAfter((trx, rows) => {
      const forged = linkTo(
        { seq: 5, hash: at(rows, 5).hash ?? "" },
        {
          ...at(rows, 5),
          id: randomUUID(),
        } as UnchainedRow,
        strangerKeys.audit,
      );
      const row = { ...forged, key_version: keys.audit.version };
      return trx.insertInto("audit_events").values(row).execute();
    });
    expect(added).toMatchObject([{ kind: "broken", chain: domain.id, seq: 6 }]);
    const beside = await findAfter((trx, rows) => {
      const none = { chain: null, seq: null, prev_hash: null, key_version: null, hash: null };
      const row = { ...at(rows, 1), ...none, id: randomUUID() };
      return trx.insertInto("audit_events").values(row).execute();
    });
    expect(beside).toMatchObject([{ kind: "broken", chain: domain.id }]);
  });

  test.each([
    { name: "a place and no chain", chain: null, seq: 50 },
    { name: "a chain and no place", chain: "c", seq: null },
    { name: "no name of its chain", chain: "", seq: 0 },
    { name: "a place before the first", chain: "c", seq: -1 },
  ])("shows a record that has $name", async ({ name: _, ...place }) => {
    const faults = await findAfter((trx, rows) => {
      const row = { ...at(rows, 2), ...place, id: randomUUID() };
      return trx.insertInto("audit_events").values(row).execute();
    });
    expect(faults).toMatchObject([{ kind: "broken" }]);
    expect(faults[0]?.what).toContain("is no entry");
  });

  test.each([-1, -2, -5_000])("shows a record of no chain from the time %i", async (at) => {
    const faults = await findAfter((trx, rows) => {
      const none = { chain: null, seq: null, prev_hash: null, key_version: null, hash: null };
      const row = { ...(rows[1] as AuditRow), ...none, at, id: randomUUID() };
      return trx.insertInto("audit_events").values(row).execute();
    });
    expect(faults).toMatchObject([{ kind: "broken", chain: domain.id }]);
  });

  test("shows that a chain was begun anew after all of it was removed", async () => {
    const second = database.changes.isShared ? await openDatabase(opened.options) : undefined;
    const startedAgain = second === undefined ? hub : await openTestHub(second);
    const old = await stored();
    await database.inTransaction(async (trx) => {
      await trx.deleteFrom("audit_events").where("chain", "=", domain.id).execute();
    });
    await happenBy(startedAgain)(domain.id, "anew");
    expect((await verify()).faults).toMatchObject([{ kind: "broken", chain: domain.id, seq: 1 }]);
    await second?.close();
    await restore(old);
  });

  test("shows that the platform's chain was begun anew, with that of a domain or alone", async () => {
    const other = randomUUID();
    await create(hub, other);
    for (const gone of [["platform"], ["platform", domain.id]]) {
      const old = await stored();
      await database.inTransaction(async (trx) => {
        await trx.deleteFrom("audit_events").where("chain", "in", gone).execute();
      });
      const second = database.changes.isShared ? await openDatabase(opened.options) : undefined;
      const clock = () => began + 2 * 86_400_000;
      await openChains({ ...opening, database: second ?? database, clock });
      await second?.close();
      const faults = [{ kind: "broken", chain: "platform", seq: 1 }];
      expect((await verify()).faults).toMatchObject(faults);
      await restore(old);
    }
    await database.inTransaction(async (trx) => {
      await trx.deleteFrom("audit_events").where("chain", "=", other).execute();
    });
  });

  test("shows two checkpoints of one entry that tell of another each", async () => {
    const rows = await ofDomain();
    const { hash } = rows.find(({ seq }) => seq === 2) ?? {};
    const checkpoint = { chain: domain.id, seq: 2, hash: hash ?? "", count: 2, at: 1 };
    const { faults } = await verify([{ ...checkpoint, hash: "0".repeat(64) }, checkpoint]);
    expect(faults).toMatchObject([{ kind: "broken", chain: domain.id, seq: 2 }]);
    expect((await verify([checkpoint, checkpoint])).faults).toEqual([]);
  });

  test("shows in an export what was put before its beginning, behind it, or between its entries", async () => {
    const rows = await ofDomain();
    const verifyExport = (exported: readonly StoredRow[]) => {
      const verifier = createVerifier({ keys: keys.audit, checkpoints: [], isWhole: false });
      exported.map(jsonLine).map(readJsonLine).forEach(verifier.add);
      return verifier.end([]).faults;
    };
    const none = { chain: null, seq: null, prev_hash: null, key_version: null, hash: null };
    const older = { ...at(rows, 1), ...none, id: "forged", actor_user_id: "somebody-else" };
    expect(verifyExport(rows)).toEqual([]);
    expect(verifyExport(rows.slice(2))).toEqual([]);
    // As what is forwarded at least once.
    expect(verifyExport([...rows.slice(0, 3), ...rows.slice(1)])).toEqual([]);
    const again = { ...at(rows, 2), details: '{"tags":["forged"]}' };
    expect(verifyExport([...rows, again])).toMatchObject([{ kind: "broken", seq: 2 }]);
    for (const exported of [
      [older, ...rows],
      [older, ...rows.slice(2)],
      [...rows, older],
      [...rows.slice(0, 2), older, ...rows.slice(2)],
      [{ ...older, chain: domain.id }, ...rows],
    ]) {
      expect(verifyExport(exported)).toMatchObject([{ kind: "broken", chain: domain.id }]);
    }
  });

  test("is read from an export only as it was written: nothing added, nothing twice", async () => {
    const [row] = await database.read.selectFrom("audit_events").selectAll().limit(1).execute();
    const line = jsonLine(row as StoredRow);
    expect(readJsonLine(line)).toEqual(row);
    expect(() => readJsonLine(line.replace("{", '{"actor_name":"Mallory",'))).toThrow(RangeError);
    expect(() => readJsonLine(line.replace("{", '{"action":"domains.delete",'))).toThrow(
      RangeError,
    );
  });

  test("shows two entries that changed places", async () => {
    const faults = await findAfter(async (trx, rows) => {
      await changeColumn(trx, at(rows, 2), "seq", 20);
      await changeColumn(trx, at(rows, 4), "seq", 2);
      await changeColumn(trx, at(rows, 2), "seq", 4);
    });
    expect(faults).toMatchObject([{ kind: "broken", chain: domain.id, seq: 2 }]);
  });

  test("shows that a whole chain is gone", async () => {
    const faults = await findAfter((trx, rows) =>
      remove(
        trx,
        rows.map(({ id }) => id),
      ),
    );
    expect(faults).toMatchObject([{ kind: "broken", chain: domain.id, seq: 1 }]);
  });

  test("shows what was written anew without the key", async () => {
    const unknown = await findAfter((trx, rows) => rewrite(trx, rows, strangerKeys));
    expect(unknown).toMatchObject([{ kind: "broken", chain: domain.id, seq: 1 }]);
    const pretended = await findAfter(async (trx, rows) => {
      await rewrite(trx, rows, strangerKeys);
      await sql`update audit_events set key_version = ${keys.audit.version}
        where chain = ${domain.id}`.execute(trx);
    });
    expect(pretended).toMatchObject([{ kind: "broken", chain: domain.id, seq: 1 }]);
  });

  test("shows only by a checkpoint what was written anew with the key, or cut at its end", async () => {
    const rows = await ofDomain();
    const last = at(rows, 5);
    const checkpoint = { chain: domain.id, seq: 5, hash: last.hash ?? "", count: 5, at: last.at };
    expect((await verify([checkpoint])).checkpoints).toBe(1);

    expect(await findAfter((trx) => rewrite(trx, rows, keys))).toEqual([]);
    const rewritten = await findAfter((trx) => rewrite(trx, rows, keys), [checkpoint]);
    expect(rewritten).toMatchObject([{ kind: "broken", chain: domain.id, seq: 5 }]);

    const cut = (trx: Trx) => remove(trx, [at(rows, 4).id, last.id]);
    expect(await findAfter(cut)).toEqual([]);
    const shortened = await findAfter(cut, [checkpoint]);
    expect(shortened).toMatchObject([{ kind: "shortened", chain: domain.id, seq: 4 }]);
  });

  test("shows only by a checkpoint that an older state was restored, also once it has grown again", async () => {
    const old = await stored();
    await happen(domain.id, "later", "last");
    const {
      hash,
      seq,
      at: time,
    } = await database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("chain", "=", domain.id)
      .orderBy("seq", "desc")
      .executeTakeFirstOrThrow();
    const checkpoint = { chain: domain.id, seq: seq ?? 0, hash: hash ?? "", count: 7, at: time };
    expect((await verify([checkpoint])).faults).toEqual([]);

    const grown = await stored();
    await restore(old);
    expect((await verify()).faults).toEqual([]);
    expect((await verify([checkpoint])).faults).toMatchObject([{ kind: "shortened", seq: 6 }]);
    // As a server that was stopped before: one that ran on would remember what it had added.
    const second = database.changes.isShared ? await openDatabase(opened.options) : undefined;
    const startedAgain = second === undefined ? hub : await openTestHub(second);
    await happenBy(startedAgain)(domain.id, "other", "another", "third");
    await second?.close();
    expect((await verify()).faults).toEqual([]);
    expect((await verify([checkpoint])).faults).toMatchObject([{ kind: "broken", seq: 7 }]);
    await restore(grown);
  });

  test("has no fork and fails no change when many write to one chain at once", async () => {
    const before = (await verify()).entries;
    const second = database.changes.isShared ? await openDatabase(opened.options) : undefined;
    const hubs = second === undefined ? [hub] : [hub, await openTestHub(second)];
    const writers = Array.from({ length: 32 }, (_, index) =>
      happenBy(hubs[index % hubs.length] ?? hub)(
        index % 4 < 2 ? undefined : domain.id,
        `w${index}`,
        `x${index}`,
      ),
    );
    expect((await Promise.allSettled(writers)).map(({ status }) => status)).toEqual(
      writers.map(() => "fulfilled"),
    );
    await second?.close();
    const after = await verify();
    expect(after.faults).toEqual([]);
    expect(after.entries).toBe(before + 64);
  });

  test("keeps what a change of many domains did, while others change them in another order", async () => {
    const ids = [domain.id, randomUUID(), randomUUID()];
    for (const id of ids.slice(1)) await create(hub, id);
    const inOrder = (order: readonly string[]) =>
      hub.change(systemActor, async ({ record }) => {
        for (const domainId of order) record({ name: "clients.enable", domainId, entityId: "e" });
      });
    const changes = Array.from({ length: 12 }, (_, index) =>
      inOrder(index % 2 === 0 ? ids : ids.toReversed()),
    );
    expect((await Promise.allSettled(changes)).every(({ status }) => status === "fulfilled")).toBe(
      true,
    );
    expect((await verify()).faults).toEqual([]);
  });
});

onEveryDatabase("the audit trail of an older database", (kind) => {
  test("begins with the number and the digest of what stood before", async () => {
    const { database, close } = await kind.open();
    const domain = domainRow();
    const row = (id: string, domainId: string | null) => ({
      id,
      at: 5,
      actor_kind: "system" as const,
      action: "clients.enable",
      domain_id: domainId,
    });
    await database.inTransaction(async (trx) => {
      await trx.insertInto("domains").values(domain).execute();
      const rows = [row("b", domain.id), row("a", domain.id), row("c", null)];
      await trx.insertInto("audit_events").values(rows).execute();
    });
    const verify = async () => (await verifyDatabase(database, keys.audit, [])).faults;
    expect(await verify()).toHaveLength(2);
    const config = parseConfig({});
    const deps = { config, database, keys, clock: () => 7_000, newId: randomUUID };
    // However short the time is that lists may take.
    await openChains({ ...deps, database: { ...database, lists: undefined as never } });
    await openChains(deps);
    expect(await verifyDatabase(database, keys.audit, [])).toMatchObject({
      faults: [],
      entries: 2,
      olderEntries: 3,
      openedAt: 7_000,
    });
    await database.inTransaction(async (trx) => {
      await sql`update audit_events set address = 'elsewhere' where id = 'a'`.execute(trx);
    });
    expect(await verify()).toMatchObject([{ kind: "broken", chain: chainOf(domain.id), seq: 1 }]);
    await close();
  });
});
