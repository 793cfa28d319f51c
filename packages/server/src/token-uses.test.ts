import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "./testing/start-app.ts";
import { giveRole, newMember } from "./testing/test-people.ts";

const unset = "0001-01-01T00:00:00Z";

type Token = { readonly id: string } & Caller;

onEveryDatabase("a token", (kind) => {
  let server: TestApp;
  let owner: TestUser;
  let domainId: string;
  let clients: readonly string[];
  let channel: string;

  beforeAll(async () => {
    server = await startApp(kind, {
      // What is told is told before it is written, too.
      environment: { TESSERA_USAGE_FLUSH_INTERVAL: "24h" },
      file: {
        routes: [{ method: "GET", path: "/devices/{domain}/{id}", operation: "clients.view" }],
      },
    });
    owner = await server.newUser();
    domainId = await server.newDomain(owner);
    const made = await owner.call("POST", `/${domainId}/clients/bulk`, [
      { name: "a" },
      { name: "b" },
    ]);
    clients = requireStatus(made, 200).clients.map(({ id }: { id: string }) => id);
    const { id } = requireStatus(
      await owner.call("POST", `/${domainId}/channels`, { name: "c" }),
      201,
    );
    channel = id;
  });
  afterAll(() => server.close());

  const view = async ({ id }: Token) => requireStatus(await owner.call("GET", `/pats/${id}`), 200);

  const usage = async ({ id }: Token, by = "operation") =>
    requireStatus(await owner.call("GET", `/pats/${id}/usage?by=${by}&days=1`), 200);

  /** Each operation with how often it was used and refused. */
  const countsOf = async (token: Token) => {
    const { operations } = await usage(token);
    return operations.map((one: Record<string, unknown>) => [one.operation, one.uses, one.refused]);
  };

  const missingScope = () => ({
    domain_id: domainId,
    entity_type: "clients",
    entity_id: clients[0],
    operation: "delete",
  });

  test("that was only refused reads as used and refused, and names the scope that was missing", async () => {
    const token = await server.newToken(owner, domainId, ["clients:view"]);
    const fresh = await view(token);
    expect(fresh).toMatchObject({ last_used_at: unset, use_count: 0, refused_count: 0 });
    expect(fresh.last_refusal).toBeUndefined();
    const refused = await token.call("DELETE", `/${domainId}/clients/${clients[0]}`);
    expect(refused.body.code).toBe("scope_missing");
    const at = new Date(server.clock.now).toISOString();
    const told = {
      last_used_at: at,
      last_used_address: "127.0.0.1",
      use_count: 0,
      refused_count: 1,
      last_refusal: {
        at,
        operation: "clients.delete",
        because: "scope_missing",
        missing_scope: missingScope(),
      },
    };
    expect(await view(token)).toMatchObject(told);
    const { pats } = requireStatus(await owner.call("GET", `/pats?id=${token.id}`), 200);
    expect(pats).toMatchObject([told]);
    expect(await usage(token)).toMatchObject({
      days: [{ day: at.slice(0, 10), uses: 0, refused: 1 }],
      operations: [
        {
          operation: "clients.delete",
          uses: 0,
          refused: 1,
          last_used_at: unset,
          last_refused_at: at,
          missing_scope: missingScope(),
        },
      ],
      gaps: [],
    });
    expect((await usage(token, "object")).objects).toMatchObject([
      { domain_id: domainId, entity_type: "clients", entity_id: clients[0], uses: 0, refused: 1 },
    ]);
    expect((await usage(token, "address")).addresses).toMatchObject([
      { address: "127.0.0.1", uses: 1, last_used_at: at },
    ]);
    expect((await owner.call("GET", `/${domainId}/clients/${clients[0]}`)).status).toBe(200);
  });

  describe("counts, whichever way it is shown,", () => {
    const question = (operation: string) => ({
      domain_id: domainId,
      entity_type: "clients",
      entity_id: clients[0],
      operation,
    });
    const asGateway = (token: Caller, path: string) =>
      token.call("GET", "/forward-auth", undefined, {
        "x-original-method": "GET",
        "x-original-uri": path,
      });
    const once = (operation: string, outcome: "used" | "refused") => [
      [operation, outcome === "used" ? 1 : 0, outcome === "used" ? 0 : 1],
    ];

    test.for<
      [
        string,
        (token: Caller) => Promise<{ status: number }>,
        number,
        unknown[][],
        [number, number],
      ]
    >([
      [
        "a request that its scope covers",
        (token) => token.call("GET", `/${domainId}/clients/${clients[0]}`),
        200,
        once("clients.view", "used"),
        [1, 0],
      ],
      [
        "a request for an object that is not there",
        (token) => token.call("GET", `/${domainId}/clients/${randomUUID()}`),
        404,
        once("clients.view", "used"),
        [1, 0],
      ],
      [
        "a list of what it may see",
        (token) => token.call("GET", "/domains"),
        200,
        once("domains.list", "used"),
        [1, 0],
      ],
      [
        "a refusal before the body is there",
        (token) => token.call("PATCH", `/${domainId}/clients/${clients[0]}`, { name: "x" }),
        403,
        once("clients.update", "refused"),
        [0, 1],
      ],
      [
        "what no token can do",
        (token) => token.call("GET", "/pats"),
        403,
        once("tokens.list", "refused"),
        [0, 1],
      ],
      [
        "a gateway's request",
        (token) => asGateway(token, `/devices/${domainId}/${clients[0]}`),
        200,
        once("clients.view", "used"),
        [1, 0],
      ],
      [
        "a gateway's request in a domain of others",
        (token) => asGateway(token, `/devices/${randomUUID()}/${clients[0]}`),
        403,
        once("clients.view", "refused"),
        [0, 1],
      ],
      [
        "a question of a service",
        (token) => token.call("POST", "/authorize", question("view")),
        200,
        once("clients.view", "used"),
        [1, 0],
      ],
      [
        "each question of many",
        (token) => token.call("POST", "/authorize", ["view", "delete", "view"].map(question)),
        200,
        [
          ["clients.delete", 0, 1],
          ["clients.view", 2, 0],
        ],
        [2, 1],
      ],
      [
        "a request that says nothing sensible, as shown only",
        (token) => token.call("GET", `/${domainId}/clients/not-an-id`),
        400,
        [],
        [0, 0],
      ],
    ])("%s", async ([, send, status, operations, counts]) => {
      const token = await server.newToken(owner, domainId, ["clients:view"]);
      expect((await send(token)).status).toBe(status);
      expect((await countsOf(token)).sort()).toEqual(operations);
      const { use_count, refused_count, last_used_at } = await view(token);
      expect([use_count, refused_count]).toEqual(counts);
      expect(last_used_at).toBe(new Date(server.clock.now).toISOString());
    });
  });

  test("counts a request about many objects as one use, and each object by itself", async () => {
    const token = await server.newToken(owner, domainId, [
      "channels:connect_client",
      "clients:connect_to_channel",
    ]);
    const body = { channel_ids: [channel], client_ids: clients, types: ["publish"] };
    requireStatus(await token.call("POST", `/${domainId}/channels/connect`, body), 201);
    expect(await countsOf(token)).toEqual(
      expect.arrayContaining([
        ["channels.connect_client", 1, 0],
        ["clients.connect_to_channel", 2, 0],
      ]),
    );
    expect(await view(token)).toMatchObject({ use_count: 1, refused_count: 0 });
    const { objects, other_objects } = await usage(token, "object");
    expect(objects.map((one: Record<string, unknown>) => [one.entity_id, one.uses]).sort()).toEqual(
      [...clients, channel].map((id) => [id, 1]).sort(),
    );
    expect(other_objects).toEqual({ uses: 0, refused: 0 });
  });

  test("refused for its owner's missing right counts as refused, and no scope is named", async () => {
    const member = await newMember(server, owner, domainId);
    const token = await server.newToken(member, domainId, ["clients:view"]);
    const { body } = await token.call("GET", `/${domainId}/clients/${clients[1]}`);
    expect(body.code).toBe("owner_lacks_permission");
    const told = requireStatus(await member.call("GET", `/pats/${token.id}`), 200);
    expect(told).toMatchObject({ use_count: 0, refused_count: 1 });
    expect(told.last_refusal).toEqual({
      at: told.last_used_at,
      operation: "clients.view",
      because: "owner_lacks_permission",
    });
  });

  test("that may do it and then gives away more than it carries was refused, not used", async () => {
    const token = await server.newToken(owner, domainId, ["domains:send_invitation"]);
    const helper = await server.newUser();
    const roleId = await giveRole(owner, `/domains/${domainId}`, await server.newUser(), [
      "update",
    ]);
    const body = { invitee_user_id: helper.id, role_id: roleId };
    const { status } = await token.call("POST", `/domains/${domainId}/invitations`, body);
    expect(status).toBe(403);
    expect(await view(token)).toMatchObject({ use_count: 0, refused_count: 1 });
    expect(await countsOf(token)).toEqual([["domains.update", 0, 1]]);
  });

  test("whose use is asked for by what is no such thing hears what there is", async () => {
    const token = await server.newToken(owner, domainId, []);
    const { status, body } = await owner.call("GET", `/pats/${token.id}/usage?by=hour`);
    expect([status, body.field]).toEqual([400, "by"]);
    expect(body.message).toContain('"day", "operation", "object" or "address"');
    const { days } = requireStatus(await owner.call("GET", `/pats/${token.id}/usage`), 200);
    expect(days).toHaveLength(30);
  });

  test("is told by the days of a time zone, of which there is one by that name", async () => {
    const token = await server.newToken(owner, domainId, ["clients:view"]);
    expect((await token.call("GET", `/${domainId}/clients/${clients[0]}`)).status).toBe(200);
    // Where it is another day than in UTC.
    const isEarly = new Date(server.deps.clock()).getUTCHours() < 10;
    const timezone = isEarly ? "Pacific/Pago_Pago" : "Pacific/Kiritimati";
    const here = Temporal.Instant.fromEpochMilliseconds(server.deps.clock());
    const day = here.toZonedDateTimeISO(timezone).toPlainDate().toString();
    const read = (path: string) => owner.call("GET", path);
    const ofOne = await read(`/pats/${token.id}/usage?days=1&timezone=${timezone}`);
    const days = [{ day, uses: 1, refused: 0 }];
    expect(requireStatus(ofOne, 200)).toEqual({ days, timezone, gaps: [] });
    const ofAll = await read(`/pats/usage?days=2&timezone=${timezone}`);
    expect(requireStatus(ofAll, 200)).toMatchObject({ days: [{}, { day }], timezone });
    for (const path of [`/pats/${token.id}/usage`, "/pats/usage"]) {
      for (const wrong of ["Europe/Berlim", "%2B02:00", "", "x".repeat(65)]) {
        const { status, body } = await read(`${path}?timezone=${wrong}`);
        expect([status, body.field], wrong).toEqual([400, "timezone"]);
      }
    }
  });
});
