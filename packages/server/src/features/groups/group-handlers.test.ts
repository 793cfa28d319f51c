import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { giveRole, newMember } from "../../testing/test-people.ts";

interface Group {
  readonly id: string;
  readonly parent_id?: string;
  readonly path: string;
  readonly level: number;
  readonly children?: readonly Group[];
}

onEveryDatabase("groups", (kind) => {
  let server: TestApp;
  let owner: TestUser;

  beforeAll(async () => {
    server = await startApp(kind);
    owner = await server.newUser();
  });
  afterAll(() => server.close());

  const make = async (domainId: string, parentId?: string, body: object = {}): Promise<string> => {
    const wanted = { name: "g", ...(parentId === undefined ? {} : { parent_id: parentId }) };
    const made = await owner.call("POST", `/${domainId}/groups`, { ...wanted, ...body });
    return requireStatus(made, 201).id;
  };
  const view = async (domainId: string, id: string): Promise<Group> =>
    requireStatus(await owner.call("GET", `/${domainId}/groups/${id}`), 200);
  /** A chain of that many groups, the root first. */
  const makeChain = async (domainId: string, length: number): Promise<string[]> => {
    const chain: string[] = [];
    for (let count = 0; count < length; count += 1) {
      chain.push(await make(domainId, chain.at(-1)));
    }
    return chain;
  };
  /** Compares the stored ancestry of the whole domain with what the parents say. */
  const expectTrueAncestry = async (domainId: string) => {
    const { read } = server.deps.database;
    const groups = await read
      .selectFrom("entities")
      .select(["id", "parent_id"])
      .where("domain_id", "=", domainId)
      .where("type", "=", "groups")
      .execute();
    const parents = new Map(groups.map(({ id, parent_id }) => [id, parent_id]));
    const expected: string[] = [];
    for (const { id } of groups) {
      let depth = 0;
      for (let next: string | null = id; next !== null; next = parents.get(next) ?? null) {
        expected.push(`${id} ${next} ${depth}`);
        depth += 1;
      }
    }
    const stored = await read
      .selectFrom("group_ancestry")
      .selectAll()
      .where("domain_id", "=", domainId)
      .execute();
    const told = stored.map((row) => `${row.descendant_id} ${row.ancestor_id} ${row.depth}`);
    expect(told.toSorted()).toEqual(expected.toSorted());
  };

  test("a new group tells its path and level; its description is null until it is set", async () => {
    const domainId = await server.newDomain(owner);
    const top = await make(domainId);
    const made = await owner.call("POST", `/${domainId}/groups`, {
      id: randomUUID(),
      name: "floor",
      parent_id: top,
    });
    const { id } = requireStatus(made, 201);
    expect(made.body).toMatchObject({
      parent_id: top,
      description: null,
      path: `${top}.${id}`,
      level: 2,
    });
    expect(made.body).not.toHaveProperty("parent_group_id");
    const path = `/${domainId}/groups/${id}`;
    const described = await owner.call("PUT", path, { description: "the second" });
    expect(described.body.description).toBe("the second");
    const kept = await owner.call("PUT", path, { description: null, name: "x" });
    expect(kept.body).toMatchObject({ description: "the second", name: "x" });
    const cleared = await owner.call("PUT", path, { description: "" });
    expect(cleared.body.description).toBeNull();
    expect((await owner.call("POST", `/${domainId}/groups`, { name: " " })).status).toBe(400);
  });

  test("many groups are made below groups that exist", async () => {
    const domainId = await server.newDomain(owner);
    const [top, low] = await makeChain(domainId, 2);
    const bodies = [{ name: "a" }, { name: "b", parent_id: top }, { name: "c", parent_id: low }];
    const made = await owner.call("POST", `/${domainId}/groups/bulk`, bodies);
    const levels = made.body.groups.map(({ level }: Group) => level);
    expect(levels).toEqual([1, 2, 3]);
    await expectTrueAncestry(domainId);
  });

  test("a branch moves with all that is below it", async () => {
    const domainId = await server.newDomain(owner);
    const [a = "", b = "", c = ""] = await makeChain(domainId, 3);
    const [x = "", y = "", z = ""] = await makeChain(domainId, 3);
    const moved = await owner.call("POST", `/${domainId}/groups/${x}/parent`, { parent_id: b });
    expect(moved.status).toBe(200);
    expect(moved.body).toBeUndefined();
    expect((await view(domainId, z)).path).toBe([a, b, x, y, z].join("."));
    await expectTrueAncestry(domainId);
    expect((await owner.call("DELETE", `/${domainId}/groups/${x}/parent`)).status).toBe(204);
    expect((await owner.call("DELETE", `/${domainId}/groups/${x}/parent`)).status).toBe(204);
    expect(await view(domainId, z)).toMatchObject({ path: [x, y, z].join("."), level: 3 });
    expect((await view(domainId, c)).path).toBe([a, b, c].join("."));
    await expectTrueAncestry(domainId);
  });

  test("children are added and removed, all or none", async () => {
    const domainId = await server.newDomain(owner);
    const parent = await make(domainId);
    const [first = "", below = ""] = await makeChain(domainId, 2);
    const second = await make(domainId);
    const path = `/${domainId}/groups/${parent}/children`;
    const change = (method: "POST" | "DELETE", ids: readonly string[]) =>
      owner.call(method, path, { children_ids: ids });
    expect(await change("POST", [first, randomUUID()])).toMatchObject({
      status: 404,
      body: { field: "children_ids.1" },
    });
    expect(await change("POST", [first, below])).toMatchObject({
      status: 409,
      body: { code: "conflict", field: "children_ids.1" },
    });
    await expectTrueAncestry(domainId);
    const added = await change("POST", [first, second, first]);
    expect(added.status).toBe(200);
    expect(added.body).toBeUndefined();
    expect((await view(domainId, below)).path).toBe([parent, first, below].join("."));
    await expectTrueAncestry(domainId);
    expect(await change("DELETE", [second, below])).toMatchObject({
      status: 409,
      body: { field: "children_ids.1" },
    });
    expect((await change("DELETE", [second])).status).toBe(204);
    expect(await view(domainId, second)).toMatchObject({ path: second, level: 1 });
    expect((await view(domainId, first)).parent_id).toBe(parent);
    await expectTrueAncestry(domainId);
    expect((await change("POST", [])).status).toBe(400);
  });

  test("all children leave at once with what is below them", async () => {
    const domainId = await server.newDomain(owner);
    const [top = "", parent = "", child = "", low = ""] = await makeChain(domainId, 4);
    const other = await make(domainId, parent);
    const path = `/${domainId}/groups/${parent}/children/all`;
    expect((await owner.call("DELETE", path)).status).toBe(204);
    expect((await owner.call("DELETE", path)).status).toBe(204);
    expect((await view(domainId, low)).path).toBe([child, low].join("."));
    expect((await view(domainId, other)).path).toBe(other);
    expect((await view(domainId, parent)).path).toBe([top, parent].join("."));
    await expectTrueAncestry(domainId);
  });

  test("a group is neither its own parent nor below itself", async () => {
    const domainId = await server.newDomain(owner);
    const [top = "", middle = "", low = ""] = await makeChain(domainId, 3);
    const invalid = { status: 400, body: { code: "invalid_state" } };
    const join = (id: string, parent: string) =>
      owner.call("POST", `/${domainId}/groups/${id}/parent`, { parent_id: parent });
    expect(await join(top, top)).toMatchObject(invalid);
    expect(await join(top, low)).toMatchObject(invalid);
    const children = `/${domainId}/groups/${low}/children`;
    expect(await owner.call("POST", children, { children_ids: [top] })).toMatchObject(invalid);
    expect(await owner.call("POST", children, { children_ids: [low] })).toMatchObject(invalid);
    expect(await join(low, top)).toMatchObject({ status: 409, body: { code: "conflict" } });
    expect((await view(domainId, low)).parent_id).toBe(middle);
    await expectTrueAncestry(domainId);
  });

  test("two groups that go under each other in the same moment do not make a ring", async () => {
    const domainId = await server.newDomain(owner);
    for (let round = 0; round < 5; round += 1) {
      const a = await make(domainId);
      const b = await make(domainId);
      const replies = await Promise.all([
        owner.call("POST", `/${domainId}/groups/${a}/parent`, { parent_id: b }),
        owner.call("POST", `/${domainId}/groups/${b}/parent`, { parent_id: a }),
      ]);
      expect(replies.map(({ status }) => status).toSorted()).toEqual([200, 400]);
    }
    await expectTrueAncestry(domainId);
  });

  test("a parent must be there and enabled", async () => {
    const domainId = await server.newDomain(owner);
    const otherDomainId = await server.newDomain(owner);
    const group = await make(domainId);
    const disabled = await make(domainId, undefined, { status: "disabled" });
    const elsewhere = await make(otherDomainId);
    const path = `/${domainId}/groups/${group}/parent`;
    for (const [parent, status] of [
      [disabled, 409],
      [elsewhere, 404],
      [randomUUID(), 404],
    ] as const) {
      const refused = await owner.call("POST", path, { parent_id: parent });
      expect(refused).toMatchObject({ status, body: { field: "parent_id" } });
      const body = { name: "x", parent_id: parent };
      expect(await owner.call("POST", `/${domainId}/groups`, body)).toMatchObject({ status });
    }
    const children = `/${domainId}/groups/${disabled}/children`;
    expect((await owner.call("POST", children, { children_ids: [group] })).status).toBe(409);
  });

  test("groups stand at most 20 deep, made or moved", async () => {
    const domainId = await server.newDomain(owner);
    const chain = await makeChain(domainId, 20);
    const deep = { status: 400, body: { code: "invalid_state", field: "parent_id" } };
    const body = { name: "x", parent_id: chain[19] };
    expect(await owner.call("POST", `/${domainId}/groups`, body)).toMatchObject(deep);
    const [root = "", , third = ""] = await makeChain(domainId, 3);
    const path = `/${domainId}/groups/${root}/parent`;
    expect(await owner.call("POST", path, { parent_id: chain[17] })).toMatchObject(deep);
    const children = `/${domainId}/groups/${chain[17]}/children`;
    expect(await owner.call("POST", children, { children_ids: [root] })).toMatchObject({
      status: 400,
      body: { field: "children_ids.0" },
    });
    expect((await owner.call("POST", path, { parent_id: chain[16] })).status).toBe(200);
    expect((await view(domainId, third)).level).toBe(20);
    await expectTrueAncestry(domainId);
  });

  test("a deleted group leaves its members behind, without a parent", async () => {
    const domainId = await server.newDomain(owner);
    const [top = "", doomed = "", child = "", low = ""] = await makeChain(domainId, 4);
    const inGroup = { parent_group_id: doomed };
    const client = requireStatus(await owner.call("POST", `/${domainId}/clients`, inGroup), 201);
    const channel = requireStatus(await owner.call("POST", `/${domainId}/channels`, inGroup), 201);
    expect((await owner.call("DELETE", `/${domainId}/groups/${doomed}`)).status).toBe(204);
    expect((await view(domainId, low)).path).toBe([child, low].join("."));
    expect((await view(domainId, top)).path).toBe(top);
    for (const path of [`clients/${client.id}`, `channels/${channel.id}`]) {
      const viewed = await owner.call("GET", `/${domainId}/${path}`);
      expect(viewed.status).toBe(200);
      expect(viewed.body).not.toHaveProperty("parent_group_id");
    }
    await expectTrueAncestry(domainId);
  });

  test("whoever reached something through a group loses it when the group lets it go", async () => {
    const domainId = await server.newDomain(owner);
    const [top = "", low = ""] = await makeChain(domainId, 2);
    const member = await newMember(server, owner, domainId);
    await giveRole(owner, `/${domainId}/groups/${top}`, member, ["subgroup_read"]);
    expect((await member.call("GET", `/${domainId}/groups/${low}`)).status).toBe(200);
    await owner.call("DELETE", `/${domainId}/groups/${low}/parent`);
    expect((await member.call("GET", `/${domainId}/groups/${low}`)).status).toBe(403);
    await owner.call("POST", `/${domainId}/groups/${top}/children`, { children_ids: [low] });
    expect((await member.call("GET", `/${domainId}/groups/${low}`)).status).toBe(200);
  });

  describe("hierarchy", () => {
    test("of more than 1,000 groups is refused, and says how to ask for less", async () => {
      const domainId = await server.newDomain(owner);
      const top = await make(domainId);
      const children = Array.from({ length: 999 }, () => ({ name: "g", parent_id: top }));
      requireStatus(await owner.call("POST", `/${domainId}/groups/bulk`, children), 200);
      const path = `/${domainId}/groups/${top}/hierarchy`;
      expect(requireStatus(await owner.call("GET", path), 200).groups).toHaveLength(1000);
      await make(domainId, top);
      const { status, body } = await owner.call("GET", path);
      expect([status, body.code]).toEqual([400, "limit_reached"]);
      expect(body.message).toContain("at most 1000 with 4 MiB of names, tags and metadata");
      expect(body.message).toContain("ask for fewer levels, or page through /children");
    });

    test.each([
      ["metadata", { metadata: { text: "x".repeat(60_000) } }, 15],
      ["tags", { tags: Array.from({ length: 100 }, (_, n) => `${n}`.padEnd(254, "x")) }, 34],
    ])("of more than 4 MiB of %s is refused", async (_, heavy, atOnce) => {
      const domainId = await server.newDomain(owner);
      const top = await make(domainId);
      for (let part = 0; part < 5; part += 1) {
        // A user's large bodies of one moment are limited.
        server.clock.now += 60_000;
        const children = Array.from({ length: atOnce }, () => {
          return { name: "g", parent_id: top, ...heavy };
        });
        requireStatus(await owner.call("POST", `/${domainId}/groups/bulk`, children), 200);
      }
      const { status, body } = await owner.call("GET", `/${domainId}/groups/${top}/hierarchy`);
      expect([status, body.code]).toEqual([400, "limit_reached"]);
      expect(body.message).toContain("4 MiB of names, tags and metadata");
      const page = await owner.call("GET", `/${domainId}/groups/${top}/children?limit=20`);
      expect(requireStatus(page, 200)).toMatchObject({ total: 5 * atOnce });
    });

    const ids = (groups: readonly Group[]) => groups.map(({ id }) => id);
    /** top → (left → low, right), each path in the order of the ids. */
    const build = async () => {
      const domainId = await server.newDomain(owner);
      const top = await make(domainId);
      const left = await make(domainId, top);
      const right = await make(domainId, top);
      const low = await make(domainId, left);
      await make(domainId);
      const hierarchy = async (caller: TestUser, id: string, query = "") =>
        requireStatus(
          await caller.call("GET", `/${domainId}/groups/${id}/hierarchy?${query}`),
          200,
        );
      const byPath = [[top], [top, left], [top, left, low], [top, right]].toSorted((a, b) =>
        a.join(".") < b.join(".") ? -1 : 1,
      );
      return { domainId, top, left, right, low, hierarchy, order: byPath.map((p) => p.at(-1)) };
    };

    test("goes down by default, up on request, ordered by path", async () => {
      const { top, left, low, hierarchy, order } = await build();
      const down = await hierarchy(owner, top);
      expect(down).toMatchObject({ level: 0, direction: -1 });
      expect(ids(down.groups)).toEqual(order);
      const up = await hierarchy(owner, low, "dir=1");
      expect(up).toMatchObject({ direction: 1 });
      expect(ids(up.groups)).toEqual([top, left, low]);
      expect(up.groups[2].level).toBe(3);
      expect(ids((await hierarchy(owner, low, "direction=0")).groups)).toEqual([top, left, low]);
      expect(ids((await hierarchy(owner, low, "direction=1&dir=-1")).groups)).toEqual([low]);
    });

    test("ends after as many levels as asked for", async () => {
      const { top, left, right, low, hierarchy } = await build();
      const one = await hierarchy(owner, top, "level=1");
      expect(one.level).toBe(1);
      expect(ids(one.groups).toSorted()).toEqual([top, left, right].toSorted());
      expect(ids((await hierarchy(owner, low, "level=1&dir=1")).groups)).toEqual([left, low]);
    });

    test("hangs children under their parents when a tree is asked for", async () => {
      const { top, left, right, low, hierarchy } = await build();
      const { groups } = await hierarchy(owner, top, "tree=true");
      expect(ids(groups)).toEqual([top]);
      const children: Group[] = groups[0].children;
      expect(ids(children).toSorted()).toEqual([left, right].toSorted());
      expect(ids(children.find(({ id }) => id === left)?.children ?? [])).toEqual([low]);
    });

    test("shows only groups that the caller may view, to administrators all", async () => {
      const { domainId, top, left, low, hierarchy } = await build();
      const member = await newMember(server, owner, domainId);
      await giveRole(owner, `/${domainId}/groups/${top}`, member, ["read"]);
      await giveRole(owner, `/${domainId}/groups/${low}`, member, ["read"]);
      expect(ids((await hierarchy(member, top)).groups)).toEqual([top, low]);
      const tree = await hierarchy(member, top, "tree=true");
      expect(ids(tree.groups)).toEqual([top, low]);
      expect(ids((await hierarchy(member, low, "dir=1")).groups)).toEqual([top, low]);
      expect((await hierarchy(server.admin, top)).groups.length).toBe(4);
      expect((await member.call("GET", `/${domainId}/groups/${left}/hierarchy`)).status).toBe(403);
    });

    test("of a group that is not there is not found", async () => {
      const { domainId } = await build();
      for (const what of ["hierarchy", "children"]) {
        const path = `/${domainId}/groups/${randomUUID()}/${what}`;
        expect((await owner.call("GET", path)).status).toBe(404);
      }
    });
  });

  test("children are listed by the levels asked for", async () => {
    const domainId = await server.newDomain(owner);
    const chain = await makeChain(domainId, 5);
    const list = async (query: string): Promise<number[]> => {
      const path = `/${domainId}/groups/${chain[0]}/children?${query}`;
      const { groups, total } = requireStatus(await owner.call("GET", path), 200);
      expect(total).toBe(groups.length);
      return groups.map(({ level }: Group) => level - 1).toSorted();
    };
    expect(await list("")).toEqual([1]);
    expect(await list("start_level=2")).toEqual([2]);
    expect(await list("start_level=2&end_level=2")).toEqual([2]);
    expect(await list("start_level=2&end_level=-1")).toEqual([2, 3, 4]);
    expect(await list("start_level=1&end_level=3")).toEqual([1, 2, 3]);
    expect(await list("start_level=0&end_level=-1")).toEqual([0, 1, 2, 3, 4]);
    for (const wrong of [
      "start_level=3&end_level=2",
      "start_level=0",
      "start_level=0&end_level=2",
    ]) {
      const path = `/${domainId}/groups/${chain[0]}/children?${wrong}`;
      expect((await owner.call("GET", path)).status, wrong).toBe(400);
    }
    const filtered = await owner.call("GET", `/${domainId}/groups/${chain[0]}/children?name=nope`);
    expect(filtered.body.total).toBe(0);
  });

  test("children are listed to whoever may view them", async () => {
    const domainId = await server.newDomain(owner);
    const top = await make(domainId);
    const seen = await make(domainId, top);
    await make(domainId, top);
    const member = await newMember(server, owner, domainId);
    await giveRole(owner, `/${domainId}/groups/${top}`, member, ["read"]);
    await giveRole(owner, `/${domainId}/groups/${seen}`, member, ["read"]);
    const { body } = await member.call("GET", `/${domainId}/groups/${top}/children`);
    expect(body.groups.map(({ id }: Group) => id)).toEqual([seen]);
    const ofAdmin = await server.admin.call("GET", `/${domainId}/groups/${top}/children`);
    expect(ofAdmin.body.total).toBe(2);
  });

  test("root groups are those without an ancestor that the caller may view", async () => {
    const domainId = await server.newDomain(owner);
    const [top = "", middle = "", low = ""] = await makeChain(domainId, 3);
    const roots = async (caller: TestUser): Promise<string[]> => {
      const { body } = await caller.call("GET", `/${domainId}/groups?root_group=true`);
      return body.groups.map(({ id }: Group) => id);
    };
    expect(await roots(owner)).toEqual([top]);
    expect(await roots(server.admin)).toEqual([top]);
    const member = await newMember(server, owner, domainId);
    await giveRole(owner, `/${domainId}/groups/${middle}`, member, ["read"]);
    await giveRole(owner, `/${domainId}/groups/${low}`, member, ["read"]);
    expect(await roots(member)).toEqual([middle]);
  });

  test("groups below a group, or below none, are listed", async () => {
    const domainId = await server.newDomain(owner);
    const [top = "", middle = "", low = ""] = await makeChain(domainId, 3);
    const list = async (query: string): Promise<string[]> => {
      const { body } = await owner.call("GET", `/${domainId}/groups?${query}`);
      return body.groups.map(({ id }: Group) => id).toSorted();
    };
    expect(await list(`group=${top}`)).toEqual([middle, low].toSorted());
    expect(await list("group=")).toEqual([top]);
  });
});
