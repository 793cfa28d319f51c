import { afterAll, beforeAll, expect, test } from "vitest";
import { readEverything } from "./testing/everything-stored.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "./testing/start-app.ts";

onEveryDatabase("names of members", (kind) => {
  let testApp: TestApp;
  let owner: TestUser;
  let domainId: string;
  beforeAll(async () => {
    testApp = await startApp(kind);
    owner = await testApp.newUser();
    domainId = await testApp.newDomain(owner);
  });
  afterAll(() => testApp.close());

  test("are the same in any case, as other implementations read them", async () => {
    const created = await owner.call("POST", `/${domainId}/clients`, {
      Name: "pump",
      TAGS: ["b", "a"],
      Credentials: { Identity: "pump-1", SECRET: "s3cret-of-the-pump" },
      MetaData: { Site: 1, site: 2 },
    });
    expect(requireStatus(created, 201)).toMatchObject({
      name: "pump",
      tags: ["b", "a"],
      credentials: { identity: "pump-1", secret: "s3cret-of-the-pump" },
      metadata: { Site: 1, site: 2 },
    });
    const question = {
      Domain_ID: domainId,
      ENTITY_TYPE: "domains",
      Entity_Id: domainId,
      OPERATION: "read",
    };
    for (const body of [question, [question]]) {
      expect(requireStatus(await owner.call("POST", "/authorize", body), 200)).toBeDefined();
    }
  });

  test("that differ in case alone are refused with both, and nothing is made", async () => {
    const before = await readEverything(testApp.deps.database);
    for (const [body, field, names] of [
      ['{"name":"a","Name":"b"}', "name", ["name", "Name"]],
      [
        '{"credentials":{"secret":"one","Secret":"two"}}',
        "credentials.secret",
        ["secret", "Secret"],
      ],
      ['{"metadata":{},"Metadata":{"a":1}}', "metadata", ["metadata", "Metadata"]],
    ] as const) {
      const refused = await owner.call("POST", `/${domainId}/clients`, body);
      expect([refused.status, refused.body.code, refused.body.field]).toEqual([
        400,
        "invalid_body",
        field,
      ]);
      for (const name of names) expect(refused.body.message).toContain(`"${name}"`);
    }
    expect(await readEverything(testApp.deps.database)).toEqual(before);
  });

  test("in other case name the same object to the guard as to the handler", async () => {
    const groups = [];
    for (const name of ["own", "other"]) {
      groups.push(requireStatus(await owner.call("POST", `/${domainId}/groups`, { name }), 201).id);
    }
    const [own, other] = groups;
    const client = requireStatus(
      await owner.call("POST", `/${domainId}/clients`, { name: "c" }),
      201,
    );
    const token = await testApp.newToken(owner, domainId, [
      `clients:set_parent_group:${client.id}`,
      `groups:set_child_client:${own}`,
    ]);
    const path = `/${domainId}/clients/${client.id}`;
    const before = await readEverything(testApp.deps.database);
    for (const body of [
      { Parent_Group_ID: other },
      { parent_group_id: own, PARENT_GROUP_ID: other },
      { PARENT_GROUP_ID: other, parent_group_id: own },
    ]) {
      const { status } = await token.call("POST", `${path}/parent`, body);
      expect([400, 403]).toContain(status);
    }
    expect((await token.call("POST", `${path}/parent`, { Parent_Group_ID: other })).status).toBe(
      403,
    );
    expect(await readEverything(testApp.deps.database)).toEqual(before);
    expect((await token.call("POST", `${path}/parent`, { PARENT_GROUP_ID: own })).status).toBe(200);
    expect((await owner.call("GET", path)).body.parent_group_id).toBe(own);
  });
});
