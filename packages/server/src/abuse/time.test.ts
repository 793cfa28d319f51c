import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onOneDatabase } from "../testing/on-every-database.ts";
import { buildWorld, type World } from "../testing/operation-world.ts";
import { isSoak } from "../testing/soak.ts";
import { type Caller, mailSettings, startApp, type TestApp } from "../testing/start-app.ts";

/** Of each kind; one after the other, so that what else the machine does slows both alike. */
const samples = isSoak ? 200 : 25;
const attempts = 4;

/** Two requests that must not be told apart. */
interface Pair {
  readonly name: string;
  readonly exists: (stage: Stage) => Promise<unknown>;
  readonly doesNot: (stage: Stage) => Promise<unknown>;
}

interface Stage {
  readonly testApp: TestApp;
  readonly world: World;
  readonly stranger: Caller;
  readonly token: string;
  /** Of as many people. */
  readonly addresses: string[];
}

const signIn = ({ testApp: { nobody } }: Stage, username: string) =>
  nobody.call("POST", "/users/tokens/issue", { username, password: `wrong-${randomUUID()}` });
const askForReset = ({ testApp }: Stage, email = "") => {
  // So often a minute from one network.
  testApp.clock.now += 60_000;
  return testApp.nobody.call("POST", "/password/reset-request", { email });
};

const pairs: readonly Pair[] = [
  {
    name: "a username at sign-in",
    exists: (stage) => signIn(stage, stage.world.owner.username),
    doesNot: (stage) => signIn(stage, `u${randomUUID().slice(0, 13)}`),
  },
  {
    name: "an address that asks for a new password",
    // Another one each time: there are so many mails to one address.
    exists: (stage) => askForReset(stage, stage.addresses.pop()),
    doesNot: (stage) => askForReset(stage, `u${randomUUID().slice(0, 13)}@example.test`),
  },
  {
    name: "somebody else's domain",
    exists: ({ stranger, world }) => stranger.call("GET", `/domains/${world.domainId}`),
    doesNot: ({ stranger }) => stranger.call("GET", `/domains/${randomUUID()}`),
  },
  {
    name: "an object of somebody else's domain",
    exists: ({ stranger, world }) =>
      stranger.call("GET", `/${world.domainId}/clients/${world.client}`),
    doesNot: ({ stranger, world }) =>
      stranger.call("GET", `/${world.domainId}/clients/${randomUUID()}`),
  },
  {
    name: "somebody else's token",
    exists: ({ stranger, token }) => stranger.call("GET", `/pats/${token}`),
    doesNot: ({ stranger }) => stranger.call("GET", `/pats/${randomUUID()}`),
  },
];

onOneDatabase("the time of an answer", (kind) => {
  let stage: Stage;
  beforeAll(async () => {
    const environment = {
      TESSERA_SIGN_IN_FAILURES_PER_ADDRESS: "100000",
      TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT: "100000",
      TESSERA_SIGN_IN_FAILURES_PER_ACCOUNT_IN_ALL: "100000",
      ...mailSettings,
    };
    const testApp = await startApp(kind, { passwords: "dear", environment });
    const world = await buildWorld(testApp);
    const token = (await testApp.newToken(world.owner, world.domainId, [])).id;
    const addresses: string[] = [];
    while (addresses.length < samples * attempts) addresses.push((await testApp.newUser()).email);
    stage = { testApp, world, stranger: await testApp.newUser(), token, addresses };
  });
  afterAll(() => stage.testApp.close());

  test.each(pairs)(
    "tells nobody whether there is $name",
    { timeout: 120_000 },
    async ({ exists, doesNot }) => {
      const differences: string[] = [];
      for (let attempt = 0; attempt < attempts; attempt += 1) {
        const [there, gone] = await measure(
          () => exists(stage),
          () => doesNot(stage),
        );
        const difference = Math.abs(there - gone);
        // A tenth of a millisecond is what one look into the database takes; no network tells that much.
        if (difference < Math.max(0.3, 0.15 * Math.min(there, gone))) return;
        differences.push(`${there.toFixed(3)} ms and ${gone.toFixed(3)} ms`);
      }
      expect(differences).toEqual([]);
    },
  );
});

/** The medians of both, in milliseconds. */
async function measure(
  one: () => Promise<unknown>,
  other: () => Promise<unknown>,
): Promise<readonly [number, number]> {
  const times: [number[], number[]] = [[], []];
  for (let sample = 0; sample < samples; sample += 1) {
    for (const which of sample % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const started = performance.now();
      await [one, other][which]?.();
      times[which].push(performance.now() - started);
    }
  }
  return [median(times[0]), median(times[1])];
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
