import { randomUUID } from "node:crypto";
import { sql } from "kysely";
import { pino } from "pino";
import { expect, test, vi } from "vitest";
import { parseConfig } from "../../config.ts";
import { deriveKeys } from "../../keys.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { parseLine } from "./checkpoint-lines.ts";
import { createCheckpoints } from "./checkpoints.ts";
import { openChains } from "./open-chains.ts";

const keys = deriveKeys("only tests sign by these words, 32 long");

onEveryDatabase("checkpoints", (kind) => {
  test("tell of no entry that the server did not write, and of what it wrote once that is the last again", async () => {
    const { database, close } = await kind.open();
    const log = pino({ level: "silent" });
    const told = vi.spyOn(log, "error");
    const config = parseConfig({ TESSERA_AUDIT_CHECKPOINT_FILE: "off" });
    const clock = () => Date.now();
    const world = { config, database, keys, clock, newId: randomUUID, log };
    await openChains(world);
    const lines: string[] = [];
    const { job } = createCheckpoints(world, [async (some) => void lines.push(...some)]);
    const run = () => job.run(new AbortController().signal);
    const forge = (statement: ReturnType<typeof sql>) =>
      database.inTransaction(async (trx) => void (await statement.execute(trx)));
    await forge(sql`insert into audit_events
      (id, at, actor_kind, action, details, outcome, chain, seq, prev_hash, key_version, hash)
      select 'forged', at, actor_kind, action, details, outcome, chain, 2, hash, key_version, hash
      from audit_events where seq = 1`);
    expect(await run()).toBe("0 written");
    expect([lines, told.mock.calls.length]).toEqual([[], 1]);

    await forge(sql`delete from audit_events where id = 'forged'`);
    expect(await run()).toBe("1 written");
    expect(lines.map(parseLine)).toMatchObject([{ chain: "platform", seq: 1 }]);
    expect(await run()).toBe("0 written");
    expect(told).toHaveBeenCalledTimes(1);
    await close();
  });
});
