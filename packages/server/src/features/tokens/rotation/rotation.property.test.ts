import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { isSoak } from "../../../testing/soak.ts";
import { startApp, type TestApp, type TestUser } from "../../../testing/start-app.ts";
import { isAccepted, settle } from "./secret-states.ts";
import { readSecretsOf, type StoredSecret } from "./secret-store.ts";

const runCount = isSoak ? 300 : 15;
const hour = 3_600_000;
/** Tests move the clock by weeks; nobody is to sign in again, and the token is not to end. */
const environment = {
  TESSERA_ACCESS_TOKEN_LIFETIME: "10000d",
  TESSERA_REFRESH_TOKEN_LIFETIME: "10000d",
};

const step = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("rotate"),
      body: fc.oneof(
        fc.constant({ cutover: "first_use" }),
        fc.constant({ cutover: "first_use", linger: "5h" }),
        fc.constant({ cutover: "deadline", overlap: "20h" }),
        fc.constant({ cutover: "now" }),
      ),
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("cancel") }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("use"), which: fc.nat({ max: 3 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant("wait"), hours: fc.integer({ min: 1, max: 30 }) }),
  },
) as fc.Arbitrary<Step>;

type Step =
  | { readonly kind: "rotate"; readonly body: object }
  | { readonly kind: "cancel" }
  /** Of the secrets that there ever were, counted from the newest. */
  | { readonly kind: "use"; readonly which: number }
  | { readonly kind: "wait"; readonly hours: number };

/** Each element is done at once, on all the servers that there are. */
const run = fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), {
  minLength: 4,
  maxLength: 9,
});

onEveryDatabase("rotations in any order, and several at once", (kind) => {
  let servers: readonly [TestApp, ...TestApp[]];
  let owner: TestUser;
  beforeAll(async () => {
    const first = await startApp(kind, { environment });
    servers =
      kind.name === "SQLite"
        ? [first]
        : [first, await startApp(kind, { environment, sameDatabaseAs: first })];
    owner = await first.newUser();
  });
  afterAll(async () => {
    for (const server of servers.toReversed()) await server.close();
  });

  const wait = (hours: number) => {
    const now = servers[0].clock.now + hours * hour;
    for (const server of servers) server.clock.now = now;
  };

  test("leave one secret that works, never more than two, and cut over to each new one once", {
    timeout: isSoak ? 3_600_000 : 240_000,
  }, async () => {
    const seen = { cutOvers: 0, discarded: 0, refused: 0, together: 0 };
    await fc.assert(
      fc.asyncProperty(run, async (batches) => {
        const token = await createToken();
        for (const batch of batches) {
          const before = await working(token.id);
          const answers = await Promise.all(batch.map((one, index) => play(token, one, index)));
          const after = await working(token.id);
          expect(after.length).toBeGreaterThanOrEqual(1);
          expect(after.length).toBeLessThanOrEqual(2);
          if (after.length === 2) seen.together += 1;
          const [only] = batch;
          if (batch.length === 1 && only?.kind === "use") {
            const [answer] = answers;
            const isRight = before.some(({ digest }) => digest === answer?.digest);
            expect(answer?.status).toBe(isRight ? 200 : 401);
            if (!isRight) seen.refused += 1;
          }
        }
        const confirmed = await confirmedSecrets(token.id);
        expect(new Set(confirmed).size).toBe(confirmed.length);
        seen.cutOvers += confirmed.length;
        const stored = await readSecretsOf(servers[0].deps.database.read, token.id);
        seen.discarded += stored.filter(({ state }) => state === "discarded").length;
      }),
      { numRuns: runCount },
    );
    // Otherwise the property would hold because nothing happens; in few runs one of these may happen not to.
    const happened = Object.values(seen).filter((count) => count > 0);
    expect(happened.length).toBeGreaterThanOrEqual(isSoak ? 4 : 2);
  });

  interface Played {
    readonly id: string;
    /** All that were ever made, the oldest first. */
    readonly texts: string[];
  }

  async function createToken(): Promise<Played> {
    const body = { name: "ci", duration: "366d" };
    const { status, body: made } = await owner.call("POST", "/pats", body);
    expect(status).toBe(201);
    return { id: made.id, texts: [made.secret] };
  }

  async function play(token: Played, one: Step, index: number) {
    const server = servers[index % servers.length] ?? servers[0];
    const caller = server.bearer(owner.accessToken);
    switch (one.kind) {
      case "wait":
        wait(one.hours);
        return undefined;
      case "cancel":
        await caller.call("POST", `/pats/${token.id}/rotate/cancel`);
        return undefined;
      case "rotate": {
        const { status, body } = await caller.call("POST", `/pats/${token.id}/rotate`, one.body);
        expect([201, 409]).toContain(status);
        if (status === 201) token.texts.push(body.secret);
        return undefined;
      }
      case "use": {
        const text = token.texts[Math.max(token.texts.length - 1 - one.which, 0)] ?? "";
        const { status } = await server.bearer(text).call("GET", "/pats/self");
        expect([200, 401]).toContain(status);
        return { status, digest: servers[0].deps.keys.digest("token", text) };
      }
    }
  }

  /** Without showing any: that would cut over. */
  async function working(tokenId: string): Promise<readonly StoredSecret[]> {
    const { clock, deps } = servers[0];
    const stored = await readSecretsOf(deps.database.read, tokenId);
    return settle(stored, clock.now).filter((secret) => isAccepted(secret, clock.now));
  }

  async function confirmedSecrets(tokenId: string): Promise<readonly string[]> {
    const events = await servers[0].deps.database.read
      .selectFrom("audit_events")
      .select("details")
      .where("entity_id", "=", tokenId)
      .where("action", "=", "tokens.secret_confirmed")
      .execute();
    return events.map(({ details }) => JSON.parse(details).secret_id);
  }
});
