import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp } from "../testing/start-app.ts";

onEveryDatabase("the built-in role", (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind);
  });
  afterAll(() => testApp.close());

  test.each([
    "Admin",
    "ADMIN",
    "admin ",
    "admin\u200b",
    "ad-min",
    "ádmin",
    "аdmіn",
    "αdmιn",
    "Аdmin",
    "АDMIN",
    "аdmIn",
    "аdm1n",
    "adm|n",
    "ᴀdmin",
    "ađmin",
    "adrnin",
    "aclmin",
    "adɱin",
    "aɗmin",
    "adm⍳n",
    "🅰dmin",
    "adminʼ",
    "adʍin",
    "adɯin",
    "ʌdmin",
    "a𝼥min",
    "adꟽin",
    "admiꜧ",
    "admiɳ",
    "ᶏdmin",
  ])("is not to be taken for another one that is called %j", async (name) => {
    const owner = await testApp.newUser();
    const path = `/domains/${await testApp.newDomain(owner)}/roles`;
    const made = await owner.call("POST", path, { role_name: name });
    expect(made.body).toMatchObject({ code: "already_exists", field: "role_name" });
    const { id } = requireStatus(await owner.call("POST", path, { role_name: "editor" }), 201);
    const renamed = await owner.call("PUT", `${path}/${id}`, { name });
    expect(renamed.body).toMatchObject({ code: "already_exists", field: "name" });
    const { roles } = requireStatus(await owner.call("GET", path), 200);
    expect(roles.map((role: { name: string }) => role.name)).toEqual(["admin", "editor"]);
  });
});
