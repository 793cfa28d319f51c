import { randomUUID } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { giveRole } from "../../testing/test-people.ts";

const size = 1_000;

onEveryDatabase("a batch of a thousand questions", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let bob: TestUser;
  let domainId: string;

  let decisions = 0;

  beforeAll(async () => {
    server = await startApp(kind);
    countDecisions();
    [ada, bob] = [await server.newUser(), await server.newUser()];
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  /** Each asks what time it is. */
  function countDecisions(): void {
    let { now } = server.clock;
    Object.defineProperty(server.clock, "now", {
      get: () => {
        decisions += 1;
        return now;
      },
      set: (moved: number) => {
        now = moved;
      },
    });
  }

  const questions = () =>
    Array.from({ length: size }, () => ({
      domain_id: domainId,
      entity_type: "clients",
      entity_id: randomUUID(),
      operation: "view",
    }));
  const usesOf = async (owner: TestUser, tokenId: string) => {
    const { use_count: used, refused_count: refused } = requireStatus(
      await owner.call("GET", `/pats/${tokenId}`),
      200,
    );
    return { used, refused };
  };
  const newToken = async (owner: TestUser) => {
    const created = await owner.call("POST", "/pats", {
      name: randomUUID(),
      duration: "1h",
      scopes: [{ domain_id: domainId, entity_type: "clients", entity_id: "*", operation: "view" }],
      conditions: { max_uses: 3 * size },
    });
    const { id, secret } = requireStatus(created, 201);
    return { id, ...server.bearer(secret) };
  };

  const takings = {
    "a role of the owner": async (roleId: string) =>
      requireStatus(await ada.call("DELETE", `/domains/${domainId}/roles/${roleId}`), 204),
    "the domain's being enabled": async () =>
      requireStatus(await ada.call("POST", `/domains/${domainId}/disable`), 200),
  };

  test.each(Object.entries(takings))(
    "allows nothing that went with %s before its reply, and counts each question once",
    async (_, take) => {
      // Whether it is in the middle of them is up to the machine.
      for (let late = 0, round = 0; late === 0; round += 1) {
        expect(round).toBeLessThan(20);
        const actions = ["read", "client_read"];
        const roleId = await giveRole(ada, `/domains/${domainId}`, bob, actions);
        const token = await newToken(bob);
        let isTaken = false;
        const before = decisions;
        const batches = [1, 2, 3].map(async () => {
          const { status, body } = await token.call("POST", "/authorize", questions());
          return { status, body, isLate: isTaken };
        });
        while (decisions < before + 200) await nextTurn();
        await take(roleId);
        isTaken = true;
        const answers = await Promise.all(batches);
        const allowed = answers.map(({ status, body }) => {
          expect(status).toBe(200);
          return (body as { allowed: boolean }[]).filter((answer) => answer.allowed).length;
        });
        const told = allowed.reduce((sum, count) => sum + count);
        expect(await usesOf(bob, token.id)).toEqual({ used: told, refused: 3 * size - told });
        answers.forEach(({ isLate }, index) => {
          if (isLate) expect(allowed[index]).toBe(0);
        });
        late = answers.filter(({ isLate }) => isLate).length;
        await ada.call("POST", `/domains/${domainId}/enable`);
      }
    },
  );

  test("is answered while others never stop changing something in its domain", async () => {
    const token = await newToken(ada);
    const roleId = await giveRole(ada, `/domains/${domainId}`, await server.newUser(), ["read"]);
    let isAnswered = false;
    const changing = (async () => {
      for (let count = 0; !isAnswered; count += 1) {
        const body = { name: `role ${count}` };
        requireStatus(await ada.call("PUT", `/domains/${domainId}/roles/${roleId}`, body), 200);
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      const answers = requireStatus(await token.call("POST", "/authorize", questions()), 200);
      expect(answers.every((answer: { allowed: boolean }) => answer.allowed)).toBe(true);
    }
    isAnswered = true;
    await changing;
  });

  test("counts and spends each question once where it is the first use of a new secret", async () => {
    const token = await newToken(ada);
    const { secret } = requireStatus(await ada.call("POST", `/pats/${token.id}/rotate`, {}), 201);
    const next = server.bearer(secret);
    for (let round = 1; round <= 3; round += 1) {
      const answers = requireStatus(await next.call("POST", "/authorize", questions()), 200);
      expect(answers.every((answer: { allowed: boolean }) => answer.allowed)).toBe(true);
      expect(await usesOf(ada, token.id)).toEqual({ used: round * size, refused: 0 });
    }
    const beyond = requireStatus(await next.call("POST", "/authorize", questions()), 200);
    expect(new Set(beyond.map((answer: { because: string }) => answer.because))).toEqual(
      new Set(["token_exhausted"]),
    );
  });
});
