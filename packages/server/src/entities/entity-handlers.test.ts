import { randomUUID } from "node:crypto";
import { builtInEntityTypes, createCatalogue } from "@tessera/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { sensors } from "../testing/sensors.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../testing/start-app.ts";

onEveryDatabase("entities", (kind) => {
  let server: TestApp;
  let owner: TestUser;

  beforeAll(async () => {
    server = await startApp(kind, {
      catalogue: createCatalogue([], [...builtInEntityTypes, sensors]),
    });
    owner = await server.newUser();
  });
  afterAll(() => server.close());

  for (const type of ["clients", "channels", "groups", "sensors"]) {
    const updateMethod = type === "groups" ? "PUT" : "PATCH";

    const make = async (domainId: string, body: object = {}) =>
      requireStatus(
        await owner.call("POST", `/${domainId}/${type}`, { name: "one", ...body }),
        201,
      );

    describe(type, () => {
      test("a new one is viewed with what it was made with", async () => {
        const domainId = await server.newDomain(owner);
        const made = await owner.call("POST", `/${domainId}/${type}`, {
          name: "Pump",
          tags: ["b", "a", "b"],
          metadata: { site: { floor: 2 } },
          status: "disabled",
        });
        expect(made.status).toBe(201);
        expect(made.headers.location).toBe(`/${type}/${made.body.id}`);
        const viewed = await owner.call("GET", `/${domainId}/${type}/${made.body.id}`);
        expect(viewed.status).toBe(200);
        expect(viewed.body).toMatchObject({
          id: made.body.id,
          name: "Pump",
          tags: ["b", "a"],
          domain_id: domainId,
          metadata: { site: { floor: 2 } },
          created_at: new Date(server.clock.now).toISOString(),
          created_by: owner.id,
          updated_at: "0001-01-01T00:00:00Z",
          status: "disabled",
        });
      });

      test("one that is not there, or in another domain, is not found", async () => {
        const domainId = await server.newDomain(owner);
        const otherDomainId = await server.newDomain(owner);
        const { id: elsewhere } = await make(otherDomainId);
        for (const wanted of [randomUUID(), elsewhere]) {
          const path = `/${domainId}/${type}/${wanted}`;
          expect(await owner.call("GET", path)).toMatchObject({ status: 404 });
          expect(await owner.call(updateMethod, path, { name: "x" })).toMatchObject({
            status: 404,
          });
          expect(await owner.call("PATCH", `${path}/tags`, { tags: [] })).toMatchObject({
            status: 404,
            body: { code: "not_found" },
          });
          expect(await owner.call("POST", `${path}/disable`)).toMatchObject({ status: 404 });
          expect(await owner.call("DELETE", path)).toMatchObject({ status: 404 });
        }
        expect((await owner.call("GET", `/${otherDomainId}/${type}/${elsewhere}`)).status).toBe(
          200,
        );
      });

      test("nothing is made or listed in a domain that does not exist", async () => {
        const nowhere = randomUUID();
        const body = { name: "one" };
        const notFound = { status: 404, body: { code: "not_found" } };
        expect(await server.admin.call("POST", `/${nowhere}/${type}`, body)).toMatchObject(
          notFound,
        );
        expect(await server.admin.call("GET", `/${nowhere}/${type}`)).toMatchObject(notFound);
        expect((await owner.call("POST", `/${nowhere}/${type}`, body)).status).toBe(403);
      });

      test("a change replaces what it names and leaves the rest", async () => {
        const domainId = await server.newDomain(owner);
        const made = await make(domainId, { name: "first", metadata: { a: 1, b: 2 }, tags: ["t"] });
        const path = `/${domainId}/${type}/${made.id}`;
        server.clock.now += 1000;
        const changedAt = new Date(server.clock.now).toISOString();
        const renamed = await owner.call(updateMethod, path, { name: "Second", tags: ["no"] });
        expect(renamed).toMatchObject({
          status: 200,
          body: { name: "Second", metadata: { a: 1, b: 2 }, tags: ["t"], updated_by: owner.id },
        });
        expect(renamed.body.updated_at).toBe(changedAt);
        const emptied = await owner.call(updateMethod, path, { name: "", metadata: { c: 3 } });
        expect(emptied.body).toMatchObject({ name: "Second", metadata: { c: 3 } });
        const found = await owner.call("GET", `/${domainId}/${type}?name=SECO`);
        expect(found.body.total).toBe(1);
      });

      test("tags are replaced, repetitions left out", async () => {
        const domainId = await server.newDomain(owner);
        const { id: madeId } = await make(domainId, { tags: ["old"] });
        const path = `/${domainId}/${type}/${madeId}/tags`;
        const changed = await owner.call("PATCH", path, { tags: ["new", "a", "new"] });
        expect(changed).toMatchObject({ status: 200, body: { tags: ["new", "a"] } });
        const none = await owner.call("PATCH", path, { tags: [] });
        expect(none.body.tags).toEqual([]);
      });

      test("a disabled one cannot be changed until it is enabled", async () => {
        const domainId = await server.newDomain(owner);
        const { id: madeId } = await make(domainId);
        const path = `/${domainId}/${type}/${madeId}`;
        const conflict = { status: 409, body: { code: "conflict" } };
        expect(await owner.call("POST", `${path}/enable`)).toMatchObject(conflict);
        expect(await owner.call("POST", `${path}/disable`)).toMatchObject({
          status: 200,
          body: { status: "disabled", updated_by: owner.id },
        });
        expect(await owner.call("POST", `${path}/disable`)).toMatchObject(conflict);
        expect(await owner.call(updateMethod, path, { name: "x" })).toMatchObject(conflict);
        expect(await owner.call("PATCH", `${path}/tags`, { tags: ["x"] })).toMatchObject(conflict);
        expect(await owner.call("POST", `${path}/enable`)).toMatchObject({
          status: 200,
          body: { status: "enabled" },
        });
        expect((await owner.call(updateMethod, path, { name: "x" })).status).toBe(200);
      });

      test("many are made at once, in their order", async () => {
        const domainId = await server.newDomain(owner);
        const names = Array.from({ length: 250 }, (_, index) => `n${index}`);
        const bodies = names.map((name) => ({ name, tags: ["x", name] }));
        const made = await owner.call("POST", `/${domainId}/${type}/bulk`, bodies);
        expect(made.status).toBe(200);
        expect(made.body.total).toBe(250);
        expect(made.body[type].map(({ name }: { name: string }) => name)).toEqual(names);
        expect(made.body[type][7].tags).toEqual(["x", "n7"]);
        const listed = await owner.call("GET", `/${domainId}/${type}?only_total=true`);
        expect(listed.body).toMatchObject({ total: 250, [type]: [] });
      });

      test("the creator is the only member of its built-in role, and can do everything", async () => {
        const domainId = await server.newDomain(owner);
        const { id: madeId } = await make(domainId);
        const path = `/${domainId}/${type}/${madeId}`;
        const { roles } = requireStatus(await owner.call("GET", `${path}/roles`), 200);
        expect(roles).toEqual([
          expect.objectContaining({ name: "admin", built_in: true, entity_id: madeId }),
        ]);
        expect(roles[0].id).toMatch(new RegExp(`^${type.slice(0, -1)}_[0-9a-z]+$`));
        const members = await owner.call("GET", `${path}/roles/${roles[0].id}/members`);
        expect(members.body.members).toEqual([owner.id]);
      });

      test("what a token makes belongs to its owner", async () => {
        const domainId = await server.newDomain(owner);
        const token = await server.newToken(owner, domainId, [`domains:create_${type}`]);
        const made = await token.call("POST", `/${domainId}/${type}`, { name: "by token" });
        expect(made).toMatchObject({ status: 201, body: { created_by: owner.id } });
        const viewed = await owner.call("GET", `/${domainId}/${type}/${made.body.id}?roles=true`);
        expect(viewed.body.roles[0]).toMatchObject({ access_type: "direct", role_name: "admin" });
      });

      test("a deleted one takes its roles, tags and the scopes that named it along", async () => {
        const domainId = await server.newDomain(owner);
        const { id: madeId } = await make(domainId, { tags: ["t"] });
        const token = await server.newToken(owner, domainId, [
          `${type}:view:${madeId}`,
          `${type}:view:${randomUUID()}`,
        ]);
        const path = `/${domainId}/${type}/${madeId}`;
        expect((await token.call("GET", path)).status).toBe(200);
        const deleted = await owner.call("DELETE", path);
        expect(deleted.status).toBe(204);
        expect(deleted.body).toBeUndefined();
        expect((await owner.call("GET", path)).status).toBe(404);
        expect(await token.call("GET", path)).toMatchObject({
          status: 403,
          body: { code: "scope_missing" },
        });
        const { read } = server.deps.database;
        for (const table of ["roles", "role_members", "token_scopes"] as const) {
          const rows = await read
            .selectFrom(table)
            .select("domain_id")
            .where("domain_id", "=", domainId)
            .where("entity_id", "=", madeId)
            .execute();
          expect(rows, table).toEqual([]);
        }
        const tags = await read
          .selectFrom("entity_tags")
          .selectAll()
          .where("domain_id", "=", domainId)
          .execute();
        expect(tags).toEqual([]);
      });

      test("every change is written in the audit trail", async () => {
        const domainId = await server.newDomain(owner);
        const { id: madeId } = await make(domainId);
        const path = `/${domainId}/${type}/${madeId}`;
        await owner.call(updateMethod, path, { name: "x" });
        await owner.call("PATCH", `${path}/tags`, { tags: ["x"] });
        await owner.call("POST", `${path}/disable`);
        await owner.call("POST", `${path}/enable`);
        await owner.call("DELETE", path);
        const events = await server.deps.database.read
          .selectFrom("audit_events")
          .select(["action", "actor_user_id"])
          .where("domain_id", "=", domainId)
          .where("entity_id", "=", madeId)
          .execute();
        expect(events.map(({ action }) => action).toSorted()).toEqual(
          ["create", "delete", "disable", "enable", "update", "update_tags"].map(
            (name) => `${type}.${name}`,
          ),
        );
        expect(new Set(events.map(({ actor_user_id }) => actor_user_id))).toEqual(
          new Set([owner.id]),
        );
      });

      test("what no database can keep is refused", async () => {
        const domainId = await server.newDomain(owner);
        let deep: unknown = 1;
        for (let depth = 0; depth < 1500; depth += 1) deep = { a: deep };
        for (const metadata of [{ a: "\ud800" }, { deep }, { a: "\u0000" }]) {
          const body = { name: "x", metadata };
          const made = await owner.call("POST", `/${domainId}/${type}`, body);
          expect(made).toMatchObject({ status: 400, body: { code: "invalid_body" } });
        }
        expect((await owner.call("GET", `/${domainId}/${type}`)).body.total).toBe(0);
      });
    });

    if (type === "groups") continue;

    describe(`${type} that choose their id`, () => {
      test("one id is given once in a domain, and the error names who repeats it", async () => {
        const domainId = await server.newDomain(owner);
        const chosen = randomUUID();
        expect((await make(domainId, { id: chosen })).id).toBe(chosen);
        const taken = { status: 409, body: { code: "already_exists", field: "id" } };
        const body = { name: "x", id: chosen };
        expect(await owner.call("POST", `/${domainId}/${type}`, body)).toMatchObject(taken);
        const bulk = `/${domainId}/${type}/bulk`;
        const third = [{ name: "a" }, { name: "b" }, { name: "c", id: chosen }];
        expect(await owner.call("POST", bulk, third)).toMatchObject({
          status: 409,
          body: { field: "2.id" },
        });
        const twice = randomUUID();
        const repeated = [{ id: twice }, { id: twice }];
        expect(await owner.call("POST", bulk, repeated)).toMatchObject({
          status: 409,
          body: { field: "1.id" },
        });
        expect((await owner.call("GET", `/${domainId}/${type}`)).body.total).toBe(1);
        const otherDomainId = await server.newDomain(owner);
        expect((await make(otherDomainId, { id: chosen })).id).toBe(chosen);
      });

      test("an object that was refused before it existed opens for its creator", async () => {
        const domainId = await server.newDomain(owner);
        const member = await server.newUser();
        requireStatus(
          await owner.call("POST", `/domains/${domainId}/roles`, {
            role_name: "maker",
            optional_actions: [`${type.slice(0, -1)}_create`],
            optional_members: [member.id],
          }),
          201,
        );
        const chosen = randomUUID();
        const path = `/${domainId}/${type}/${chosen}`;
        expect((await member.call("GET", path)).status).toBe(403);
        const made = await member.call("POST", `/${domainId}/${type}`, { name: "x", id: chosen });
        expect(made.status).toBe(201);
        expect((await member.call("GET", path)).status).toBe(200);
      });

      test("one goes into a group and out again", async () => {
        const domainId = await server.newDomain(owner);
        const newGroup = async (body: object = {}) =>
          requireStatus(
            await owner.call("POST", `/${domainId}/groups`, { name: "g", ...body }),
            201,
          ).id;
        const groupId = await newGroup();
        const { id: madeId } = await make(domainId);
        const path = `/${domainId}/${type}/${madeId}`;
        const join = { parent_group_id: groupId };
        const joined = await owner.call("POST", `${path}/parent`, join);
        expect(joined.status).toBe(200);
        expect(joined.body).toBeUndefined();
        expect((await owner.call("GET", path)).body.parent_group_id).toBe(groupId);
        expect(await owner.call("POST", `${path}/parent`, join)).toMatchObject({
          status: 409,
          body: { code: "conflict" },
        });
        expect((await owner.call("DELETE", `${path}/parent`)).status).toBe(204);
        expect((await owner.call("DELETE", `${path}/parent`)).status).toBe(204);
        expect((await owner.call("GET", path)).body.parent_group_id).toBeUndefined();
      });

      test("a group that is missing, disabled or of another domain takes nobody in", async () => {
        const domainId = await server.newDomain(owner);
        const otherDomainId = await server.newDomain(owner);
        const newGroup = async (inDomain: string, body: object = {}) =>
          requireStatus(
            await owner.call("POST", `/${inDomain}/groups`, { name: "g", ...body }),
            201,
          ).id;
        const disabled = await newGroup(domainId, { status: "disabled" });
        const elsewhere = await newGroup(otherDomainId);
        const { id: madeId } = await make(domainId);
        const join = (groupId: string) =>
          owner.call("POST", `/${domainId}/${type}/${madeId}/parent`, { parent_group_id: groupId });
        expect(await join(randomUUID())).toMatchObject({
          status: 404,
          body: { code: "not_found", field: "parent_group_id" },
        });
        expect(await join(elsewhere)).toMatchObject({ status: 404 });
        expect(await join(disabled)).toMatchObject({
          status: 409,
          body: { code: "conflict", field: "parent_group_id" },
        });
        const bodies = [{ name: "a" }, { name: "b", parent_group_id: disabled }];
        const bulk = await owner.call("POST", `/${domainId}/${type}/bulk`, bodies);
        expect(bulk).toMatchObject({ status: 409, body: { field: "1.parent_group_id" } });
        expect((await owner.call("GET", `/${domainId}/${type}`)).body.total).toBe(1);
      });
    });
  }
});
