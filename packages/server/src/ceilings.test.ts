import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

onEveryDatabase("the most there may be", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: {
        TESSERA_MAX_OBJECTS_PER_TYPE: "40",
        TESSERA_MAX_DOMAINS_PER_USER: "3",
        TESSERA_MAX_ROLES_PER_OBJECT: "4",
        TESSERA_MAX_PENDING_INVITATIONS: "2",
      },
    });
  });
  beforeEach(async () => {
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const refusedWith = (response: { status: number; body: { code: string; message: string } }) =>
    [response.status, response.body.code, response.body.message] as const;

  test("objects of one type in a domain never exceed their limit, made singly, in bulk or at once", async () => {
    const make = (count: number) => {
      const bodies = Array.from({ length: count }, () => ({ name: "pump" }));
      return ada.call("POST", `/${domainId}/clients/bulk`, bodies);
    };
    requireStatus(await make(20), 200);
    const tooMany = await make(21);
    expect(refusedWith(tooMany)).toEqual([
      400,
      "limit_reached",
      "At most 40 clients may be in one domain; delete some first",
    ]);
    const single = () => ada.call("POST", `/${domainId}/clients`, { name: "pump" });
    const made = await Promise.all(Array.from({ length: 25 }, single));
    expect(made.filter(({ status }) => status === 201)).toHaveLength(20);
    const { clients, total } = (await ada.call("GET", `/${domainId}/clients?limit=100`)).body;
    expect([total, clients.length]).toEqual([40, 40]);
    requireStatus(await ada.call("POST", `/${domainId}/channels`, { name: "other" }), 201);
    const [{ id }] = clients;
    requireStatus(await ada.call("DELETE", `/${domainId}/clients/${id}`), 204);
    requireStatus(await single(), 201);
    expect((await single()).status).toBe(400);
  });

  test("a user creates no more domains than the limit", async () => {
    const create = (name: string) =>
      ada.call("POST", "/domains", { name, route: `${name}-${ada.username}` });
    for (const name of ["b", "c"]) requireStatus(await create(name), 201);
    expect(refusedWith(await create("d"))).toEqual([
      400,
      "limit_reached",
      "At most 3 domains may be created by one user",
    ]);
    expect((await ada.call("GET", "/domains")).body.total).toBe(3);
    await server.newDomain(await server.newUser());
  });

  test("an object has no more roles than the limit", async () => {
    const add = (role_name: string) =>
      ada.call("POST", `/domains/${domainId}/roles`, { role_name });
    for (const name of ["a", "b", "c"]) requireStatus(await add(name), 201);
    expect(refusedWith(await add("d")).slice(0, 2)).toEqual([400, "limit_reached"]);
    expect((await ada.call("GET", `/domains/${domainId}/roles`)).body.total).toBe(4);
  });

  test("a domain has no more unanswered invitations than the limit; renewing one is none more", async () => {
    const role = await ada.call("POST", `/domains/${domainId}/roles`, {
      role_name: "guests",
      optional_actions: ["read"],
    });
    const invite = (invitee_user_id: string, more: object = {}) =>
      ada.call("POST", `/domains/${domainId}/invitations`, {
        invitee_user_id,
        role_id: requireStatus(role, 201).id,
        ...more,
      });
    const [bob, eve, mallory] = [
      await server.newUser(),
      await server.newUser(),
      await server.newUser(),
    ];
    for (const { id } of [bob, eve]) requireStatus(await invite(id), 201);
    expect(refusedWith(await invite(mallory.id)).slice(0, 2)).toEqual([400, "limit_reached"]);
    requireStatus(await invite(bob.id, { resend: true }), 201);
    const listed = await ada.call("GET", `/domains/${domainId}/invitations`);
    expect(listed.body.total).toBe(2);
    const rejected = await eve.call("POST", "/invitations/reject", { domain_id: domainId });
    requireStatus(rejected, 204);
    requireStatus(await invite(mallory.id), 201);
  });
});
