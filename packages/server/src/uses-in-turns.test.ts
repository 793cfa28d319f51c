import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "./testing/start-app.ts";

const tokensOfOne = 70;
/** Of one user, under way. */
const usesAtOnce = 50;
const changesPerMinute = 300;
/** What another's may wait for: what runs already, and what comes in between. */
const fewUses = 5;

onEveryDatabase("beside all the uses of one user that have to be written down", (kind) => {
  let server: TestApp;
  let path: string;
  let greedy: readonly Caller[];
  let ada: TestUser;
  let adasDomain: string;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: {
        TESSERA_CHANGES_AT_ONCE: "1000",
        TESSERA_CHANGES_PER_MINUTE: `${changesPerMinute}`,
      },
    });
    const mallory = await server.newUser();
    path = `/domains/${await server.newDomain(mallory)}`;
    const make = () => newLimited(mallory, path.slice("/domains/".length));
    const made: Caller[] = [];
    while (made.length < tokensOfOne) made.push(await make());
    greedy = made;
    ada = await server.newUser();
    adasDomain = await server.newDomain(ada);
  });
  afterAll(() => server.close());
  beforeEach(async () => {
    server.clock.now += 60_000;
    // Known from now on, so that nothing else is waited for.
    for (const one of greedy) requireStatus(await one.call("GET", path), 200);
  });

  async function newLimited(owner: TestUser, domainId: string): Promise<Caller> {
    const read = { domain_id: domainId, entity_type: "domains", operation: "read" };
    const scopes = [{ ...read, entity_id: domainId }];
    const body = { name: "ci", duration: "30d", scopes, conditions: { max_uses: 90 } };
    return server.bearer(requireStatus(await owner.call("POST", "/pats", body), 201).secret);
  }

  /** Holds each lane of changes, until its function is called. */
  async function holdLanes(): Promise<readonly (() => Promise<void>)[]> {
    const releases = Array.from({ length: kind.name === "SQLite" ? 1 : 7 }, () => {
      const mayEnd = Promise.withResolvers<void>();
      const hasBegun = Promise.withResolvers<void>();
      const holding = server.deps.database.inTransaction(() => {
        hasBegun.resolve();
        return mayEnd.promise;
      });
      const release = () => {
        mayEnd.resolve();
        return holding;
      };
      return { release, begun: hasBegun.promise };
    });
    await Promise.all(releases.map(({ begun }) => begun));
    return releases.map(({ release }) => release);
  }

  /** All of the one user's uses, then the work of somebody else: how many of these were answered before it. */
  async function usesAnsweredBefore(work: () => Promise<unknown>) {
    const [releaseOne, ...others] = await holdLanes();
    const inTransaction = vi.spyOn(server.deps.database, "inTransaction");
    const whenInLine = (works: number) =>
      expect.poll(() => inTransaction.mock.calls.length).toBeGreaterThanOrEqual(works);
    const answers: number[] = [];
    const uses = greedy.map(async (one) => {
      const { status, headers } = await one.call("GET", path);
      if (status === 429) expect(Number(headers["retry-after"])).toBeGreaterThan(0);
      answers.push(status);
    });
    await whenInLine(usesAtOnce);
    const working = work().then(() => answers.filter((status) => status === 200).length);
    await whenInLine(usesAtOnce + 1);
    inTransaction.mockRestore();
    // One after the other, so that none has a conflict.
    await releaseOne?.();
    const before = await working;
    await Promise.all([...uses, ...others.map((release) => release())]);
    return { before, answers };
  }

  test("somebody else's limited token is used in its turn, and what is too much is refused to that user", async () => {
    const limited = await newLimited(ada, adasDomain);
    const use = () => limited.call("GET", `/domains/${adasDomain}`);
    requireStatus(await use(), 200);
    const { before, answers } = await usesAnsweredBefore(async () =>
      requireStatus(await use(), 200),
    );
    expect(before).toBeLessThanOrEqual(fewUses);
    expect(answers.filter((status) => status === 200)).toHaveLength(usesAtOnce);
    expect(answers.filter((status) => status === 429)).toHaveLength(tokensOfOne - usesAtOnce);
  });

  test("somebody else's new secret is used for the first time in its turn", async () => {
    const { id } = await server.newToken(ada, adasDomain, []);
    const { secret } = requireStatus(await ada.call("POST", `/pats/${id}/rotate`, {}), 201);
    const next = server.bearer(secret);
    requireStatus(await next.call("GET", "/ready"), 200);
    const { before } = await usesAnsweredBefore(async () =>
      requireStatus(await next.call("GET", "/pats/self"), 200),
    );
    expect(before).toBeLessThanOrEqual(fewUses);
  });

  test("the server itself writes in its turn", async () => {
    const write = () =>
      server.deps.database.inTransaction((trx) =>
        trx.selectFrom("instance").select("name").execute(),
      );
    const { before } = await usesAnsweredBefore(write);
    expect(before).toBeLessThanOrEqual(fewUses);
  });

  test("a user has a share of them in a minute, of which others' tokens take nothing", async () => {
    const limited = await newLimited(ada, adasDomain);
    const statuses = new Set<number>();
    for (let round = 0; round * tokensOfOne <= changesPerMinute && !statuses.has(429); round += 1) {
      for (const one of greedy) statuses.add((await one.call("GET", path)).status);
    }
    expect(statuses).toEqual(new Set([200, 429]));
    requireStatus(await limited.call("GET", `/domains/${adasDomain}`), 200);
  });
});
