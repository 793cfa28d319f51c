import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { type SeededDomain, seedDomain } from "./testing/seed-domain.ts";
import { seedTokens, type ToldToken } from "./testing/seed-tokens.ts";
import { startApp, type TestApp } from "./testing/start-app.ts";

const sizes = { tokens: 4_500, scopes: 10, clients: 300, told: 30 };

onEveryDatabase("tokens written directly into the database", (kind) => {
  let server: TestApp;
  let domain: SeededDomain;
  let told: readonly ToldToken[];
  const progress: number[] = [];

  beforeAll(async () => {
    server = await startApp(kind);
    const { admin, deps } = server;
    const objects = { clients: sizes.clients, channels: 1, groups: 8, members: 2 };
    domain = await seedDomain(deps.database, admin.id, objects);
    told = await seedTokens(deps, domain, sizes, (tokens) => progress.push(tokens));
  });
  afterAll(() => server.close());

  const view = (secret: string, clientId = "") =>
    server.bearer(secret).call("GET", `/${domain.domainId}/clients/${clientId}`);

  test("are as many as were wanted, with as many scopes, and as many of them told", async () => {
    const { read } = server.deps.database;
    const count = async (table: "tokens" | "token_scopes") => {
      const query = read.selectFrom(table).select(({ fn }) => fn.countAll<number>().as("count"));
      return (await query.executeTakeFirstOrThrow()).count;
    };
    expect(await count("tokens")).toBe(sizes.tokens);
    expect(await count("token_scopes")).toBe(sizes.tokens * sizes.scopes);
    expect(new Set(told.map(({ secret }) => secret)).size).toBe(sizes.told);
    expect(progress).toEqual([2_000, 4_000, 4_500]);
  });

  test("may, where they were told, view their own clients and no other", async () => {
    for (const { secret, clientIds } of told.filter((_, index) => index % 10 === 9)) {
      expect(clientIds).toHaveLength(sizes.scopes);
      for (const clientId of clientIds) expect((await view(secret, clientId)).status).toBe(200);
      const others = Array.from({ length: sizes.clients }, (_, index) => domain.idOf(index));
      const other = others.find((clientId) => !clientIds.includes(clientId));
      const refused = await view(secret, other);
      expect([refused.status, refused.body.code]).toEqual([403, "scope_missing"]);
    }
  });
});
