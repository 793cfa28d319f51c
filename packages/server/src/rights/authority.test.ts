import { randomUUID } from "node:crypto";
import { createCatalogue, type Target } from "@tessera/contract";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { systemActor } from "../access/actor.ts";
import type { ChangeHub } from "../changes/change-hub.ts";
import { type Database, openDatabase, type Trx } from "../store/database.ts";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import type { TestDatabase } from "../testing/test-databases.ts";
import { openTestHub } from "../testing/test-hub.ts";
import { domainRow, entityRow, userRow } from "../testing/test-rows.ts";
import { createAuthorityLoader, type LoadAuthority } from "./authority.ts";

const catalogue = createCatalogue([
  {
    entity_type: "rules",
    singular: "rule",
    title: "Rules",
    operations: [{ name: "view", summary: "View a rule", action: "rule_read" }],
  },
]);

onEveryDatabase("authority", (kind) => {
  let testDatabase: TestDatabase;
  let database: Database;
  let hub: ChangeHub;
  let loadAuthority: LoadAuthority;

  beforeAll(async () => {
    testDatabase = await kind.open();
    database = testDatabase.database;
    hub = await openTestHub(database);
    loadAuthority = createAuthorityLoader({ catalogue, database, hub }).load;
  });
  afterAll(() => testDatabase.close());

  describe("an action is inherited exactly as the table says", () => {
    const actionsOf = (type: string) => catalogue.findEntityType(type)?.ownActions ?? [];
    const cells = [
      ["clients", "object", (action: string) => action],
      ["clients", "parent", (action: string) => `client_${action}`],
      ["clients", "ancestor", (action: string) => `subgroup_client_${action}`],
      ["clients", "domain", (action: string) => `client_${action}`],
      ["channels", "object", (action: string) => action],
      ["channels", "parent", (action: string) => `channel_${action}`],
      ["channels", "ancestor", (action: string) => `subgroup_channel_${action}`],
      ["channels", "domain", (action: string) => `channel_${action}`],
      ["groups", "object", (action: string) => action],
      ["groups", "parent", (action: string) => `subgroup_${action}`],
      ["groups", "ancestor", (action: string) => `subgroup_${action}`],
      ["groups", "domain", (action: string) => `group_${action}`],
    ] as const;

    for (const [type, place, nameInRole] of cells) {
      test(`${type}, from a role on the ${place}`, async () => {
        const given = [...actionsOf(type)];
        const { user, target } = await givenRoleAt(type, place, given.map(nameInRole));
        for (const action of given) {
          const { actions } = await loadAuthority(user, target, action);
          expect([...actions]).toContain(action);
        }
      });
    }

    const allCells = cells.map(([type, place, nameInRole]) => ({ type, place, nameInRole }));
    for (const { type, place } of allCells.filter((cell) => cell.place !== "domain")) {
      test(`${type}, from a role on the ${place} that has the names of every other place, nothing`, async () => {
        const own = actionsOf(type);
        const here = allCells.find((cell) => cell.type === type && cell.place === place);
        const names = allCells
          .filter((cell) => cell.type === type)
          .flatMap((cell) => own.map(cell.nameInRole))
          .filter((name) => !own.some((action) => here?.nameInRole(action) === name));
        const { user, target } = await givenRoleAt(type, place, names);
        expect((await loadAuthority(user, target, "update")).actions).toEqual(new Set());
      });
    }

    test("the built-in role of a group holds what lies below it, through its own names", async () => {
      const given = await givenRoleAt("clients", "ancestor", "all");
      const { actions } = await loadAuthority(given.user, given.target, "delete");
      expect(actions).toEqual(new Set(actionsOf("clients")));
    });

    test("the built-in role of a domain holds every action on every object", async () => {
      const { user, target } = await givenRoleAt("channels", "domain", "all");
      const authority = await loadAuthority(user, target, "subscribe");
      expect(authority.actions).toEqual(new Set(actionsOf("channels")));
      expect(authority.isDomainAdmin).toBe(true);
    });

    test("roles of several places add up", async () => {
      const { user, target, places } = await givenRoleAt("clients", "object", ["read"]);
      await change((trx) => addRole(trx, user, places.parent, ["client_update"]));
      await change((trx) => addRole(trx, user, places.ancestor, ["subgroup_client_delete"]));
      const { actions } = await loadAuthority(user, target, "delete");
      expect(actions).toEqual(new Set(["read", "update", "delete"]));
    });
  });

  test("roles on objects do not make a member of the domain", async () => {
    const { user, target, places } = await givenRoleAt("clients", "object", ["read"]);
    await removeRoles(places.domain, user);
    const authority = await loadAuthority(user, target, "read");
    expect(authority).toMatchObject({ isMember: false, actions: new Set() });
  });

  test("a domain role without any action makes no member", async () => {
    const { user, domainId, places } = await givenDomain();
    await change((trx) => addRole(trx, user, places.domain, []));
    const { isMember } = await loadAuthority(user, domainTarget(domainId), null);
    expect(isMember).toBe(false);
  });

  test("only all nine actions make an administrator of the domain", async () => {
    const { user, domainId, places } = await givenDomain();
    const all = catalogue.findEntityType("domains")?.ownActions ?? [];
    await change((trx) => addRole(trx, user, places.domain, all.slice(1)));
    const before = await loadAuthority(user, domainTarget(domainId), null);
    await removeRoles(places.domain, user);
    await change((trx) => addRole(trx, user, places.domain, all));
    const after = await loadAuthority(user, domainTarget(domainId), null);
    expect([before.isDomainAdmin, after.isDomainAdmin]).toEqual([false, true]);
  });

  test("an object of another service is judged by the domain's roles", async () => {
    const { user, domainId, places } = await givenDomain();
    await change((trx) => addRole(trx, user, places.domain, ["rule_read"]));
    const target = { domainId, entityType: "rules", entityId: "r-1" };
    expect((await loadAuthority(user, target, "rule_read")).actions).toContain("rule_read");
  });

  test("nobody has rights on an object of another domain", async () => {
    const here = await givenRoleAt("clients", "domain", "all");
    const there = await givenRoleAt("clients", "object", ["read"]);
    const elsewhere = { ...there.target, entityId: here.target.entityId };
    expect((await loadAuthority(there.user, elsewhere, "read")).actions).toEqual(new Set());
    expect(await loadAuthority(here.user, there.target, "read")).toMatchObject({
      isMember: false,
      actions: new Set(),
    });
  });

  test("a domain that is not there, or deleted, is unknown", async () => {
    const { user, domainId, places } = await givenDomain();
    await change((trx) => addRole(trx, user, places.domain, "all"));
    await hub.change(systemActor, async ({ trx, touch }) => {
      touch("domain", domainId);
      await trx
        .updateTable("domains")
        .set({ status: "deleted" })
        .where("id", "=", domainId)
        .execute();
    });
    for (const id of [domainId, randomUUID()]) {
      expect(await loadAuthority(user, domainTarget(id), "read")).toMatchObject({
        domainStatus: "unknown",
        isMember: false,
      });
    }
  });

  test("what is known is answered without a promise", async () => {
    const { user, target } = await givenRoleAt("clients", "parent", ["client_read"]);
    expect(loadAuthority(user, target, "read")).toBeInstanceOf(Promise);
    await loadAuthority(user, target, "read");
    expect(loadAuthority(user, target, "read")).not.toBeInstanceOf(Promise);
    expect(loadAuthority(user, domainTarget(target.domainId), "read")).not.toBeInstanceOf(Promise);
  });

  test("a domain that is not there is answered without a promise too, until it is made", async () => {
    const { user } = await givenDomain();
    const row = domainRow();
    const { target, ask } = {
      target: domainTarget(row.id),
      ask: () => loadAuthority(user, domainTarget(row.id), "read"),
    };
    expect(ask()).toBeInstanceOf(Promise);
    await ask();
    expect(ask()).toMatchObject({ domainStatus: "unknown", isMember: false });
    await hub.change(systemActor, async ({ trx, touch }) => {
      await trx.insertInto("domains").values(row).execute();
      touch("domain", target.domainId);
    });
    expect(await ask()).toMatchObject({ domainStatus: "enabled", isMember: false });
  });

  test("a role taken away is gone at the next question", async () => {
    for (const place of ["object", "parent", "ancestor", "domain"] as const) {
      const { user, target, places } = await givenRoleAt("clients", place, "all");
      expect((await loadAuthority(user, target, "read")).actions).toContain("read");
      await removeRoles(places[place], user);
      expect((await loadAuthority(user, target, "read")).actions).toEqual(new Set());
    }
  });

  test("what was read while something changed is not remembered", async () => {
    const { user, target, places } = await givenRoleAt("clients", "domain", "all");
    const reading = loadAuthority(user, target, "read");
    await removeRoles(places.domain, user);
    await reading;
    expect((await loadAuthority(user, target, "read")).isMember).toBe(false);
  });

  test("nothing remembered is used while changes may be missed", async () => {
    const { user, target, places } = await givenRoleAt("clients", "domain", "all");
    let isConnected = true;
    const { load } = createAuthorityLoader({
      catalogue,
      database,
      hub: { ...hub, epoch: () => (isConnected ? 0 : undefined), onTouched: () => {} },
    });
    await load(user, target, "read");
    await removeRoles(places.domain, user);
    expect((await load(user, target, "read")).isMember).toBe(true);
    isConnected = false;
    expect((await load(user, target, "read")).isMember).toBe(false);
  });

  if (kind.name === "PostgreSQL") {
    test("a role taken away by another process is gone as soon as that is heard", async () => {
      const { user, target, places } = await givenRoleAt("clients", "object", "all");
      const other = await openDatabase(testDatabase.options);
      try {
        const { load } = createAuthorityLoader({
          catalogue,
          database: other,
          hub: await openTestHub(other),
        });
        expect((await load(user, target, "read")).actions).toContain("read");
        expect(load(user, target, "read")).not.toBeInstanceOf(Promise);
        await removeRoles(places.object, user);
        await expect.poll(async () => (await load(user, target, "read")).actions.size).toBe(0);
      } finally {
        await other.close();
      }
    });
  }

  interface Place {
    readonly domainId: string;
    readonly type: string;
    readonly id: string;
  }

  const domainTarget = (domainId: string): Target => ({
    domainId,
    entityType: "domains",
    entityId: domainId,
  });

  function change<T>(work: (trx: Trx) => Promise<T>): Promise<T> {
    return database.inTransaction(work);
  }

  async function givenDomain() {
    const user = userRow();
    const domain = domainRow();
    await change(async (trx) => {
      await trx.insertInto("users").values(user).execute();
      await trx.insertInto("domains").values(domain).execute();
    });
    const domainId = domain.id;
    return {
      user: user.id,
      domainId,
      places: { domain: { domainId, type: "domains", id: domainId } },
    };
  }

  /** A member of a new domain with one role there, on an object under two groups, or on one of these. */
  async function givenRoleAt(
    type: string,
    place: "object" | "parent" | "ancestor" | "domain",
    actions: readonly string[] | "all",
  ) {
    const { user, domainId, places: domainPlace } = await givenDomain();
    const [ancestor, parent] = [await addGroup(domainId), await addGroup(domainId)];
    const object = entityRow({ domain_id: domainId, type, parent_id: parent.id });
    const places = {
      ...domainPlace,
      ancestor,
      parent,
      object: { domainId, type, id: object.id },
    };
    await change(async (trx) => {
      await trx
        .updateTable("entities")
        .set({ parent_id: ancestor.id })
        .where("id", "=", parent.id)
        .execute();
      await trx
        .insertInto("group_ancestry")
        .values({
          domain_id: domainId,
          descendant_id: parent.id,
          ancestor_id: ancestor.id,
          depth: 1,
        })
        .execute();
      await trx.insertInto("entities").values(object).execute();
      if (place !== "domain") await addRole(trx, user, places.domain, ["read"]);
      await addRole(trx, user, places[place], actions);
    });
    const target: Target = { domainId, entityType: type, entityId: object.id };
    return { user, domainId, places, target };
  }

  async function addGroup(domainId: string): Promise<Place> {
    const group = entityRow({ domain_id: domainId, type: "groups" });
    const key = { domain_id: domainId, id: group.id };
    await change(async (trx) => {
      await trx.insertInto("entities").values(group).execute();
      await trx.insertInto("group_details").values(key).execute();
      await trx
        .insertInto("group_ancestry")
        .values({ domain_id: domainId, descendant_id: group.id, ancestor_id: group.id, depth: 0 })
        .execute();
    });
    return { domainId, type: "groups", id: group.id };
  }

  async function addRole(
    trx: Trx,
    userId: string,
    place: Place,
    actions: readonly string[] | "all",
  ): Promise<void> {
    const id = randomUUID();
    const on = { domain_id: place.domainId, entity_type: place.type, entity_id: place.id };
    await trx
      .insertInto("roles")
      .values({ ...on, id, name: id, has_all_actions: actions === "all" ? 1 : 0, created_at: 0 })
      .execute();
    if (actions !== "all" && actions.length > 0) {
      const rows = [...new Set(actions)].map((action) => ({ role_id: id, action }));
      await trx.insertInto("role_actions").values(rows).execute();
    }
    await trx
      .insertInto("role_members")
      .values({ ...on, role_id: id, user_id: userId, created_at: 0 })
      .execute();
  }

  async function removeRoles(place: Place, userId: string): Promise<void> {
    await hub.change(systemActor, async ({ trx, touch }) => {
      touch("domain", place.domainId);
      await trx
        .deleteFrom("role_members")
        .where("domain_id", "=", place.domainId)
        .where("entity_type", "=", place.type)
        .where("entity_id", "=", place.id)
        .where("user_id", "=", userId)
        .execute();
    });
  }
});
