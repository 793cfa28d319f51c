import { AppError } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { SessionPrincipal } from "../../../access/principal.ts";
import { createInTurns } from "../../../http/in-turns.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { ageScopes, recordUses } from "../../../testing/recorded-uses.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";
import { createUsageReading } from "../usage/usage-reading.ts";
import { proposalHandlers } from "./proposal-handlers.ts";

const day = 86_400_000;
const minute = 60_000;

onEveryDatabase("whoever asks for proposals again and again", (kind) => {
  let server: TestApp;
  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_LIST_TIME_PER_MINUTE: "1ms", TESSERA_CHANGES_PER_MINUTE: "30" },
    });
  });
  afterAll(() => server.close());

  /** A token that has viewed many clients. */
  const usedToken = async (): Promise<[TestUser, { readonly id: string }]> => {
    const { database } = server.deps;
    const ada = await server.newUser();
    const domainId = await server.newDomain(ada);
    const token = await server.newToken(ada, domainId, ["clients:view:*", "channels:view:*"]);
    const at = server.clock.now;
    await ageScopes(database, token.id, at - 100 * day);
    const use = { operation: "clients.view", domainId, at, allowed: 1 };
    const uses = Array.from({ length: 600 }, (_, index) => ({ ...use, entityId: `c ${index}` }));
    await recordUses(database, token.id, uses);
    return [ada, token];
  };
  const rowsOf = (tokenId: string) =>
    server.deps.database.read
      .selectFrom("token_scopes")
      .where("token_id", "=", tokenId)
      .selectAll()
      .orderBy("id")
      .execute();
  const applyWrongly = (caller: TestUser, tokenId: string) =>
    caller.call("POST", `/pats/${tokenId}/proposal/apply`, { etag: "wrong", window: "90d" });

  test("meets 429, also with a wrong etag, and nobody else does", async () => {
    const [ada, token] = await usedToken();
    const before = await rowsOf(token.id);
    const first = await applyWrongly(ada, token.id);
    expect([first.status, first.body.code]).toEqual([409, "proposal_changed"]);
    const refused = await applyWrongly(ada, token.id);
    expect([refused.status, refused.body.code]).toEqual([429, "rate_limited"]);
    expect(refused.body.message).toContain("lists that take 1 ms");
    expect(Number(refused.headers["retry-after"])).toBeGreaterThan(1);
    expect((await ada.call("GET", `/pats/${token.id}/proposal`)).status).toBe(429);
    expect(await rowsOf(token.id)).toEqual(before);
    // What takes rights away by name is kept back by nothing of this.
    const [{ id = "" } = {}] = before;
    const remove = { scopes_id: [id] };
    expect((await ada.call("PATCH", `/pats/${token.id}/scope/remove`, remove)).status).toBe(200);
    const [bob, other] = await usedToken();
    expect((await bob.call("GET", `/pats/${other.id}/proposal`)).status).toBe(200);
  });

  for (const path of ["proposal", "scope", "usage?by=operation", "usage?by=object"]) {
    test(`meets 429 at GET /pats/{p}/${path}`, async () => {
      const [ada, token] = await usedToken();
      expect((await ada.call("GET", `/pats/${token.id}/${path}`)).status).toBe(200);
      expect((await ada.call("GET", `/pats/${token.id}/${path}`)).status).toBe(429);
    });
  }

  test("meets 429 with drafts of many questions, as with changes of so many items", async () => {
    const ada = await server.newUser();
    const domainId = await server.newDomain(ada);
    const question = {
      ...{ domain_id: domainId, entity_type: "clients", entity_id: domainId, operation: "view" },
    };
    const questions = Array.from({ length: 1000 }, () => question);
    const ask = () => ada.call("POST", "/pats/draft/explain", { duration: "1h", questions });
    const answers = [await ask(), await ask(), await ask()].map(({ status }) => status);
    expect(answers).toEqual([200, 200, 429]);
  });

  test("is told of a wrong etag before anything is decided once more", async () => {
    const [ada, token] = await usedToken();
    const decided: string[] = [];
    const usage = createUsageReading(server.deps, {
      pendingOf: () => [],
      writingOf: () => undefined,
      slicesBegun: () => 0,
    });
    const handlers = proposalHandlers(
      server.deps,
      ({ row }) => {
        decided.push(row.id);
        return { allowed: true, steps: [] };
      },
      usage,
    );
    const call = {
      params: { tokenId: token.id },
      query: { window: "90d" },
      body: { etag: "wrong", window: "90d" },
      principal: { kind: "session", userId: ada.id, isAdmin: false } as SessionPrincipal,
      inTurns: createInTurns(() => {}),
    };
    type Call = Parameters<(typeof handlers)["tokens.apply_proposal"]>[0];
    const applied = handlers["tokens.apply_proposal"](call as unknown as Call);
    await expect(applied).rejects.toEqual(new AppError("proposal_changed"));
    expect(decided).toEqual([]);
    type View = Parameters<(typeof handlers)["tokens.proposal"]>[0];
    const told = await handlers["tokens.proposal"](call as unknown as View);
    expect(told.proof).toMatchObject({ uses: 600, objects: 600, would_refuse: 0 });
    expect(decided).toHaveLength(600);
  });
});

onEveryDatabase("whoever applies proposals and undoes them", (kind) => {
  test("pays for each scope that goes and comes, and meets 429", async () => {
    const environment = { TESSERA_CHANGES_PER_MINUTE: "30" };
    const server = await startApp(kind, { environment });
    try {
      const ada = await server.newUser();
      const domainId = await server.newDomain(ada);
      const clients = Array.from({ length: 400 }, () => ({ name: "pump" }));
      const made = await ada.call("POST", `/${domainId}/clients/bulk`, clients);
      const scopes = requireStatus(made, 200).clients.map(
        ({ id }: { id: string }) => `clients:view:${id}`,
      );
      server.clock.now += 5 * minute;
      const token = await server.newToken(ada, domainId, scopes);
      await ageScopes(server.deps.database, token.id, server.clock.now - 100 * day);
      server.clock.now += 5 * minute;
      const { etag } = requireStatus(await ada.call("GET", `/pats/${token.id}/proposal`), 200);
      const ask = async (deed: string, body?: object) =>
        (await ada.call("POST", `/pats/${token.id}/proposal/${deed}`, body)).status;
      const answers: number[] = [];
      while (answers.length < 20 && !answers.includes(429)) {
        answers.push(await ask("apply", { etag, window: "90d" }), await ask("undo"));
      }
      // Eight changes each of thirty a minute.
      expect(answers.slice(0, 2)).toEqual([200, 200]);
      expect(answers).toContain(429);
    } finally {
      await server.close();
    }
  });
});
