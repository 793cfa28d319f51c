import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";

onEveryDatabase("clients", (kind) => {
  let server: TestApp;
  let owner: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    owner = await server.newUser();
  });
  afterAll(() => server.close());

  const make = async (domainId: string, body: object = {}) =>
    requireStatus(await owner.call("POST", `/${domainId}/clients`, body), 201);

  test("a creation that fails in any case tells nothing of the secrets of other clients", async () => {
    const domainId = await server.newDomain(owner);
    await make(domainId, { name: "pump", credentials: { secret: "hunter-4711" } });
    const bodies = ["hunter-4711", "same", "same"].map((secret) => ({
      name: "guess",
      credentials: { secret },
    }));
    const refused = await owner.call("POST", `/${domainId}/clients/bulk`, bodies);
    expect([refused.status, refused.body.field]).toEqual([409, "2.credentials.secret"]);
    const { body: list } = await owner.call("GET", `/${domainId}/clients`);
    expect(list.total).toBe(1);
  });

  test("who chooses secrets that others have is stopped after ten in a minute, and the log names who it was", async () => {
    const domainId = await server.newDomain(owner);
    const guesser = await server.newUser();
    const own = await server.newDomain(guesser);
    const choose = (secret: string) =>
      guesser.call("POST", `/${own}/clients`, { name: "guess", credentials: { secret } });
    expect((await choose("taken")).status).toBe(201);
    for (let count = 0; count < 10; count += 1) expect((await choose("taken")).status).toBe(409);
    expect((await choose("free")).status).toBe(429);
    const { body: list } = await guesser.call("GET", `/${own}/clients`);
    expect(list.total).toBe(1);
    expect(server.logLines.join("")).toContain("A secret was chosen that another client has");
    // Who chooses none, and others, are not held up.
    expect((await guesser.call("POST", `/${own}/clients`, { name: "a" })).status).toBe(201);
    await make(domainId, { name: "pump", credentials: { secret: "free" } });
  });

  test("the secret is shown where it is made and never again", async () => {
    const domainId = await server.newDomain(owner);
    const credentials = { identity: "pump-1" };
    const made = await make(domainId, { name: "pump", credentials });
    const { secret } = made.credentials;
    expect(secret).toMatch(/^[0-9a-f-]{36}$/);
    const path = `/${domainId}/clients/${made.id}`;
    const others = [
      await owner.call("GET", path),
      await owner.call("PATCH", path, { name: "x" }),
      await owner.call("PATCH", `${path}/tags`, { tags: ["a"] }),
      await owner.call("POST", `${path}/disable`),
      await owner.call("POST", `${path}/enable`),
    ];
    for (const { status, body } of others) {
      expect(status).toBe(200);
      expect(body.credentials).toEqual(credentials);
    }
    const lists = [
      await owner.call("GET", `/${domainId}/clients`),
      await server.admin.call("GET", `/${domainId}/clients`),
    ];
    for (const { body } of lists) expect(body.clients[0].credentials).toEqual(credentials);
    const stored = await server.deps.database.read
      .selectFrom("client_details")
      .selectAll()
      .where("domain_id", "=", domainId)
      .execute();
    const audit = await server.deps.database.read.selectFrom("audit_events").selectAll().execute();
    expect(JSON.stringify([stored, audit])).not.toContain(secret);
    expect(stored[0]?.secret_digest).toMatch(/^[0-9a-f]{64}$/);
  });

  test("private metadata is shown in a view of the client alone", async () => {
    const domainId = await server.newDomain(owner);
    const made = await make(domainId, { private_metadata: { serial: "7" } });
    expect(made.private_metadata).toBeUndefined();
    const path = `/${domainId}/clients/${made.id}`;
    expect((await owner.call("GET", path)).body.private_metadata).toEqual({ serial: "7" });
    const { body } = await owner.call("GET", `/${domainId}/clients`);
    expect(body.clients[0].private_metadata).toBeUndefined();
    await owner.call("PATCH", path, { metadata: { a: 1 } });
    expect((await owner.call("GET", path)).body.private_metadata).toEqual({ serial: "7" });
    await owner.call("PATCH", path, { private_metadata: { serial: "8" } });
    expect((await owner.call("GET", path)).body).toMatchObject({
      metadata: { a: 1 },
      private_metadata: { serial: "8" },
    });
  });

  test("a secret is one client's in its domain", async () => {
    const domainId = await server.newDomain(owner);
    const otherDomainId = await server.newDomain(owner);
    const withSecret = (secret: string) => ({ credentials: { secret } });
    const made = await make(domainId, withSecret("first secret"));
    expect(made.credentials.secret).toBe("first secret");
    const taken = { status: 409, body: { code: "already_exists" } };
    const again = await owner.call("POST", `/${domainId}/clients`, withSecret("first secret"));
    expect(again).toMatchObject(taken);
    expect(again.body.field).toBe("credentials.secret");
    expect(again.body.message).not.toContain("first secret");
    await make(otherDomainId, withSecret("first secret"));
    const bulk = `/${domainId}/clients/bulk`;
    const bodies = [{}, {}, {}, withSecret("first secret")];
    expect(await owner.call("POST", bulk, bodies)).toMatchObject({
      status: 409,
      body: { field: "3.credentials.secret" },
    });
    const twice = [withSecret("new secret"), withSecret("new secret")];
    expect(await owner.call("POST", bulk, twice)).toMatchObject({
      status: 409,
      body: { field: "1.credentials.secret" },
    });
    expect((await owner.call("GET", `/${domainId}/clients`)).body.total).toBe(1);
  });

  test("a new secret replaces the old one and is shown once", async () => {
    const domainId = await server.newDomain(owner);
    const made = await make(domainId, { credentials: { identity: "i", secret: "old secret" } });
    const other = await make(domainId);
    const path = `/${domainId}/clients/${made.id}`;
    const changed = await owner.call("PATCH", `${path}/secret`, { secret: "new secret" });
    expect(changed).toMatchObject({
      status: 200,
      body: { id: made.id, credentials: { identity: "i", secret: "new secret" } },
    });
    expect((await owner.call("GET", path)).body.credentials).toEqual({ identity: "i" });
    const otherPath = `/${domainId}/clients/${other.id}/secret`;
    expect(await owner.call("PATCH", otherPath, { secret: "new secret" })).toMatchObject({
      status: 409,
      body: { code: "already_exists", field: "secret" },
    });
    expect((await owner.call("PATCH", otherPath, { secret: "old secret" })).status).toBe(200);
    expect((await owner.call("PATCH", `${path}/secret`, { secret: "new secret" })).status).toBe(
      200,
    );
    expect((await owner.call("PATCH", `${path}/secret`, { secret: " " })).status).toBe(400);
    await owner.call("POST", `${path}/disable`);
    expect(await owner.call("PATCH", `${path}/secret`, { secret: "later" })).toMatchObject({
      status: 409,
      body: { code: "conflict" },
    });
    const nowhere = `/${domainId}/clients/${randomUUID()}/secret`;
    expect((await owner.call("PATCH", nowhere, { secret: "x" })).status).toBe(404);
  });

  test("two that want one secret at the same moment: one gets it", async () => {
    const domainId = await server.newDomain(owner);
    const secret = randomUUID();
    const replies = await Promise.all(
      Array.from({ length: 8 }, () =>
        owner.call("POST", `/${domainId}/clients`, { credentials: { secret } }),
      ),
    );
    expect(replies.map(({ status }) => status).toSorted()).toEqual([
      201,
      ...Array.from({ length: 7 }, () => 409),
    ]);
    for (const { status, body } of replies) {
      if (status === 409) expect(body.field).toBe("credentials.secret");
    }
    expect((await owner.call("GET", `/${domainId}/clients`)).body.total).toBe(1);
  });

  test("a thousand are made at once, one more is too many", async () => {
    const domainId = await server.newDomain(owner);
    const bodies = Array.from({ length: 1000 }, (_, index) => ({ name: `n${index}` }));
    const made = await owner.call("POST", `/${domainId}/clients/bulk`, bodies);
    expect(made).toMatchObject({ status: 200, body: { total: 1000 } });
    const secrets = made.body.clients.map(
      ({ credentials }: { credentials: { secret: string } }) => credentials.secret,
    );
    expect(new Set(secrets).size).toBe(1000);
    const tooMany = await owner.call("POST", `/${domainId}/clients/bulk`, [...bodies, {}]);
    expect(tooMany.status).toBe(400);
    expect((await owner.call("POST", `/${domainId}/clients/bulk`, [])).status).toBe(400);
    expect((await owner.call("GET", `/${domainId}/clients`)).body.total).toBe(1000);
  });
});
