import { randomUUID } from "node:crypto";
import { pino } from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { TokenPrincipal } from "../../../access/principal.ts";
import { parseConfig } from "../../../config.ts";
import type { Database } from "../../../store/database.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import type { TestDatabase } from "../../../testing/test-databases.ts";
import { tokenRow, userRow } from "../../../testing/test-rows.ts";
import { pruneUsesJob } from "./prune-uses.ts";
import { createUsageReading } from "./usage-reading.ts";
import { createUsageRecorder } from "./usage-recorder.ts";

const config = parseConfig({});
const hour = 3_600_000;
const day = 24 * hour;
const target = { domainId: "d1", entityType: "clients", entityId: "c1" };

onEveryDatabase("the days of a time zone", (kind) => {
  let opened: TestDatabase;
  let database: Database;
  let userId: string;
  const clock = { now: 0 };
  beforeAll(async () => {
    opened = await kind.open();
    database = opened.database;
    const user = userRow();
    userId = user.id;
    await database.inTransaction(async (trx) => {
      await trx.insertInto("users").values(user).execute();
    });
  });
  afterAll(() => opened.close());

  const newToken = async () => {
    const row = tokenRow({ user_id: userId });
    await database.inTransaction(async (trx) => {
      await trx.insertInto("tokens").values(row).execute();
    });
    const recorder = createUsageRecorder({
      config,
      database,
      clock: () => clock.now,
      newId: randomUUID,
      log: pino({ level: "silent" }),
    });
    const principal = { kind: "token", tokenId: row.id, userId } as TokenPrincipal;
    const reading = createUsageReading({ database, clock: () => clock.now }, recorder);
    return {
      id: row.id,
      flush: () => recorder.flush(),
      /** Once at each of these times. */
      use: (...times: readonly string[]) => {
        for (const time of times) {
          clock.now = Date.parse(time);
          recorder.allowed(principal, [{ operation: "clients.view", target, scopeId: "" }], "::1");
        }
      },
      refuse: (time: string) => {
        clock.now = Date.parse(time);
        const refusal = { operation: "clients.delete", target, because: "scope_missing" } as const;
        recorder.refused(principal, refusal, "::1");
      },
      read: async (timezone: string | undefined, days: number) => {
        const question = { userId, tokenId: row.id, days, by: "day", timezone } as const;
        // The recorders of other tests leave gaps, since clocks go back and forth here.
        const { gaps: _, ...reply } = await reading.readOne(question);
        return reply;
      },
      /** All that the operations or the objects of these days count. */
      usesOf: async (by: "operation" | "object", timezone: string | undefined, days: number) => {
        const question = { userId, tokenId: row.id, days, by, timezone } as const;
        const { operations = [], objects = [] } = await reading.readOne(question);
        return [...operations, ...objects].reduce((sum, { uses }) => sum + uses, 0);
      },
    };
  };
  type Token = Awaited<ReturnType<typeof newToken>>;

  /** `MM-DD: uses` and `+ refusals`, before it is written and after: the same. */
  const daysOf = async (token: Token, timezone: string, days: number) => {
    const before = await token.read(timezone, days);
    await token.flush();
    expect(await token.read(timezone, days)).toEqual(before);
    expect(before).toMatchObject({ timezone });
    expect(before).not.toHaveProperty("utc_before");
    return before.days.map(
      ({ day: name, uses, refused }) =>
        `${name.slice(5)}: ${uses}${refused === 0 ? "" : ` + ${refused}`}`,
    );
  };

  test.each([
    ["America/Los_Angeles", ["05-10: 2", "05-11: 1 + 1", "05-12: 0"]],
    ["UTC", ["05-10: 1", "05-11: 2", "05-12: 0 + 1"]],
    ["Asia/Kathmandu", ["05-10: 0", "05-11: 3", "05-12: 0 + 1"]],
    ["Pacific/Kiritimati", ["05-10: 0", "05-11: 2", "05-12: 1 + 1"]],
  ])("are from midnight to midnight in %s", async (timezone, days) => {
    const token = await newToken();
    token.use("2026-05-10T18:15:00Z", "2026-05-11T06:59:59.999Z", "2026-05-11T18:14:59.999Z");
    token.refuse("2026-05-12T06:45:00Z");
    clock.now = Date.parse(
      timezone === "America/Los_Angeles" ? "2026-05-13T06:00:00Z" : "2026-05-12T07:00:00Z",
    );
    expect(await daysOf(token, timezone, 3)).toEqual(days);
  });

  test.each([
    ["Asia/Tokyo", 1],
    ["America/Los_Angeles", 0],
    [undefined, 0],
  ])(
    "hold nothing in %s that the operations and objects of these days leave out",
    async (timezone, uses) => {
      const token = await newToken();
      token.use("2026-05-09T16:00:00Z");
      clock.now = Date.parse("2026-05-11T10:00:00Z");
      const told = async () => [
        await token.usesOf("operation", timezone, 2),
        await token.usesOf("object", timezone, 2),
      ];
      expect(await told()).toEqual([uses, uses]);
      await token.flush();
      expect(await told()).toEqual([uses, uses]);
    },
  );

  test("begin a quarter of an hour after another zone's", async () => {
    const token = await newToken();
    token.use("2026-05-10T18:14:59.999Z", "2026-05-10T18:15:00Z", "2026-05-10T18:30:00Z");
    expect(await daysOf(token, "Asia/Kathmandu", 2)).toEqual(["05-10: 1", "05-11: 2"]);
    expect(await daysOf(token, "Asia/Kolkata", 2)).toEqual(["05-10: 2", "05-11: 1"]);
  });

  test("are 23 and 25 hours long where the clocks are changed", async () => {
    const token = await newToken();
    const ofHours = (from: string, count: number) =>
      Array.from({ length: count }, (_, index) =>
        new Date(Date.parse(from) + index * hour).toISOString(),
      );
    token.use(...ofHours("2026-03-27T22:30:00Z", 73));
    expect(await daysOf(token, "Europe/Berlin", 5)).toEqual([
      "03-27: 1",
      "03-28: 24",
      "03-29: 23",
      "03-30: 24",
      "03-31: 1",
    ]);
    const other = await newToken();
    other.use(...ofHours("2026-10-23T21:30:00Z", 75));
    expect(await daysOf(other, "Europe/Berlin", 5)).toEqual([
      "10-23: 1",
      "10-24: 24",
      "10-25: 25",
      "10-26: 24",
      "10-27: 1",
    ]);
  });

  test("are of UTC, and are said to be, where nothing is known but the day", async () => {
    const token = await newToken();
    await database.inTransaction(async (trx) => {
      const old = { token_id: token.id, day: "2026-06-01", uses: 7, refused: 2 };
      await trx.insertInto("token_daily_use").values(old).execute();
    });
    token.use("2026-06-02T23:00:00Z", "2026-06-03T12:00:00Z");
    await token.flush();
    const counts = [7, 0, 2].map((uses) => ({ uses }));
    expect(await token.read("Asia/Tokyo", 3)).toMatchObject({
      days: counts,
      utc_before: "2026-06-03",
    });
    expect(await token.read("America/New_York", 3)).toMatchObject({
      days: [{ uses: 7 }, { uses: 1 }, { uses: 1 }],
      utc_before: "2026-06-02",
    });
  });

  test("are of UTC after some weeks, when more of them is forgotten", async () => {
    const token = await newToken();
    token.use("2026-08-01T23:00:00Z", "2026-08-31T23:00:00Z");
    await token.flush();
    const quarters = async () =>
      (
        await database.read
          .selectFrom("token_quarter_use")
          .where("token_id", "=", token.id)
          .select("starts_at")
          .execute()
      ).length;
    const prune = pruneUsesJob({ database, clock: () => clock.now });
    await prune.run(new AbortController().signal);
    expect(await quarters()).toBe(2);
    clock.now += 10 * day;
    const before = await token.read("Asia/Tokyo", 60);
    await prune.run(new AbortController().signal);
    expect(await quarters()).toBe(1);
    const after = await token.read("Asia/Tokyo", 60);
    expect(after).toEqual(before);
    expect(after.utc_before).toBe("2026-08-03");
    expect(after.days.filter(({ uses }) => uses > 0)).toEqual([
      { day: "2026-08-01", uses: 1, refused: 0 },
      { day: "2026-09-01", uses: 1, refused: 0 },
    ]);
  });

  test("are those of UTC without a zone, as before", async () => {
    const token = await newToken();
    token.use("2026-07-01T23:59:59Z");
    expect(await token.read(undefined, 1)).toEqual({
      days: [{ day: "2026-07-01", uses: 1, refused: 0 }],
    });
  });
});
