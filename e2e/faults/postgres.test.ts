import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";
import { expect, onTestFinished, test } from "vitest";
import { isOnTurn, isSoak, sampled } from "../../packages/server/src/testing/soak.ts";
import { verifyTrail } from "../../packages/server/src/testing/verify-trail.ts";
import { startPostgresCluster } from "../../scripts/postgres-cluster.ts";
import { newStageOn, type Stage } from "./stage.ts";
import { differences, newLedger, work } from "./work.ts";

async function newClient({ settings }: Stage): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: settings.DATABASE_URL,
    application_name: "an operator",
  });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

const patience = { timeout: 20_000, interval: 50 };

test.runIf(isOnTurn(0, 2))(
  "a PostgreSQL that stops is told as 503 by all that needs it, and all goes on when it is back",
  async () => {
    const cluster = await startPostgresCluster();
    onTestFinished(cluster.stop);
    const stage = await newStageOn("PostgreSQL", {}, cluster.url);
    const url = new URL(stage.settings.DATABASE_URL ?? "");
    expect(await stage.use()).toBe("200");
    await cluster.interrupt();
    await expect.poll(stage.use, patience).toBe("503 unavailable");
    expect([await stage.change(), await stage.ready()]).toEqual(Array(2).fill("503 unavailable"));
    expect(await stage.ask("GET", "/health")).toBe("200");
    const signIn = { username: "admin@example.test", password: "not the password" };
    expect(await stage.ask("POST", "/users/tokens/issue", undefined, signIn)).toBe(
      "503 unavailable",
    );
    const said = await stage.refusal();
    expect(said).toMatch(
      /^Tessera cannot start: DATABASE_URL leads to no database that can be used: connect ECONNREFUSED 127\.0\.0\.1:\d+: see that PostgreSQL runs there/,
    );
    expect(said).toContain(url.port);
    await cluster.resume();
    await expect.poll(stage.ready, patience).toBe("200");
    expect([await stage.use(), await stage.change()]).toEqual(["200", "201"]);
    expect(await stage.ask("PATCH", `/pats/${stage.token.id}/secret/revoke`, stage.session)).toBe(
      "204",
    );
    expect(await stage.use()).toBe("401 token_revoked");
    await expectToEndWell(stage);
  },
);

test.runIf(isOnTurn(1, 2))(
  "a PostgreSQL that becomes read-only is not ready, refuses changes, answers reads, and comes back by itself",
  async () => {
    const stage = await newStageOn("PostgreSQL");
    const client = await newClient(stage);
    const name = new URL(stage.settings.DATABASE_URL ?? "").pathname.slice(1);
    const setReadOnly = async (is: "on" | "off") => {
      await client.query(`alter database ${name} set default_transaction_read_only = ${is}`);
      await cut(client, "%");
    };
    await setReadOnly("on");
    // The first answers are those of the connections that were cut.
    const readyAfterChange = async () => `${await stage.change()}, ready ${await stage.ready()}`;
    await expect.poll(readyAfterChange, patience).toBe("503 unavailable, ready 503 unavailable");
    await expect.poll(stage.use, patience).toBe("200");
    await expect.poll(readyAfterChange, patience).toMatch(/^503 \w+, ready 503/);
    expect(stage.server().output()).toContain("The database takes no changes: ");
    await client.query("set default_transaction_read_only = off");
    await setReadOnly("off");
    await expect.poll(stage.ready, patience).toBe("200");
    expect([await stage.use(), await stage.change()]).toEqual(["200", "201"]);
  },
);

/** As `pg_stat_activity` names them. */
const classes = ["reads", "changes", "lists", "ways", "chains", "heartbeat", "notifications", "%"];

async function cut(client: pg.Client, name: string): Promise<number> {
  const { rowCount } = await client.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name like $1",
    [`tessera ${name}`],
  );
  return rowCount ?? 0;
}

test("connections that are cut, one class at a time under load, lose nothing, and come back by themselves", async () => {
  const stage = await newStageOn("PostgreSQL");
  const client = await newClient(stage);
  const chosen = sampled(classes, classes.length);
  for (const name of chosen) {
    const ledger = newLedger();
    const since = new Date();
    let goesOn = true;
    let isTroubled = false;
    const { session } = stage;
    const { url } = stage.server();
    const working = Promise.all(
      [1, 2, 3, 4].map((worker) =>
        work({
          ...{ url, session, ledger, name: `${name === "%" ? "all" : name}${worker}` },
          goesOn: () => goesOn,
          isTroubled: () => isTroubled,
        }),
      ),
    );
    await expect.poll(() => ledger.tokens.length).toBeGreaterThan(1);
    isTroubled = true;
    let count = 0;
    const until = Date.now() + (isSoak ? 5_000 : 1_000);
    while (Date.now() < until) {
      count += await cut(client, name);
      // A list has its connections only while somebody lists.
      await stage.ask("GET", "/domains", session);
      await delay(Math.random() * 60);
    }
    // Those of conflicts are there only when there were some.
    if (name !== "ways") expect(count, name).toBeGreaterThan(0);
    // What was asked on a connection that was cut is told by then.
    await expect.poll(stage.ready, patience).toBe("200");
    await expect.poll(stage.change, patience).toBe("201");
    isTroubled = false;
    const before = ledger.tokens.length;
    await expect.poll(() => ledger.tokens.length, patience).toBeGreaterThan(before + 2);
    goesOn = false;
    await working;
    expect(ledger.surprises, name).toEqual([]);
    expect(await differences({ url, session }, ledger, since), name).toEqual([]);
    if (isSoak)
      console.log(
        `${name}: ${count} connections cut, ${ledger.acknowledged.length} changes, ${ledger.unanswered.length} answers 503`,
      );
  }
  expect(await verifyTrail(stage.settings)).toMatchObject({ exitCode: 0 });
  await expectToEndWell(stage);
});

async function expectToEndWell(stage: Stage): Promise<void> {
  const server = stage.server();
  await server.stop();
  expect(await server.exited).toBe(0);
}
