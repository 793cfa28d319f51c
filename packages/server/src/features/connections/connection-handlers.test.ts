import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";

onEveryDatabase("connections", (kind) => {
  let server: TestApp;
  let owner: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    owner = await server.newUser();
  });
  afterAll(() => server.close());

  const make = async (domainId: string, type: string, body: object = {}): Promise<string> =>
    requireStatus(await owner.call("POST", `/${domainId}/${type}`, body), 201).id;

  const build = async () => {
    const domainId = await server.newDomain(owner);
    return {
      domainId,
      channel: await make(domainId, "channels"),
      otherChannel: await make(domainId, "channels"),
      client: await make(domainId, "clients"),
      otherClient: await make(domainId, "clients"),
    };
  };
  const count = async (domainId: string) => {
    const { read } = server.deps.database;
    const found = read.selectFrom("connections").selectAll().where("domain_id", "=", domainId);
    return (await found.execute()).length;
  };
  const listed = async (path: string) => {
    const { clients, channels } = requireStatus(await owner.call("GET", path), 200);
    return (clients ?? channels)
      .map((item: { id: string; connection_types: string[] }) => [item.id, item.connection_types])
      .toSorted();
  };

  test("what is connected is listed from both sides, with the kinds", async () => {
    const { domainId, channel, client, otherClient } = await build();
    const connect = `/${domainId}/channels/${channel}/connect`;
    const both = await owner.call("POST", connect, {
      client_ids: [client],
      types: ["publish", "Subscribe"],
    });
    expect(both.status).toBe(201);
    expect(both.body).toBeUndefined();
    const one = { client_ids: [otherClient], types: ["SUBSCRIBE"] };
    expect((await owner.call("POST", connect, one)).status).toBe(201);
    const ofChannel = `/${domainId}/clients?channel=${channel}`;
    expect(await listed(ofChannel)).toEqual(
      [
        [client, ["Publish", "Subscribe"]],
        [otherClient, ["Subscribe"]],
      ].toSorted(),
    );
    expect(await listed(`${ofChannel}&connection_type=Publish`)).toEqual([
      [client, ["Publish", "Subscribe"]],
    ]);
    const ofClient = `/${domainId}/channels?client=${otherClient}`;
    expect(await listed(ofClient)).toEqual([[channel, ["Subscribe"]]]);
    expect(await listed(`${ofClient}&connection_type=publish`)).toEqual([]);
    expect((await owner.call("GET", `/${domainId}/clients`)).body.clients[0]).not.toHaveProperty(
      "connection_types",
    );
  });

  test("many are connected and disconnected at once", async () => {
    const { domainId, channel, otherChannel, client, otherClient } = await build();
    const all = {
      channel_ids: [channel, otherChannel, channel],
      client_ids: [client, otherClient],
      types: ["publish", "subscribe", "publish"],
    };
    expect((await owner.call("POST", `/${domainId}/channels/connect`, all)).status).toBe(201);
    expect(await count(domainId)).toBe(8);
    const some = { ...all, client_ids: [client, randomUUID()], types: ["publish"] };
    const disconnect = `/${domainId}/channels/disconnect`;
    expect((await owner.call("POST", disconnect, some)).status).toBe(204);
    expect(await count(domainId)).toBe(6);
    expect((await owner.call("POST", disconnect, some)).status).toBe(204);
    const one = `/${domainId}/channels/${channel}/disconnect`;
    const rest = { client_ids: [client, otherClient], types: ["publish", "subscribe"] };
    expect((await owner.call("POST", one, rest)).status).toBe(204);
    expect(await count(domainId)).toBe(3);
  });

  test("a disconnection records what was really connected, however much it was asked for", async () => {
    const { domainId, channel, otherChannel, client, otherClient } = await build();
    const connect = (channelId: string, clientId: string, types: readonly string[]) =>
      owner.call("POST", `/${domainId}/channels/${channelId}/connect`, {
        client_ids: [clientId],
        types,
      });
    requireStatus(await connect(channel, client, ["publish", "subscribe"]), 201);
    requireStatus(await connect(channel, otherClient, ["subscribe"]), 201);
    const recorded = async () => {
      const rows = await server.deps.database.read
        .selectFrom("audit_events")
        .select(["entity_id", "details"])
        .where("domain_id", "=", domainId)
        .where("action", "=", "channels.disconnect")
        .execute();
      return rows.map(({ entity_id, details }) => [entity_id, JSON.parse(details)]);
    };
    const unknown = Array.from({ length: 900 }, () => randomUUID());
    const types = ["publish", "subscribe"];
    const disconnect = (body: object) =>
      owner.call("POST", `/${domainId}/channels/disconnect`, body);
    const nothing = { channel_ids: [channel, otherChannel], client_ids: unknown, types };
    requireStatus(await disconnect(nothing), 204);
    expect(await recorded()).toEqual([]);
    const all = { ...nothing, client_ids: [...unknown, client, otherClient] };
    requireStatus(await disconnect(all), 204);
    expect(await count(domainId)).toBe(0);
    const records = await recorded();
    expect(records).toHaveLength(2);
    expect(records).toEqual(
      expect.arrayContaining([
        [channel, { client_ids: [client], types: ["publish", "subscribe"] }],
        [channel, { client_ids: [otherClient], types: ["subscribe"] }],
      ]),
    );
  });

  test("where one connection exists, none is added", async () => {
    const { domainId, channel, client, otherClient } = await build();
    const connect = `/${domainId}/channels/${channel}/connect`;
    await owner.call("POST", connect, { client_ids: [client], types: ["publish"] });
    const refused = await owner.call("POST", connect, {
      client_ids: [otherClient, client],
      types: ["subscribe", "publish"],
    });
    expect(refused).toMatchObject({ status: 409, body: { code: "already_exists" } });
    expect(refused.body.message).toContain(client);
    expect(await count(domainId)).toBe(1);
  });

  test("what is missing, disabled or of another domain is named, and nothing is added", async () => {
    const { domainId, channel, client } = await build();
    const otherDomainId = await server.newDomain(owner);
    const elsewhere = await make(otherDomainId, "clients");
    const disabledClient = await make(domainId, "clients", { status: "disabled" });
    const disabledChannel = await make(domainId, "channels", { status: "disabled" });
    const connect = (channels: string[], clients: string[]) =>
      owner.call("POST", `/${domainId}/channels/connect`, {
        channel_ids: channels,
        client_ids: clients,
        types: ["publish"],
      });
    for (const missing of [randomUUID(), elsewhere]) {
      const refused = await connect([channel], [client, missing]);
      expect(refused).toMatchObject({ status: 404, body: { field: "client_ids" } });
      expect(refused.body.message).toContain(missing);
    }
    expect(await connect([channel, randomUUID()], [client])).toMatchObject({
      status: 404,
      body: { field: "channel_ids" },
    });
    const conflict = { status: 409, body: { code: "conflict" } };
    expect(await connect([channel], [client, disabledClient])).toMatchObject(conflict);
    expect(await connect([channel, disabledChannel], [client])).toMatchObject(conflict);
    expect(await count(domainId)).toBe(0);
  });

  test("a deleted client or channel is connected to nothing", async () => {
    const { domainId, channel, otherChannel, client, otherClient } = await build();
    await owner.call("POST", `/${domainId}/channels/connect`, {
      channel_ids: [channel, otherChannel],
      client_ids: [client, otherClient],
      types: ["publish"],
    });
    await owner.call("DELETE", `/${domainId}/clients/${client}`);
    expect(await count(domainId)).toBe(2);
    await owner.call("DELETE", `/${domainId}/channels/${channel}`);
    expect(await count(domainId)).toBe(1);
  });

  test("a request that would make too many connections is refused", async () => {
    const { domainId } = await build();
    const ids = Array.from({ length: 150 }, () => randomUUID());
    const refused = await owner.call("POST", `/${domainId}/channels/connect`, {
      channel_ids: ids,
      client_ids: ids,
      types: ["publish"],
    });
    expect(refused).toMatchObject({
      status: 400,
      body: { code: "invalid_body", field: "client_ids" },
    });
    expect(refused.body.message).toContain("22500 connections; at most 20000");
    expect(await count(domainId)).toBe(0);
  });
});
