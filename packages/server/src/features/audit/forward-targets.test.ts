import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDelivery } from "../../changes/deliver.ts";
import { onOneDatabase } from "../../testing/on-every-database.ts";
import { startApp } from "../../testing/start-app.ts";
import { openSyslogSink } from "../../testing/syslog-sink.ts";
import { forwardTargets } from "./forward-targets.ts";
import { readJsonLine } from "./json-lines.ts";

onOneDatabase("what is recorded", (kind) => {
  test("goes on to syslog and into a file with its id, as it is stored, also what was refused", async () => {
    const folder = await mkdtemp(join(tmpdir(), "tessera-forward-"));
    const file = join(folder, "audit.jsonl");
    const sink = await openSyslogSink();
    const server = await startApp(kind, {
      environment: {
        TESSERA_AUDIT_FILE: file,
        TESSERA_AUDIT_SYSLOG: `tcp://127.0.0.1:${sink.port}`,
      },
    });
    const domainId = await server.newDomain(server.admin);
    const token = await server.newToken(server.admin, domainId, []);
    expect((await token.call("GET", `/domains/${domainId}`)).status).toBe(403);
    const { deps, app } = server;
    const targets = forwardTargets(deps);
    await createDelivery(deps, targets)();
    const forwarded = async () =>
      (await readFile(file, "utf8")).trimEnd().split("\n").map(readJsonLine);
    const stored = async () =>
      deps.database.read.selectFrom("audit_events").selectAll().orderBy("at").execute();
    const before = await stored();
    expect(before.length).toBeGreaterThan(1);
    expect((await forwarded()).map(({ id }) => id).toSorted()).toEqual(
      before.map(({ id }) => id).toSorted(),
    );
    for (const row of await forwarded()) expect(before).toContainEqual(row);
    expect(sink.messages).toHaveLength(before.length);
    for (const { id } of before) {
      expect(sink.messages.filter((message) => message.includes(id))).not.toEqual([]);
    }
    expect(sink.messages[0]).toMatch(/^<110>1 \S+ - tessera - audit - \{/);

    // The end of the server writes what was refused, and how far all of it reaches.
    await app.close();
    await createDelivery(deps, targets)();
    expect(await forwarded()).toContainEqual(
      expect.objectContaining({ outcome: "refused", reason: "scope_missing", token_id: token.id }),
    );
    expect(sink.messages.some((message) => message.includes(" checkpoint - "))).toBe(true);
    await server.close();
    await sink.close();
    await rm(folder, { recursive: true });
  });
});
