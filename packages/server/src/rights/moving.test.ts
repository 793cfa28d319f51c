import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../testing/start-app.ts";

const minute = 60_000;
const perMinute = 60;

onEveryDatabase("moves by a token into a group with very many roles", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let groupId: string;
  let clientId: string;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_CHANGES_PER_MINUTE: `${perMinute}` },
    });
  });
  beforeEach(async () => {
    server.clock.now += minute;
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    groupId = await make("groups");
    clientId = await make("clients");
  });
  afterAll(() => server.close());

  const make = async (type: string): Promise<string> =>
    requireStatus(await ada.call("POST", `/${domainId}/${type}`, { name: "a" }), 201).id;
  const write = (statement: ReturnType<typeof sql>) =>
    server.deps.database.inTransaction((trx) => statement.execute(trx));
  const numbers = (count: number) => sql`with recursive series(n) as (
    select 1 union all select n + 1 from series where n < ${sql.lit(count)}
  )`;
  const idOf = (n: string) => sql`${`${groupId}-`} || cast(${sql.ref(n)} as text)`;
  /** So many roles on the group, each with as many actions and a member of its own. */
  const makeRoles = async (count: number, actions: number) => {
    await write(sql`insert into users
        (id, username, username_key, email, email_key, password_hash, created_at)
      ${numbers(count)}
      select ${idOf("n")}, ${idOf("n")}, ${idOf("n")}, ${idOf("n")}, ${idOf("n")}, '', 1 from series`);
    await write(sql`insert into roles (id, domain_id, entity_type, entity_id, name, created_at)
      ${numbers(count)}
      select ${idOf("n")}, ${domainId}, 'groups', ${groupId}, ${idOf("n")}, 1 from series`);
    await write(sql`insert into role_members
        (role_id, user_id, domain_id, entity_type, entity_id, created_at)
      ${numbers(count)}
      select ${idOf("n")}, ${idOf("n")}, ${domainId}, 'groups', ${groupId}, 1 from series`);
    const known = server.deps.catalogue.roleActions("groups").slice(0, actions);
    for (const action of known) {
      await write(sql`insert into role_actions (role_id, action) ${numbers(count)}
        select ${idOf("n")}, ${action} from series`);
    }
  };
  const path = () => `/${domainId}/clients/${clientId}/parent`;
  const body = () => ({ parent_group_id: groupId });
  const newMover = (more: readonly string[] = []) =>
    server.newToken(ada, domainId, [
      "clients:set_parent_group:*",
      "groups:set_child_client:*",
      ...more,
    ]);
  const parent = async () =>
    requireStatus(await ada.call("GET", `/${domainId}/clients/${clientId}`), 200).parent_group_id;

  test("cost as much as there are members and actions to look at, also when they are refused", async () => {
    await makeRoles(600, 50);
    const token = await newMover();
    const codes: string[] = [];
    for (let count = 0; count < 5; count += 1) {
      codes.push((await token.call("POST", path(), body())).body.code);
    }
    // Each looks at more than 30,000, which cost as much as 12 changes; a token has 30.
    expect(codes).toEqual([
      "scope_missing",
      "scope_missing",
      "scope_missing",
      "rate_limited",
      "rate_limited",
    ]);
    expect(await parent()).toBeUndefined();
    requireStatus(await ada.call("POST", path(), body()), 200);
    expect(await parent()).toBe(groupId);
  });

  test("are refused beyond what one change may look at, whatever scopes it has, and made by a session", async () => {
    await makeRoles(1000, 0);
    // Actions that there are no more, of which a role may still have many.
    await write(sql`insert into role_actions (role_id, action) ${numbers(100)}
      select r.id, 'x' || cast(n as text) from roles r, series
      where r.domain_id = ${domainId} and r.entity_type = 'groups'`);
    const token = await newMover(["clients:view:*"]);
    const refused = await token.call("POST", path(), body());
    expect([refused.status, refused.body.code]).toEqual([400, "limit_reached"]);
    expect(refused.body.message).toContain("sign in instead");
    expect(await parent()).toBeUndefined();
    requireStatus(await ada.call("POST", path(), body()), 200);
    expect(await parent()).toBe(groupId);
  });

  test("look at no role that has no member", async () => {
    await makeRoles(600, 50);
    await write(sql`delete from role_members where domain_id = ${domainId}
      and entity_type = 'groups' and user_id like ${`${groupId}-%`}`);
    const token = await newMover();
    for (let count = 0; count < 5; count += 1) {
      requireStatus(await token.call("POST", path(), body()), 200);
      requireStatus(await ada.call("DELETE", path()), 204);
    }
  });
});
