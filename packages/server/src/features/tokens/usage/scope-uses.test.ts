import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp } from "../../../testing/start-app.ts";
import type { UsageRecorder } from "./usage-recorder.ts";

onEveryDatabase("lists that name no domain", (kind) => {
  let server: TestApp;
  let usage: UsageRecorder;

  beforeAll(async () => {
    server = await startApp(kind, {
      build: {
        hearUses: (recorder) => {
          usage = recorder as UsageRecorder;
          return recorder;
        },
      },
    });
  });
  afterAll(() => server.close());

  test("count for a scope that was added in their middle those that it opened, before and after they are written", async () => {
    const bob = await server.newUser();
    const here = await server.newDomain(bob);
    const token = await server.newToken(bob, here, [`domains:list:${here}`]);
    const list = async (times: number) => {
      server.clock.now += 1000;
      for (let time = 0; time < times; time += 1) {
        requireStatus(await token.call("GET", "/domains"), 200);
      }
      server.clock.now += 1000;
    };
    await list(1);
    const late = await server.newDomain(bob);
    const scope = { entity_type: "domains", operation: "list", domain_id: late, entity_id: late };
    const added = { scopes: [scope] };
    requireStatus(await bob.call("PATCH", `/pats/${token.id}/scope/add`, added), 200);
    await list(3);
    // Whatever else of the token changes begins nothing of its own.
    const name = { name: "renamed" };
    requireStatus(await bob.call("PATCH", `/pats/${token.id}/name`, name), 202);
    await list(2);
    const uses = async () => {
      const told = requireStatus(await bob.call("GET", `/pats/${token.id}/scope`), 200);
      return Object.fromEntries(
        told.scopes.map((each: Record<string, unknown>) => [each.domain_id, each.use_count]),
      );
    };
    const wanted = { [here]: 6, [late]: 5 };
    expect(await uses()).toEqual(wanted);
    await usage.flush();
    expect(await uses()).toEqual(wanted);
  });
});
