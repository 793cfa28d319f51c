import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { explainReads } from "./testing/query-plans.ts";
import { type SeededDomain, seedDomain } from "./testing/seed-domain.ts";
import { isSoak } from "./testing/soak.ts";
import { type Caller, requireStatus, startApp, type TestApp } from "./testing/start-app.ts";
import type { TestDatabase } from "./testing/test-databases.ts";

const largeSizes = { clients: 100_000, channels: 10_000, groups: 10_000, members: 1_000 };
/** In soak it is ten times as large. PostgreSQL goes by sizes, but scans and sorts are forbidden to it here. */
const mediumSizes = { clients: 10_000, channels: 1_000, groups: 1_000, members: 100 };
/** SQLite is told of no sizes: its ways through a small domain are those through a large one. */
const smallSizes = { clients: 2_000, channels: 400, groups: 400, members: 50 };

/** Tables that grow with what people make; the rest hold a few rows a server. */
const growing =
  "users|user_tags|sessions|tokens|token_scopes|token_daily_use|token_quarter_use|domains|domain_tags|entities|entity_tags|client_details|channel_details|group_details|group_ancestry|connections|roles|role_actions|role_members|invitations|audit_events|sign_in_failures";
const scans = {
  sqlite: new RegExp(`^SCAN (${growing})\\b(?!.* USING (COVERING )?INDEX)`, "m"),
  postgres: new RegExp(`Seq Scan on (${growing})\\b`),
};

onEveryDatabase("a domain of many clients, channels, groups 8 deep and members", (kind) => {
  let testDatabase: TestDatabase;
  let seeded: SeededDomain;

  beforeAll(async () => {
    testDatabase = await kind.open();
    const { app, admin } = await startApp({ name: kind.name, open: async () => testDatabase });
    await app.close();
    const sampledSizes = kind.name === "PostgreSQL" ? mediumSizes : smallSizes;
    seeded = await seedDomain(testDatabase.database, admin.id, isSoak ? largeSizes : sampledSizes);
  }, 300_000);
  afterAll(() => testDatabase.close());

  /** How the database runs what these callers read. */
  const plansOf = (
    callersOf: (callers: Callers) => readonly Caller[],
    paths: readonly string[],
  ): Promise<readonly string[]> =>
    explainReads(testDatabase.database, async (database) => {
      const open = async () => ({ ...testDatabase, database, close: async () => {} });
      const testApp = await startApp({ name: kind.name, open });
      try {
        for (const caller of callersOf(await callersIn(testApp, seeded))) {
          for (const path of paths) {
            const { status, body } = await caller.call("GET", path);
            expect([200, 403], `${path}: ${JSON.stringify(body)}`).toContain(status);
          }
        }
      } finally {
        await testApp.app.close();
      }
    });

  test("is listed, viewed and guarded without any scan of a table", async () => {
    const plans = await plansOf(Object.values, [
      ...listsIn(seeded),
      ...filters.map((filter) => `/domains${filter}`),
      ...otherReadsIn(seeded),
    ]);
    expect(plans.length).toBeGreaterThan(200);
    const { dialect } = testDatabase.database;
    const scanning = new Set(plans.filter((plan) => scans[dialect].test(plan)));
    expect([...scanning]).toEqual([]);
  }, 300_000);

  // PostgreSQL, which knows how many there are, finds the way itself.
  if (kind.name === "SQLite") {
    test("is not walked through for somebody who reaches a part of it", async () => {
      const plans = await plansOf(({ branch, single }) => [branch, single], listsIn(seeded));
      expect(plans.length).toBeGreaterThan(100);
      const walks =
        /SEARCH \w+ USING .*\(domain_id=\? AND type=\?( AND status=\?)?( AND created_at[^)]*)?\)$/m;
      const walking = new Set(plans.filter((plan) => walks.test(plan)));
      expect([...walking]).toEqual([]);
    }, 300_000);
  }
});

/** Who reaches everything, who reaches a branch, who reaches single objects, and a token. */
type Callers = Readonly<Record<"root" | "administrator" | "branch" | "single" | "token", Caller>>;

async function callersIn(
  testApp: TestApp,
  { domainId, idOf, memberIdOf }: SeededDomain,
): Promise<Callers> {
  const administrator = await testApp.newUser();
  const branch = await testApp.newUser();
  const single = await testApp.newUser();
  const give = async (entity: string, name: string, actions: readonly string[], member: string) => {
    const role = {
      role_name: `${name} of ${member}`,
      optional_actions: actions,
      optional_members: [member],
    };
    requireStatus(await testApp.admin.call("POST", `${entity}/roles`, role), 201);
  };
  const all = [
    "read",
    "client_read",
    "channel_read",
    "group_read",
    "manage_role",
    "view_role_users",
  ];
  await give(`/domains/${domainId}`, "wide", all, administrator.id);
  await give(`/domains/${domainId}`, "narrow", ["read"], branch.id);
  await give(`/domains/${domainId}`, "narrower", ["read"], single.id);
  const inGroup = ["read", "client_read", "subgroup_client_read", "subgroup_read", "channel_read"];
  await give(`/${domainId}/groups/${idOf(0)}`, "branch", inGroup, branch.id);
  await give(`/${domainId}/clients/${idOf(1)}`, "single", ["read"], single.id);
  const token = await testApp.newToken(administrator, domainId, [
    "domains:list_clients",
    "domains:list",
    "domains:read",
    "clients:view:*",
    "groups:retrieve_group_hierarchy:*",
  ]);
  expect(memberIdOf(0)).toHaveLength(36);
  return { root: testApp.admin, administrator, branch, single, token };
}

const filters = [
  "",
  "?status=all",
  "?status=disabled",
  "?order=name&dir=asc",
  "?order=created_at",
  "?order=created_at&dir=asc&status=all",
  "?order=name&status=all",
  "?offset=5000&limit=100",
  "?name=9",
  "?id=00000000-0000-4000-8000-000000000007",
  "?tags=one-in-100-7",
  "?tags=one-in-100-7,one-in-10-3",
  "?tags=one-in-100-7%2Bone-in-10-7",
  "?only_total=true",
  "?created_from=2026-01-02T00:00:00Z&created_to=2026-01-03T00:00:00Z",
  "?actions=read",
  "?role_name=admin",
  "?access_type=domain",
  "?access_type=direct",
];

function listsIn({ domainId }: SeededDomain): readonly string[] {
  return ["clients", "channels", "groups"].flatMap((type) =>
    filters.map((filter) => `/${domainId}/${type}${filter}`),
  );
}

function otherReadsIn({ domainId, idOf }: SeededDomain): readonly string[] {
  const at = `/${domainId}`;
  return [
    `${at}/clients?metadata=%7B%22site%22%3A%22site-7%22%7D`,
    `${at}/clients?group=${idOf(0)}`,
    `${at}/clients?group=`,
    `${at}/clients?channel=${idOf(0)}`,
    `${at}/clients?channel=${idOf(0)}&connection_type=publish`,
    `${at}/channels?group=${idOf(0)}`,
    `${at}/channels?client=${idOf(0)}`,
    `${at}/groups?root_group=true`,
    `${at}/groups?group=${idOf(0)}`,
    `${at}/groups/${idOf(0)}/hierarchy`,
    `${at}/groups/${idOf(7)}/hierarchy?dir=1&tree=true`,
    `${at}/groups/${idOf(0)}/children`,
    `${at}/groups/${idOf(0)}/children?start_level=0&end_level=-1`,
    `${at}/clients/${idOf(1)}`,
    `${at}/clients/${idOf(1)}?roles=true`,
    `${at}/channels/${idOf(1)}`,
    `${at}/groups/${idOf(1)}`,
    `/domains/${domainId}`,
    `/domains/${domainId}?roles=true`,
    `/domains/${domainId}/roles`,
    `/domains/${domainId}/roles/members`,
    `${at}/clients/${idOf(1)}/roles/members`,
    `/domains/${domainId}/invitations`,
    "/invitations",
    "/invitations?direction=sent",
    "/pats?status=all",
    "/pats?status=active&order=name",
    "/pats?name=ci",
    "/pats/usage",
    "/users/tokens/refresh-tokens",
    "/users/search?username=u00",
  ];
}
