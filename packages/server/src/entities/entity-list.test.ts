import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../testing/start-app.ts";
import { giveRole, newMember } from "../testing/test-people.ts";

onEveryDatabase("lists", (kind) => {
  let server: TestApp;
  let owner: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    owner = await server.newUser();
  });
  afterAll(() => server.close());

  const make = async (domainId: string, type: string, body: object = {}): Promise<string> => {
    server.clock.now += 1000;
    const made = await owner.call("POST", `/${domainId}/${type}`, { name: "one", ...body });
    return requireStatus(made, 201).id;
  };
  const list = async (caller: TestUser, path: string) =>
    requireStatus(await caller.call("GET", path), 200);
  const names = async (domainId: string, query: string) => {
    const { clients } = await list(owner, `/${domainId}/clients?${query}`);
    return clients.map(({ name }: { name: string }) => name);
  };

  describe("what is asked for", () => {
    test("an empty list has all members of a page", async () => {
      const domainId = await server.newDomain(owner);
      const empty = { total: 0, offset: 0, limit: 10 };
      expect(await list(owner, `/${domainId}/clients`)).toEqual({ ...empty, clients: [] });
      expect(await list(owner, `/${domainId}/channels`)).toEqual({ ...empty, channels: [] });
      expect(await list(owner, `/${domainId}/groups`)).toEqual({ ...empty, groups: [] });
    });

    test("pages follow each other in order, and the total counts all matches", async () => {
      const domainId = await server.newDomain(owner);
      for (const name of ["b", "A", "d", "c"]) await make(domainId, "clients", { name });
      expect(await names(domainId, "")).toEqual(["c", "d", "A", "b"]);
      expect(await names(domainId, "order=name&dir=asc")).toEqual(["A", "b", "c", "d"]);
      expect(await names(domainId, "order=created_at&dir=asc")).toEqual(["b", "A", "d", "c"]);
      const page = await list(owner, `/${domainId}/clients?order=name&dir=asc&limit=2&offset=1`);
      expect(page).toMatchObject({ total: 4, offset: 1, limit: 2 });
      expect(page.clients.map(({ name }: { name: string }) => name)).toEqual(["b", "c"]);
      expect(await list(owner, `/${domainId}/clients?offset=9`)).toMatchObject({
        total: 4,
        clients: [],
      });
      expect(await list(owner, `/${domainId}/clients?only_total=true`)).toMatchObject({
        total: 4,
        clients: [],
      });
    });

    test("a changed one comes first, those of the same time are ordered by id", async () => {
      const domainId = await server.newDomain(owner);
      const first = await make(domainId, "clients", { name: "first" });
      await make(domainId, "clients", { name: "second" });
      server.clock.now += 1000;
      await owner.call("PATCH", `/${domainId}/clients/${first}`, { metadata: { a: 1 } });
      expect(await names(domainId, "")).toEqual(["first", "second"]);
      const otherDomainId = await server.newDomain(owner);
      const bodies = Array.from({ length: 5 }, () => ({ id: randomUUID() }));
      await owner.call("POST", `/${otherDomainId}/clients/bulk`, bodies);
      const ids = bodies.map(({ id }) => id).toSorted();
      const up = await list(owner, `/${otherDomainId}/clients?dir=asc`);
      expect(up.clients.map(({ id }: { id: string }) => id)).toEqual(ids);
      const down = await list(owner, `/${otherDomainId}/clients`);
      expect(down.clients.map(({ id }: { id: string }) => id)).toEqual(ids.toReversed());
    });

    test("disabled ones are listed when asked for", async () => {
      const domainId = await server.newDomain(owner);
      await make(domainId, "clients", { name: "on" });
      await make(domainId, "clients", { name: "off", status: "disabled" });
      expect(await names(domainId, "")).toEqual(["on"]);
      expect(await names(domainId, "status=disabled")).toEqual(["off"]);
      expect(await names(domainId, "status=all&order=name&dir=asc")).toEqual(["off", "on"]);
      expect(await names(domainId, "status=all&order=created_at")).toEqual(["off", "on"]);
      expect(await names(domainId, "status=")).toEqual(["on"]);
    });

    test("name is a part in any case, and its wildcards are plain characters", async () => {
      const domainId = await server.newDomain(owner);
      for (const name of ["Pump_1", "pump%2", "PÜMP", "valve"]) {
        await make(domainId, "clients", { name });
      }
      expect(await names(domainId, "name=PUMP&order=name&dir=asc")).toEqual(["pump%2", "Pump_1"]);
      expect(await names(domainId, "name=_")).toEqual(["Pump_1"]);
      expect(await names(domainId, "name=%25")).toEqual(["pump%2"]);
      expect(await names(domainId, "name=%C3%BC")).toEqual(["PÜMP"]);
    });

    test("tags: any of them, all of them, one of them", async () => {
      const domainId = await server.newDomain(owner);
      await make(domainId, "clients", { name: "ab", tags: ["a", "b"] });
      await make(domainId, "clients", { name: "b", tags: ["b"] });
      await make(domainId, "clients", { name: "c", tags: ["c d"] });
      const sorted = "&order=name&dir=asc";
      expect(await names(domainId, `tags=b${sorted}`)).toEqual(["ab", "b"]);
      expect(await names(domainId, `tags=a,c%20d${sorted}`)).toEqual(["ab", "c"]);
      expect(await names(domainId, `tags=a%2Bb${sorted}`)).toEqual(["ab"]);
      expect(await names(domainId, `tags=a%2Bb,c%20d${sorted}`)).toEqual(["ab", "c"]);
      expect(await names(domainId, `tags=x${sorted}`)).toEqual([]);
    });

    test("as many tags and actions as an address holds are no failure", async () => {
      const domainId = await server.newDomain(owner);
      await make(domainId, "clients", { name: "b", tags: ["t7"] });
      const tags = Array.from({ length: 100 }, (_, index) => `t${index}`);
      expect(await names(domainId, `tags=${tags}`)).toEqual(["b"]);
      expect(await names(domainId, `tags=${tags.join("%2B")}`)).toEqual([]);
      expect(await names(domainId, `actions=${"read,".repeat(2_000)}`)).toEqual(["b"]);
      for (const path of [`/${domainId}/clients`, "/domains", "/users"]) {
        const { status, body } = await server.admin.call("GET", `${path}?tags=${tags},one-more`);
        expect([status, body.field, body.message]).toEqual([
          400,
          "tags",
          "tags: must be at most 100 tags",
        ]);
      }
    });

    test("metadata must contain the object asked for", async () => {
      const domainId = await server.newDomain(owner);
      await make(domainId, "clients", { name: "x", metadata: { a: { b: 1, c: [1, 2] } } });
      await make(domainId, "clients", { name: "y", metadata: { a: { b: 2 } } });
      const where = (metadata: unknown) =>
        names(domainId, `metadata=${encodeURIComponent(JSON.stringify(metadata))}`);
      expect(await where({ a: { b: 1 } })).toEqual(["x"]);
      expect(await where({ a: { c: [2] } })).toEqual(["x"]);
      expect(await where({})).toEqual(["y", "x"]);
      expect(await where({ a: 1 })).toEqual([]);
    });

    test("ids and times of creation filter, both ends included", async () => {
      const domainId = await server.newDomain(owner);
      const first = await make(domainId, "clients", { name: "first" });
      const firstAt = new Date(server.clock.now).toISOString();
      await make(domainId, "clients", { name: "second" });
      const secondAt = new Date(server.clock.now).toISOString();
      expect(await names(domainId, `id=${first}`)).toEqual(["first"]);
      expect(await names(domainId, `created_from=${secondAt}`)).toEqual(["second"]);
      expect(await names(domainId, `created_to=${firstAt}`)).toEqual(["first"]);
      const both = `created_from=${firstAt}&created_to=${secondAt}`;
      expect(await names(domainId, both)).toEqual(["second", "first"]);
    });

    test("a group holds what is in it and below it; an empty one is no group", async () => {
      const domainId = await server.newDomain(owner);
      const top = await make(domainId, "groups", { name: "top" });
      const below = await make(domainId, "groups", { name: "below", parent_id: top });
      await make(domainId, "clients", { name: "in top", parent_group_id: top });
      await make(domainId, "clients", { name: "in below", parent_group_id: below });
      await make(domainId, "clients", { name: "free" });
      expect(await names(domainId, `group=${top}`)).toEqual(["in below", "in top"]);
      expect(await names(domainId, `group=${below}`)).toEqual(["in below"]);
      expect(await names(domainId, "group=")).toEqual(["free"]);
      expect(await names(domainId, `group=${randomUUID()}`)).toEqual([]);
    });

    test("the total follows every change at once", async () => {
      const domainId = await server.newDomain(owner);
      const totals = async () => {
        const found = [];
        for (const status of ["enabled", "disabled", "all"]) {
          const query = `status=${status}&only_total=true`;
          found.push((await list(owner, `/${domainId}/clients?${query}`)).total);
        }
        return found;
      };
      expect(await totals()).toEqual([0, 0, 0]);
      const client = await make(domainId, "clients");
      expect(await totals()).toEqual([1, 0, 1]);
      await owner.call("POST", `/${domainId}/clients/bulk`, [{}, { status: "disabled" }]);
      expect(await totals()).toEqual([2, 1, 3]);
      const path = `/${domainId}/clients/${client}`;
      await owner.call("POST", `${path}/disable`);
      expect(await totals()).toEqual([1, 2, 3]);
      await owner.call("POST", `${path}/enable`);
      expect(await totals()).toEqual([2, 1, 3]);
      await owner.call("DELETE", path);
      expect(await totals()).toEqual([1, 1, 2]);
    });

    test("a wrong parameter is refused by name", async () => {
      const domainId = await server.newDomain(owner);
      for (const [query, field] of [
        ["limit=0", "limit"],
        ["limit=101", "limit"],
        ["offset=-1", "offset"],
        ["order=route", "order"],
        ["dir=up", "dir"],
        ["status=gone", "status"],
        ["metadata=1", "metadata"],
        ["created_from=yesterday", "created_from"],
        ["limit=1&limit=2", "limit"],
        ["access_type=any", "access_type"],
      ]) {
        const refused = await owner.call("GET", `/${domainId}/clients?${query}`);
        expect(refused, query).toMatchObject({
          status: 400,
          body: { code: "invalid_query", field },
        });
      }
    });
  });

  describe("whom it is shown", () => {
    const ids = async (caller: TestUser, path: string): Promise<string[]> => {
      const reply = await list(caller, path);
      const items = reply.clients ?? reply.channels ?? reply.groups;
      expect(reply.total).toBe(items.length);
      return items.map(({ id }: { id: string }) => id).toSorted();
    };

    test("the domain's role shows everything, other rights show nothing", async () => {
      const domainId = await server.newDomain(owner);
      const client = await make(domainId, "clients");
      const reader = await newMember(server, owner, domainId, ["client_read"]);
      const maker = await newMember(server, owner, domainId, ["client_create", "channel_read"]);
      expect(await ids(reader, `/${domainId}/clients`)).toEqual([client]);
      expect(await ids(maker, `/${domainId}/clients`)).toEqual([]);
      expect(await ids(reader, `/${domainId}/channels`)).toEqual([]);
    });

    test("a role on an object shows it if it lets one view it", async () => {
      const domainId = await server.newDomain(owner);
      const member = await newMember(server, owner, domainId);
      for (const type of ["clients", "channels", "groups"]) {
        const seen = await make(domainId, type);
        const unseen = await make(domainId, type);
        await make(domainId, type);
        await giveRole(owner, `/${domainId}/${type}/${seen}`, member, ["read"]);
        await giveRole(owner, `/${domainId}/${type}/${unseen}`, member, ["update"]);
        expect(await ids(member, `/${domainId}/${type}`)).toEqual([seen]);
        expect((await member.call("GET", `/${domainId}/${type}/${unseen}`)).status).toBe(403);
      }
    });

    test("roles on groups show what is in them or what is below them, as each of them says", async () => {
      const domainId = await server.newDomain(owner);
      const top = await make(domainId, "groups");
      const middle = await make(domainId, "groups", { parent_id: top });
      const low = await make(domainId, "groups", { parent_id: middle });
      for (const [type, singular] of [
        ["clients", "client"],
        ["channels", "channel"],
      ] as const) {
        const inTop = await make(domainId, type, { parent_group_id: top });
        const inMiddle = await make(domainId, type, { parent_group_id: middle });
        const inLow = await make(domainId, type, { parent_group_id: low });
        await make(domainId, type);
        const path = `/${domainId}/${type}`;
        const near = await newMember(server, owner, domainId);
        await giveRole(owner, `/${domainId}/groups/${top}`, near, [`${singular}_read`]);
        expect(await ids(near, path)).toEqual([inTop]);
        const far = await newMember(server, owner, domainId);
        await giveRole(owner, `/${domainId}/groups/${top}`, far, [`subgroup_${singular}_read`]);
        expect(await ids(far, path)).toEqual([inMiddle, inLow].toSorted());
      }
      const groupReader = await newMember(server, owner, domainId);
      await giveRole(owner, `/${domainId}/groups/${top}`, groupReader, ["subgroup_read"]);
      expect(await ids(groupReader, `/${domainId}/groups`)).toEqual([middle, low].toSorted());
      const onlyTop = await newMember(server, owner, domainId);
      await giveRole(owner, `/${domainId}/groups/${top}`, onlyTop, ["read"]);
      expect(await ids(onlyTop, `/${domainId}/groups`)).toEqual([top]);
    });

    test("the list shows exactly what can be viewed one by one", async () => {
      const domainId = await server.newDomain(owner);
      const top = await make(domainId, "groups");
      const low = await make(domainId, "groups", { parent_id: top });
      const clients: string[] = [];
      for (const parent of [undefined, top, low]) {
        const body = parent === undefined ? {} : { parent_group_id: parent };
        for (let count = 0; count < 3; count += 1) {
          clients.push(await make(domainId, "clients", body));
        }
      }
      const member = await newMember(server, owner, domainId);
      await giveRole(owner, `/${domainId}/groups/${low}`, member, ["client_read"]);
      await giveRole(owner, `/${domainId}/clients/${clients[0]}`, member, ["read", "update"]);
      await giveRole(owner, `/${domainId}/clients/${clients[3]}`, member, ["delete"]);
      const viewable: string[] = [];
      for (const client of clients) {
        const viewed = await member.call("GET", `/${domainId}/clients/${client}`);
        if (viewed.status === 200) viewable.push(client);
      }
      expect(viewable.length).toBe(4);
      expect(await ids(member, `/${domainId}/clients`)).toEqual(viewable.toSorted());
    });

    test("whoever is not in the domain sees nothing, whatever roles are left", async () => {
      const domainId = await server.newDomain(owner);
      const client = await make(domainId, "clients");
      const member = await newMember(server, owner, domainId);
      await giveRole(owner, `/${domainId}/clients/${client}`, member, ["read"]);
      expect(await ids(member, `/${domainId}/clients`)).toEqual([client]);
      await owner.call("DELETE", `/domains/${domainId}/roles`, { member_ids: [member.id] });
      expect((await member.call("GET", `/${domainId}/clients`)).status).toBe(403);
      expect(await ids(server.admin, `/${domainId}/clients?user=${member.id}`)).toEqual([]);
    });

    test("a token shows what its owner may view", async () => {
      const domainId = await server.newDomain(owner);
      await make(domainId, "clients");
      const member = await newMember(server, owner, domainId);
      const seen = await make(domainId, "clients");
      await giveRole(owner, `/${domainId}/clients/${seen}`, member, ["read"]);
      const token = await server.newToken(member, domainId, ["domains:list_clients"]);
      const listed = requireStatus(await token.call("GET", `/${domainId}/clients`), 200);
      expect(listed.clients.map(({ id }: { id: string }) => id)).toEqual([seen]);
    });

    test("another's view is for administrators of the platform, one's own for everybody", async () => {
      const domainId = await server.newDomain(owner);
      const seen = await make(domainId, "clients");
      await make(domainId, "clients");
      const member = await newMember(server, owner, domainId);
      await giveRole(owner, `/${domainId}/clients/${seen}`, member, ["read"]);
      for (const path of [
        `/${domainId}/clients?user=${member.id}`,
        `/${domainId}/users/${member.id}/clients`,
      ]) {
        expect(await ids(server.admin, path)).toEqual([seen]);
        expect(await ids(member, path)).toEqual([seen]);
        expect(await owner.call("GET", path)).toMatchObject({
          status: 403,
          body: { code: "owner_lacks_permission" },
        });
      }
      const ofAdmin = `/${domainId}/users/${server.admin.id}/clients`;
      expect((await ids(server.admin, ofAdmin)).length).toBe(2);
    });
  });

  describe("how it is reached", () => {
    /** One client in the lower of two groups. */
    const build = async () => {
      const domainId = await server.newDomain(owner);
      const top = await make(domainId, "groups");
      const low = await make(domainId, "groups", { parent_id: top });
      const client = await make(domainId, "clients", { parent_group_id: low });
      return { domainId, top, low, client };
    };
    const only = async (caller: TestUser, path: string) => {
      const reply = await list(caller, path);
      expect(reply.total).toBe(1);
      return (reply.clients ?? reply.groups)[0];
    };

    test("the nearest role that lets one view it is told", async () => {
      const { domainId, top, low, client } = await build();
      const path = `/${domainId}/clients`;
      const member = await newMember(server, owner, domainId, ["client_read"]);
      const { domains } = await list(member, "/domains");
      expect(await only(member, path)).toMatchObject({
        access_type: "domain",
        access_provider_id: domainId,
        access_provider_role_id: domains[0].role_id,
        access_provider_role_actions: ["client_read"],
        parent_group_path: `${top}.${low}`,
      });
      const far = ["subgroup_client_read"];
      const farRole = await giveRole(owner, `/${domainId}/groups/${top}`, member, far);
      expect(await only(member, path)).toMatchObject({
        access_type: "indirect_group",
        access_provider_id: top,
        access_provider_role_id: farRole,
        access_provider_role_actions: far,
      });
      await giveRole(owner, `/${domainId}/groups/${low}`, member, ["client_read"], "near");
      expect(await only(member, path)).toMatchObject({
        access_type: "direct_group",
        access_provider_id: low,
        access_provider_role_name: "near",
      });
      const own = await giveRole(owner, `${path}/${client}`, member, ["read"], "own");
      const direct = await only(member, path);
      expect(direct).toMatchObject({
        access_type: "direct",
        role_id: own,
        role_name: "own",
        actions: ["read"],
      });
      expect(direct.access_provider_id).toBeUndefined();
    });

    test("the built-in role is told with every action", async () => {
      const { domainId } = await build();
      const { role_name, actions } = await only(owner, `/${domainId}/clients`);
      expect(role_name).toBe("admin");
      expect(actions).toEqual(server.deps.catalogue.roleActions("clients"));
    });

    test("groups are reached directly, indirectly, or by the domain", async () => {
      const { domainId, top, low } = await build();
      const member = await newMember(server, owner, domainId);
      await giveRole(owner, `/${domainId}/groups/${top}`, member, ["subgroup_read"]);
      expect(await only(member, `/${domainId}/groups`)).toMatchObject({
        id: low,
        access_type: "indirect",
        access_provider_id: top,
        path: `${top}.${low}`,
      });
      const reader = await newMember(server, owner, domainId, ["group_read"]);
      const all = await list(reader, `/${domainId}/groups`);
      for (const group of all.groups) expect(group.access_type).toBe("domain");
    });

    test("administrators of the platform are told of no role", async () => {
      const { domainId } = await build();
      const item = await only(server.admin, `/${domainId}/clients`);
      const told = Object.keys(item).filter((name) => /access|role|actions|path/.test(name));
      expect(told).toEqual([]);
    });

    test("one's own access filters: type, role, name and actions", async () => {
      const { domainId, top, low, client } = await build();
      const free = await make(domainId, "clients", { name: "free" });
      const inTop = await make(domainId, "clients", { parent_group_id: top });
      const member = await newMember(server, owner, domainId, ["client_read"]);
      const path = `/${domainId}/clients`;
      const own = await giveRole(owner, `${path}/${free}`, member, ["read", "update"], "own");
      const far = ["subgroup_client_read", "client_read"];
      await giveRole(owner, `/${domainId}/groups/${top}`, member, far, "far");
      const where = async (query: string): Promise<string[]> => {
        const { clients } = await list(member, `${path}?${query}`);
        return clients.map(({ id }: { id: string }) => id).toSorted();
      };
      const other = await make(domainId, "clients");
      expect(await where("")).toEqual([client, free, inTop, other].toSorted());
      expect(await where("access_type=direct")).toEqual([free]);
      expect(await where("access_type=direct_group")).toEqual([inTop]);
      expect(await where("access_type=indirect_group")).toEqual([client]);
      expect(await where("access_type=indirect")).toEqual([client, inTop].toSorted());
      expect(await where("access_type=domain")).toEqual([other]);
      expect(await where(`role_id=${own}`)).toEqual([free]);
      expect(await where("role_name=far")).toEqual([client, inTop].toSorted());
      expect(await where("role_name=far&access_type=direct_group")).toEqual([inTop]);
      expect(await where("actions=read,update")).toEqual([free]);
      expect(await where("actions=client_read,subgroup_client_read")).toEqual(
        [client, inTop].toSorted(),
      );
      expect(await where("actions=client_read")).toEqual([client, inTop, other].toSorted());
      expect(await where("actions=no_such_action")).toEqual([]);
      expect(await where(`group=${low}&role_name=far`)).toEqual([client]);
    });

    test("roles=true tells all ways in, the nearest first", async () => {
      const { domainId, top, low, client } = await build();
      const member = await newMember(server, owner, domainId, ["client_update", "client_read"]);
      await giveRole(owner, `/${domainId}/groups/${top}`, member, ["subgroup_client_delete"]);
      await giveRole(owner, `/${domainId}/groups/${low}`, member, ["subgroup_client_delete"]);
      await giveRole(owner, `/${domainId}/clients/${client}`, member, ["read"]);
      const { roles } = await list(member, `/${domainId}/clients/${client}?roles=true`);
      expect(roles).toMatchObject([
        { access_type: "direct", actions: ["read"] },
        {
          access_type: "indirect_group",
          actions: ["subgroup_client_delete"],
          access_provider_id: top,
          access_provider_path: top,
        },
        { access_type: "domain", access_provider_id: domainId },
      ]);
      const ofGroup = await list(owner, `/${domainId}/groups/${low}?roles=true`);
      expect(ofGroup.roles[0]).toMatchObject({
        access_type: "direct",
        access_provider_id: low,
        access_provider_path: `${top}.${low}`,
      });
      const plain = await list(member, `/${domainId}/clients/${client}`);
      expect(plain.roles).toBeUndefined();
      const ofAdmin = await list(server.admin, `/${domainId}/clients/${client}?roles=true`);
      expect(ofAdmin.roles).toEqual([]);
    });
  });
});
