import { randomUUID } from "node:crypto";
import { createCatalogue, type ScopeWire } from "@tessera/contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { isSoak } from "./testing/soak.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "./testing/start-app.ts";

const catalogue = createCatalogue();
const runCount = isSoak ? 300 : 30;
const stepsOfRun = 6;

/** What asks whom to be let into what; every operation that some role action is needed for. */
const operations = catalogue.operations().filter(({ action }) => action !== null);

const domainActions = catalogue.roleActions("domains");
const groupActions = catalogue.roleActions("groups");
/** What the calls themselves need; every token has them. */
const needed = [
  "domains.send_invitation",
  "clients.set_parent_group",
  "groups.set_child_client",
  "channels.set_parent_group",
  "groups.set_child_channel",
  "groups.add_parent_group",
  "groups.add_children_groups",
];
const steps = ["invite", "invite admin", "move client", "move channel", "nest", "adopt"] as const;

const run = fc.record({
  domainRole: fc.subarray([...domainActions], { maxLength: 6 }),
  invitedRole: fc.oneof(
    fc.subarray(["read", "update", "client_read", "channel_update", "group_read", "client_create"]),
    fc.subarray([...domainActions], { maxLength: 4 }),
  ),
  groupRole: fc.oneof(
    fc.subarray([...groupActions], { maxLength: 8 }),
    fc.constant([...groupActions]),
  ),
  upperRole: fc.subarray([...groupActions], { maxLength: 8 }),
  /** Operations that the token has beside those that its calls need. */
  carried: fc.oneof(
    fc.subarray(
      operations.map(({ id }) => id),
      { maxLength: 12 },
    ),
    fc.subarray(
      operations.map(({ id }) => id),
      { minLength: operations.length - 6 },
    ),
  ),
  steps: fc.array(fc.constantFrom(...steps), { minLength: 1, maxLength: stepsOfRun }),
});
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never;

onEveryDatabase("what tokens give", (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind);
  });
  afterAll(() => testApp.close());

  test("nothing that a token sets in motion opens, for anybody, what its scopes do not", {
    timeout: 240_000,
  }, async () => {
    const seen = { done: 0, refused: 0, opened: 0 };
    await fc.assert(
      fc.asyncProperty(run, (asked) => play(testApp, asked, seen)),
      { numRuns: runCount },
    );
    // Otherwise the property would hold because nothing happens.
    expect(seen.done).toBeGreaterThan(runCount / 4);
    expect(seen.refused).toBeGreaterThan(runCount / 4);
    // A few runs need not show it.
    if (isSoak) expect(seen.opened).toBeGreaterThan(0);
  });

  test("a token that may only invite brings nobody into the built-in role, nor into one with role actions", async () => {
    const owner = await testApp.newUser();
    const domainId = await testApp.newDomain(owner);
    const accomplice = await testApp.newUser();
    const token = await testApp.newToken(owner, domainId, ["domains:send_invitation"]);
    const everything = catalogue
      .operations()
      .map(({ type, name }) => `${type}:${name}`)
      .filter((text) => text !== "domains:create");
    const mighty = await testApp.newToken(owner, domainId, everything);
    const roles = requireStatus(await owner.call("GET", `/domains/${domainId}/roles`), 200).roles;
    const managers = await makeRole(owner, domainId, ["read", "add_role_users"]);
    const path = `/domains/${domainId}/invitations`;
    for (const role_id of [roles[0].id, managers]) {
      const body = { invitee_user_id: accomplice.id, role_id };
      expect((await mighty.call("POST", path, body)).body).toMatchObject({
        code: "session_required",
      });
      expect((await token.call("POST", path, body)).status).toBe(403);
    }
    const readers = await makeRole(owner, domainId, ["read"]);
    const body = { invitee_user_id: accomplice.id, role_id: readers };
    const refused = await token.call("POST", path, body);
    expect(refused.body).toMatchObject({
      code: "scope_missing",
      missing_scope: { entity_type: "domains", entity_id: domainId, operation: "read" },
    });
    const listed = await accomplice.call("GET", "/invitations");
    expect(listed.body.invitations).toEqual([]);
    expect((await mighty.call("POST", path, body)).status).toBe(201);
  });

  test("a move gives nobody rights on the roles of what is moved, because no scope covers them", async () => {
    const owner = await testApp.newUser();
    const domainId = await testApp.newDomain(owner);
    const member = await testApp.newUser();
    await makeRole(owner, domainId, ["read"], [member.id]);
    const { id: group } = requireStatus(
      await owner.call("POST", `/${domainId}/groups`, { name: "g" }),
      201,
    );
    const { id: client } = requireStatus(
      await owner.call("POST", `/${domainId}/clients`, { name: "c" }),
      201,
    );
    const groupPath = `/${domainId}/groups/${group}`;
    await makeRole(owner, domainId, ["client_manage_role"], [member.id], groupPath);
    const everything = catalogue.operations().map(({ type, name }) => `${type}:${name}`);
    const token = await testApp.newToken(owner, domainId, everything);
    const path = `/${domainId}/clients/${client}`;
    const moved = await token.call("POST", `${path}/parent`, { parent_group_id: group });
    expect(moved.body).toMatchObject({ code: "session_required" });
    expect((await member.call("GET", `${path}/roles`)).status).toBe(403);
    const bySession = await owner.call("POST", `${path}/parent`, { parent_group_id: group });
    expect(bySession.status).toBeLessThan(300);
  });

  test("a token that may only renew an invitation renews none that it could not send", async () => {
    const owner = await testApp.newUser();
    const domainId = await testApp.newDomain(owner);
    const invited = await testApp.newUser();
    const token = await testApp.newToken(owner, domainId, ["domains:send_invitation"]);
    const role_id = await makeRole(owner, domainId, ["update"]);
    const path = `/domains/${domainId}/invitations`;
    const body = { invitee_user_id: invited.id, role_id };
    requireStatus(await owner.call("POST", path, body), 201);
    requireStatus(await invited.call("POST", "/invitations/reject", { domain_id: domainId }), 204);
    const renewed = await token.call("POST", path, { ...body, resend: true });
    expect(renewed.body).toMatchObject({ code: "scope_missing" });
    expect(
      (await invited.call("POST", "/invitations/accept", { domain_id: domainId })).status,
    ).toBe(409);
  });
});

async function play(
  testApp: TestApp,
  asked: Run,
  seen: { done: number; refused: number; opened: number },
): Promise<void> {
  const owner = await testApp.newUser();
  const domainId = await testApp.newDomain(owner);
  const member = await testApp.newUser();
  const invited = await testApp.newUser();
  await makeRole(owner, domainId, ["read", ...asked.domainRole], [member.id]);
  const invitedRole = await makeRole(owner, domainId, asked.invitedRole);
  const adminRole = requireStatus(await owner.call("GET", `/domains/${domainId}/roles`), 200)
    .roles[0].id;
  const make = async (collection: string, body: object = {}): Promise<string> => {
    const created = await owner.call("POST", `/${domainId}/${collection}`, { name: "x", ...body });
    return requireStatus(created, 201).id;
  };
  const upper = await make("groups");
  const group = await make("groups", { parent_id: upper });
  const loose = await make("groups");
  const inLoose = await make("clients", { parent_group_id: loose });
  const client = await make("clients");
  const channel = await make("channels");
  await makeRole(owner, domainId, asked.groupRole, [member.id], `/${domainId}/groups/${group}`);
  await makeRole(owner, domainId, asked.upperRole, [member.id], `/${domainId}/groups/${upper}`);

  const objects: readonly (readonly [string, string])[] = [
    ["domains", domainId],
    ...[upper, group, loose].map((id) => ["groups", id] as const),
    ...[client, inLoose].map((id) => ["clients", id] as const),
    ["channels", channel],
  ];
  const questions: readonly ScopeWire[] = objects.flatMap(([type, id]) =>
    operations
      .filter((row) => row.type === type)
      .map(({ name }) => ({
        domain_id: domainId,
        entity_type: type,
        entity_id: id,
        operation: name,
      })),
  );
  const people = [owner, member, invited];
  const carried = new Set([...needed, ...asked.carried]);
  const texts = [...carried].map((id) => id.replace(".", ":"));
  const token = await testApp.newToken(owner, domainId, texts);
  const calls: Readonly<Record<(typeof steps)[number], readonly [string, string, object]>> = {
    invite: [
      "POST",
      `/domains/${domainId}/invitations`,
      { invitee_user_id: invited.id, role_id: invitedRole },
    ],
    "invite admin": [
      "POST",
      `/domains/${domainId}/invitations`,
      { invitee_user_id: invited.id, role_id: adminRole },
    ],
    "move client": ["POST", `/${domainId}/clients/${client}/parent`, { parent_group_id: group }],
    "move channel": ["POST", `/${domainId}/channels/${channel}/parent`, { parent_group_id: upper }],
    nest: ["POST", `/${domainId}/groups/${loose}/parent`, { parent_id: group }],
    adopt: ["POST", `/${domainId}/groups/${group}/children`, { children_ids: [loose] }],
  };

  const before = await mayDo(people, questions);
  for (const step of asked.steps) {
    const [method, path, body] = calls[step];
    const answered = await token.call(method, path, body);
    if (answered.status < 300) seen.done += 1;
    else seen.refused += 1;
    if (step.startsWith("invite")) {
      await invited.call("POST", "/invitations/accept", { domain_id: domainId });
    }
  }
  const after = await mayDo(people, questions);
  const opened = questions.filter((_, index) =>
    people.some((_person, who) => after[who]?.[index] === true && before[who]?.[index] !== true),
  );
  seen.opened += opened.length;
  expect(
    opened.filter(({ entity_type, operation }) => !carried.has(`${entity_type}.${operation}`)),
  ).toEqual([]);
}

/** For each person whether each of the questions is answered with yes. */
async function mayDo(
  people: readonly TestUser[],
  questions: readonly ScopeWire[],
): Promise<readonly (readonly boolean[])[]> {
  return Promise.all(
    people.map(async (person) => {
      const answers = requireStatus(await person.call("POST", "/authorize", questions), 200);
      return answers.map(({ allowed }: { allowed: boolean }) => allowed);
    }),
  );
}

async function makeRole(
  owner: Caller,
  domainId: string,
  actions: readonly string[],
  members: readonly string[] = [],
  path = `/domains/${domainId}`,
): Promise<string> {
  const made = await owner.call("POST", `${path}/roles`, {
    role_name: `role ${randomUUID()}`,
    optional_actions: actions,
    optional_members: members,
  });
  return requireStatus(made, 201).id;
}
