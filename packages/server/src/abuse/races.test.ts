import { afterAll, beforeAll, expect, test } from "vitest";
import {
  attackedOn,
  everyEndpoint,
  type Prepared,
  prepare,
  send,
} from "../testing/attack-stage.ts";
import { countRows } from "../testing/everything-stored.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { buildWorld } from "../testing/operation-world.ts";
import { mailSettings, startApp, type TestApp, type TestResponse } from "../testing/start-app.ts";

const times = 4;
const changes = everyEndpoint.filter(({ method }) => method !== "GET");

onEveryDatabase("a request that is sent many times at once", (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind, { environment: mailSettings });
  });
  afterAll(() => testApp.close());

  test.each(attackedOn(kind, changes, 6).map((endpoint) => [endpoint.id, endpoint] as const))(
    "to %s does no more than when it is sent as often in a row",
    async (_, endpoint) => {
      const inRow = await grown(testApp, await prepareIn(testApp, endpoint), async (request) => {
        const answers: TestResponse[] = [];
        for (let time = 0; time < times; time += 1) answers.push(await send(request));
        return answers;
      });
      const atOnce = await grown(testApp, await prepareIn(testApp, endpoint), (request) =>
        Promise.all(Array.from({ length: times }, () => send(request))),
      );
      expect(atOnce.rows).toEqual(inRow.rows);
      expect(atOnce.done).toBe(inRow.done);
    },
  );
});

async function prepareIn(testApp: TestApp, endpoint: Prepared["endpoint"]): Promise<Prepared> {
  return prepare(endpoint, await buildWorld(testApp), testApp);
}

/** By how many rows the tables grow while the requests are sent, and how many of these are done. */
async function grown(
  { deps }: TestApp,
  request: Prepared,
  sendAll: (request: Prepared) => Promise<readonly TestResponse[]>,
) {
  const before = await countRows(deps.database);
  const answers = await sendAll(request);
  for (const { status, failure } of answers) expect(status, failure).toBeLessThan(500);
  const after = await countRows(deps.database);
  const rows = Object.entries(after).map(([table, count]) => [table, count - (before[table] ?? 0)]);
  return { rows, done: answers.filter(({ status }) => status < 300).length };
}
