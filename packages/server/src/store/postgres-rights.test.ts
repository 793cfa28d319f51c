import { sql } from "kysely";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Actor } from "../access/actor.ts";
import type { ChangeKey } from "../access/change-key.ts";
import type { Change } from "../changes/change-hub.ts";
import { openTestPostgres, type TestDatabase } from "../testing/test-databases.ts";
import { openTestHub } from "../testing/test-hub.ts";
import { domainRow, tokenRow, userRow } from "../testing/test-rows.ts";
import { openDatabase, type Trx } from "./database.ts";

let opened: TestDatabase;
const domain = domainRow();
const owner = userRow();
/** Whoever may act while that is as it is. */
const relyingOn = (...reliesOn: readonly ChangeKey[]): Actor<undefined> => ({
  principal: undefined,
  address: "",
  requestId: "",
  decideAgain: async () => ({ principal: undefined, reliesOn }),
});
const actor = relyingOn({ kind: "domain", id: domain.id });

beforeEach(async () => {
  opened = await openTestPostgres();
  await opened.database.inTransaction(async (trx) => {
    await trx.insertInto("users").values(owner).execute();
    await trx.insertInto("domains").values(domain).execute();
  });
});
afterEach(() => opened.close());

const conflict = sql`do $$ begin raise exception 'raised' using errcode = '40001'; end $$`;
const advisoryLocks = sql`pg_locks where locktype = 'advisory'
  and database = (select oid from pg_database where datname = current_database())`;
const isWaitedFor = sql<{ is_so: boolean }>`
  select exists (select 1 from ${advisoryLocks} and not granted) as is_so`;
const endOfGranted = sql`select pg_terminate_backend(pid) from ${advisoryLocks} and granted`;
const aMoment = sql`select pg_sleep(0.02)`;

/** Two processes on the database. */
async function withTwoHubs(
  play: (hubs: Record<"one" | "other", Awaited<ReturnType<typeof openTestHub>>>) => Promise<void>,
) {
  const otherDatabase = await openDatabase(opened.options);
  try {
    await play({
      one: await openTestHub(opened.database),
      other: await openTestHub(otherDatabase),
    });
  } finally {
    await otherDatabase.close();
  }
}

test("whoever takes a right away waits for no long change that had a conflict", async () => {
  await withTwoHubs(async ({ one, other }) => {
    const again = Promise.withResolvers<void>();
    let attempts = 0;
    let isTaken = false;
    const long = one.change(actor, async ({ trx }: Change) => {
      attempts += 1;
      if (attempts === 1) await conflict.execute(trx);
      again.resolve();
      // As long as the other waits, which gives up after ten seconds.
      while (!isTaken) await aMoment.execute(trx);
    });
    await again.promise;
    await other.change(actor, async ({ touch }) => touch("domain", domain.id));
    isTaken = true;
    await long;
    expect(attempts).toBeGreaterThan(2);
  });
});

test.each(["user", "domain"] as const)(
  "whoever takes a right of a %s away and had a conflict comes before all that relies on it",
  async (kind) => {
    const relying = relyingOn({ kind, id: kind === "domain" ? domain.id : owner.id });
    await withTwoHubs(async ({ one, other }) => {
      const committed: string[] = [];
      const beganAgain = Promise.withResolvers<void>();
      const gaveWay = Promise.withResolvers<void>();
      let takings = 0;
      let attempts = 0;
      const taking = other
        .change(relying, async ({ trx, touch }) => {
          takings += 1;
          touch(kind, kind === "domain" ? domain.id : owner.id);
          if (takings === 1) await conflict.execute(trx);
          beganAgain.resolve();
          await gaveWay.promise;
        })
        .then(() => committed.push("taking"));
      await beganAgain.promise;
      const whom = { caller: "ada", onListTime: () => {}, onConflict: gaveWay.resolve };
      const change = opened.database
        .runFor(whom, () =>
          one.change(relying, async () => {
            attempts += 1;
          }),
        )
        .then(() => committed.push("change"))
        .finally(gaveWay.resolve);
      await Promise.all([taking, change]);
      expect(committed).toEqual(["taking", "change"]);
      expect(attempts).toBeGreaterThan(1);
    });
  },
);

test("to count the uses of a token waits for nothing that relies on it, and disturbs nothing", async () => {
  const token = tokenRow({ user_id: owner.id });
  const key = { kind: "token", id: token.id } as const;
  await opened.database.inTransaction(async (trx) => {
    await trx.insertInto("tokens").values(token).execute();
    await trx.insertInto("token_rights").values({ token_id: token.id }).execute();
  });
  await withTwoHubs(async ({ one, other }) => {
    const countUse = () =>
      other.change(relyingOn(), ({ trx }) =>
        trx.updateTable("tokens").set({ use_count: 1 }).where("id", "=", token.id).execute(),
      );
    let attempts = 0;
    // Once before the token is held, and once while it is, from the beginning of the second attempt.
    await one.change(relyingOn(key), async ({ trx }: Change) => {
      attempts += 1;
      await aMoment.execute(trx);
      await countUse();
      if (attempts === 1) await conflict.execute(trx);
    });
    expect(attempts).toBe(2);
    // Whereas what takes a right of the token away lets it begin again.
    await one.change(relyingOn(key), async ({ trx }: Change) => {
      attempts += 1;
      await aMoment.execute(trx);
      if (attempts === 3) await other.change(actor, async ({ touch }) => touch("token", token.id));
    });
    expect(attempts).toBe(4);
  });
});

test("whoever takes a right away gives way to nobody who waits to take another", async () => {
  await withTwoHubs(async ({ one, other }) => {
    const hasClaimed = Promise.withResolvers<void>();
    const attempts = { one: 0, other: 0 };
    const first = one.change(actor, async ({ trx, touch }: Change) => {
      attempts.one += 1;
      touch("domain", domain.id);
      if (attempts.one === 1) await conflict.execute(trx);
      hasClaimed.resolve();
      while ((await isWaitedFor.execute(trx)).rows[0]?.is_so !== true) await aMoment.execute(trx);
    });
    await hasClaimed.promise;
    const second = other.change(actor, async ({ trx, touch }: Change) => {
      attempts.other += 1;
      touch("domain", domain.id);
      if (attempts.other === 1) await conflict.execute(trx);
    });
    await Promise.all([first, second]);
    expect(attempts.one).toBe(2);
  });
});

test("whoever waited to take a right away sees what was done before, and has no other conflict", async () => {
  await withTwoHubs(async ({ one, other }) => {
    const hasClaimed = Promise.withResolvers<void>();
    const rename = (trx: Trx, name: string) =>
      trx.updateTable("users").set({ first_name: name }).where("id", "=", owner.id).execute();
    const attempts = { one: 0, other: 0 };
    const first = one.change(relyingOn(), async ({ trx, touch }: Change) => {
      attempts.one += 1;
      touch("user", owner.id);
      if (attempts.one === 1) await conflict.execute(trx);
      hasClaimed.resolve();
      await rename(trx, "One");
      while ((await isWaitedFor.execute(trx)).rows[0]?.is_so !== true) await aMoment.execute(trx);
    });
    await hasClaimed.promise;
    const second = other.change(relyingOn(), async ({ trx, touch }: Change) => {
      attempts.other += 1;
      touch("user", owner.id);
      if (attempts.other === 1) await conflict.execute(trx);
      await rename(trx, "Other");
    });
    await Promise.all([first, second]);
    expect(attempts).toEqual({ one: 2, other: 2 });
  });
});

test("a change that takes nothing and gave way waits until the taking is made, and is then made at once", async () => {
  await withTwoHubs(async ({ one, other }) => {
    const relying = relyingOn({ kind: "user", id: owner.id });
    const attempts = { taking: 0, harmless: 0 };
    const committed: string[] = [];
    const hasClaimed = Promise.withResolvers<void>();
    const taking = one
      .change(relyingOn(), async ({ trx, touch }: Change) => {
        attempts.taking += 1;
        touch("user", owner.id);
        // Twice: what was claimed is kept until the change is made.
        if (attempts.taking <= 2) await conflict.execute(trx);
        hasClaimed.resolve();
        while ((await isWaitedFor.execute(trx)).rows[0]?.is_so !== true) await aMoment.execute(trx);
        await trx
          .updateTable("users")
          .set({ status: "disabled" })
          .where("id", "=", owner.id)
          .execute();
      })
      .then(() => committed.push("taking"));
    await hasClaimed.promise;
    const harmless = other
      .change(relying, async ({ trx, touch }: Change) => {
        attempts.harmless += 1;
        touch("user", owner.id, { takesNothing: true });
        await trx
          .updateTable("users")
          .set({ first_name: "A" })
          .where("id", "=", owner.id)
          .execute();
      })
      .then(() => committed.push("harmless"));
    await Promise.all([taking, harmless]);
    expect(committed).toEqual(["taking", "harmless"]);
    expect(attempts).toEqual({ taking: 3, harmless: 2 });
  });
});

test("a process that dies while it goes first keeps nobody waiting", async () => {
  await withTwoHubs(async ({ one, other }) => {
    let attempts = 0;
    const first = one.change(relyingOn(), async ({ trx, touch }: Change) => {
      attempts += 1;
      touch("user", owner.id);
      if (attempts === 1) await conflict.execute(trx);
      await endOfGranted.execute(trx);
    });
    let others = 0;
    const second = other.change(relyingOn(), async ({ trx, touch }: Change) => {
      others += 1;
      touch("user", owner.id);
      if (others === 1) await conflict.execute(trx);
    });
    // What was done is done, also where the connection that kept others away was lost.
    await Promise.all([first, second]);
    expect([attempts, others]).toEqual([2, 2]);
  });
});
