import { randomUUID } from "node:crypto";
import {
  builtInEndpoints,
  createCatalogue,
  type Endpoint,
  type ScopeWire,
} from "@tessera/contract";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { seed } from "../testing/seed.ts";
import { isSoak } from "../testing/soak.ts";
import { type Caller, requireStatus, startApp, type TestApp } from "../testing/start-app.ts";
import { giveRole } from "../testing/test-people.ts";

const catalogue = createCatalogue();
const runCount = isSoak ? 150 : 6;

/** What changes roles, members and invitations: every such row of the table. */
const steps = (builtInEndpoints as readonly Endpoint[]).filter(
  ({ id, method }) => method !== "GET" && (id.includes(".roles.") || id.startsWith("invitations.")),
);
const isFirst = (value: string, index: number, all: readonly string[]) =>
  all.indexOf(value) === index;
const typeOf = (id: string) => (id.includes(".roles.") ? (id.split(".", 1)[0] ?? "") : "domains");
const actionsOf = (type: string) => [...catalogue.roleActions(type)];

function rowOf(id: string): Endpoint {
  const row = steps.find((one) => one.id === id);
  if (row === undefined) throw new Error(`there is no row ${id}`);
  return row;
}

const step = fc.record({
  row: fc.constantFrom(...steps),
  by: fc.constantFrom("member", "accomplice"),
  of: fc.constantFrom("member", "accomplice"),
  actions: fc.array(fc.nat(), { minLength: 1, maxLength: 3 }),
  role: fc.nat(),
});
/** With these people do something about roles at all. */
const aboutRoles = ["manage_role", "add_role_users", "remove_role_users", "view_role_users"];
const actions = (type: string) => {
  const some = fc.subarray(actionsOf(type), { maxLength: 8 });
  const more = some.map((few) => [...aboutRoles, ...few].filter(isFirst));
  return fc.oneof({ weight: 3, arbitrary: more }, some);
};
const run = fc.record({
  inDomain: actions("domains"),
  onGroup: actions("groups"),
  onClient: actions("clients"),
  steps: fc.array(step, { minLength: 4, maxLength: 10 }),
});
type Run = typeof run extends fc.Arbitrary<infer T> ? T : never;
type Step = Run["steps"][number];

/** What is allowed is among the few of a sample, too: a role of what its maker has. Another one has more. */
const givesWhatIsHeld: Run = {
  inDomain: [],
  onGroup: [...aboutRoles, "read"],
  onClient: [],
  steps: ["read", "delete"].map((action) => ({
    row: rowOf("groups.roles.add"),
    by: "member",
    of: "accomplice",
    actions: [actionsOf("groups").indexOf(action)],
    role: 0,
  })),
};

onEveryDatabase(`two people who help each other (seed ${seed})`, (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind);
  });
  afterAll(() => testApp.close());

  test("come by roles, members and invitations to nothing that neither could do before", {
    timeout: 300_000,
  }, async () => {
    const seen = { done: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(run, (asked) => play(testApp, asked, seen)),
      { seed, numRuns: runCount, examples: [[givesWhatIsHeld]] },
    );
    // Otherwise it would hold because nothing happens.
    expect(seen.done).toBeGreaterThan(isSoak ? runCount / 4 : 0);
    expect(seen.refused).toBeGreaterThan(isSoak ? runCount / 4 : 0);
  });
});

async function play(
  testApp: TestApp,
  asked: Run,
  seen: { done: number; refused: number },
): Promise<void> {
  const owner = await testApp.newUser();
  const domainId = await testApp.newDomain(owner);
  const people = { member: await testApp.newUser(), accomplice: await testApp.newUser() };
  const make = async (collection: string, body: object): Promise<string> =>
    requireStatus(await owner.call("POST", `/${domainId}/${collection}`, body), 201).id;
  const group = await make("groups", { name: "g" });
  const client = await make("clients", { name: "c", parent_group_id: group });
  const channel = await make("channels", { name: "c", parent_group_id: group });
  const objects: Readonly<Record<string, string>> = {
    domains: domainId,
    groups: group,
    clients: client,
    channels: channel,
  };
  const pathOf = (type: string) =>
    type === "domains" ? `/domains/${domainId}` : `/${domainId}/${type}/${objects[type]}`;
  await giveRole(
    owner,
    pathOf("domains"),
    people.member,
    ["read", ...asked.inDomain].filter(isFirst),
  );
  await giveRole(owner, pathOf("domains"), people.accomplice, ["read"]);
  if (asked.onGroup.length > 0)
    await giveRole(owner, pathOf("groups"), people.member, asked.onGroup);
  if (asked.onClient.length > 0)
    await giveRole(owner, pathOf("clients"), people.accomplice, asked.onClient);

  const questions = questionsAbout(domainId, objects);
  const before = await anyMayDo(Object.values(people), questions);
  for (const one of asked.steps) {
    const type = typeOf(one.row.id);
    const listed = await owner.call("GET", `${pathOf(type)}/roles?limit=50`);
    const roles: { id: string }[] = listed.body?.roles ?? [];
    const roleId = roles[one.role % (roles.length || 1)]?.id ?? randomUUID();
    const path = one.row.path
      .replace(":domainId", domainId)
      .replace(":id", objects[type] ?? "")
      .replace(":roleId", roleId);
    const body = bodyOf(one, { roleId, domainId, userId: people[one.of].id, type });
    const answer = await people[one.by].call(one.row.method, path, body);
    expect(answer.status, answer.failure).toBeLessThan(500);
    seen[answer.status < 300 ? "done" : "refused"] += 1;
  }
  const after = await anyMayDo(Object.values(people), questions);
  const gained = questions.filter((_, index) => after[index] === true && before[index] !== true);
  expect(gained).toEqual([]);
}

function bodyOf(
  { row, actions: chosen }: Step,
  {
    roleId,
    domainId,
    userId,
    type,
  }: Readonly<Record<"roleId" | "domainId" | "userId" | "type", string>>,
): object | undefined {
  const all = actionsOf(type);
  const actions = chosen.map((index) => all[index % all.length] ?? "").filter(isFirst);
  const bodies: Readonly<Record<string, object>> = {
    add: { role_name: `r ${randomUUID()}`, optional_actions: actions, optional_members: [userId] },
    update: { name: `r ${randomUUID()}` },
    add_actions: { actions },
    remove_actions: { actions },
    add_members: { members: [userId] },
    move_members: { members: [userId] },
    remove_members: { members: [userId] },
    remove_members_from_all: { member_ids: [userId] },
    send: { invitee_user_id: userId, role_id: roleId },
    delete: { user_id: userId },
    accept: { domain_id: domainId },
    reject: { domain_id: domainId },
  };
  if (row.body === undefined) return undefined;
  const body = bodies[row.id.split(".").at(-1) ?? ""];
  if (body === undefined) throw new Error(`nothing is sent to ${row.id}: add its body here`);
  return body;
}

function questionsAbout(
  domainId: string,
  objects: Readonly<Record<string, string>>,
): readonly ScopeWire[] {
  return catalogue
    .operations()
    .filter(({ type, action }) => action !== null && type in objects)
    .map(({ type, name }) => ({
      domain_id: domainId,
      entity_type: type,
      entity_id: objects[type] ?? "",
      operation: name,
    }));
}

/** For each of the questions whether one of the people is answered with yes. */
async function anyMayDo(
  people: readonly Caller[],
  questions: readonly ScopeWire[],
): Promise<readonly boolean[]> {
  const answers = await Promise.all(
    people.map(async (person) =>
      requireStatus(await person.call("POST", "/authorize", questions), 200),
    ),
  );
  return questions.map((_, index) => answers.some((answer) => answer[index].allowed));
}
