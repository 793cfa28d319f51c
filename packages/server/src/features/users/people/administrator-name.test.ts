import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readEverything } from "../../../testing/everything-stored.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp } from "../../../testing/start-app.ts";
import { personNameKey } from "./administrator-name.ts";

/** What people would read as the name of the first administrator. */
const lookalikes = [
  ["Platform", "Administrator"],
  ["platform", "ADMINISTRATOR"],
  ["Ｐｌａｔｆｏｒｍ", "Ａｄｍｉｎｉｓｔｒａｔｏｒ"],
  ["Plat\u200bform", "Admin\u00adistrator\u200d"],
  ["  Platform ", "\u3000Administrator"],
  ["Platform\u2067\u2069", "\u200eAdministrator"],
  ["𝐏latform", "Admi𝗇istrator"],
  ["Рlаtfоrm", "Аdmіnіѕtrаtоr"],
  ["Ρlαtfοrm", "Αdmιηιstrατοr"],
  ["PIatf0rm", "Administrator"],
  ["PLАTFORM", "ADMINISTRATOR"],
  ["Рlatform", "Adm1n1strator"],
  ["P|atform", "Adm|nistrator"],
  ["ᴘʟᴀᴛꜰᴏʀᴍ", "ᴀᴅᴍɪɴɪꜱᴛʀᴀᴛᴏʀ"],
  ["Płatførm", "Ađministrator"],
  ["Platforrn", "Administrator"],
  ["Platform", "Adrninistrator"],
  ["Platform", "Aclministrator"],
  ["Platfoɾɱ", "Aɖɱinistratoɽ"],
  ["Platſorm", "Administrator"],
  ["Platſorm", "Аdminiſtrator"],
  ["Ҏlaꞇꝼoꞃm", "Λꝺmꙇniꞅꞇꝛaꞇoꞃ"],
] as const;

describe("the key of a person's name", () => {
  test.each([
    [
      ["Ada Maria", "Byron"],
      ["Ada", "Maria  Byron"],
    ],
    [
      ["Ada", ""],
      ["", "ada"],
    ],
    [
      ["Ame\u0301lie", "X"],
      ["AMÉLIE", "x"],
    ],
    [
      ["e\u200d\u0301", "x"],
      ["é", "x"],
    ],
    [
      ["İda", "x"],
      ["i\u0307da", "x"],
    ],
  ] as const)("is one for %j and %j", ([first_name, last_name], [otherFirst, otherLast]) => {
    const key = personNameKey({ first_name, last_name });
    expect(personNameKey({ first_name: otherFirst, last_name: otherLast })).toBe(key);
  });

  test("differs where people see a difference", () => {
    const names = ["Platform Administrator", "Platform Administration", "Platform Administrators"];
    const keys = names.map((first_name) => personNameKey({ first_name, last_name: "" }));
    expect(new Set(keys).size).toBe(3);
  });
});

onEveryDatabase("the name of an administrator", (kind) => {
  let testApp: TestApp;
  beforeAll(async () => {
    testApp = await startApp(kind);
  });
  afterAll(() => testApp.close());

  const register = (first_name: string, last_name: string, caller = testApp.nobody) => {
    const username = `u${randomUUID().slice(0, 13)}`;
    return caller.call("POST", "/users", {
      first_name,
      last_name,
      email: `${username}@example.test`,
      credentials: { username, secret: "a password of 8" },
    });
  };
  const refusal = (field: string) => ({
    status: 409,
    body: {
      code: "already_exists",
      field,
      message: "first_name and last_name are those of an administrator; choose another name",
    },
  });

  test.each(lookalikes)("is refused to who registers as %j %j", async (first, last) => {
    const before = await readEverything(testApp.deps.database);
    expect(await register(first, last)).toMatchObject(refusal("first_name"));
    expect(await register(first, last, testApp.admin)).toMatchObject(refusal("first_name"));
    expect(await readEverything(testApp.deps.database)).toBe(before);
  });

  test.each(lookalikes)("is refused to who is renamed to %j %j", async (first, last) => {
    const user = await testApp.newUser();
    const path = `/users/${user.id}`;
    const before = await readEverything(testApp.deps.database);
    const body = { first_name: first, last_name: last };
    expect(await user.call("PATCH", path, body)).toMatchObject(refusal("first_name"));
    expect(await testApp.admin.call("PATCH", path, body)).toMatchObject(refusal("first_name"));
    expect(await readEverything(testApp.deps.database)).toBe(before);
  });

  test("is refused also half by half, naming the half that makes it whole", async () => {
    const user = await testApp.newUser();
    const path = `/users/${user.id}`;
    requireStatus(await user.call("PATCH", path, { first_name: "Platform" }), 200);
    const last = { last_name: "Administrator" };
    expect(await user.call("PATCH", path, last)).toMatchObject(refusal("last_name"));
    const both = { first_name: "Platform", ...last };
    expect(await user.call("PATCH", path, both)).toMatchObject(refusal("last_name"));
    const kept = requireStatus(await user.call("GET", path), 200);
    expect(kept).toMatchObject({ first_name: "Platform", last_name: "Byron" });
  });

  test("stays the administrator's own to send again, write otherwise and give up", async () => {
    const { admin } = testApp;
    const path = `/users/${admin.id}`;
    const same = { first_name: "Platform", last_name: "Administrator" };
    requireStatus(await admin.call("PATCH", path, same), 200);
    requireStatus(await admin.call("PATCH", path, { last_name: "ADMINISTRATOR" }), 200);
    requireStatus(await admin.call("PATCH", path, { last_name: "Operator" }), 200);
    requireStatus(await register("Platform", "Administrator"), 201);
    expect(await register("Platform Operator", "\u00a0x")).toMatchObject({ status: 201 });
    expect(await register("PLATFORM", "operator")).toMatchObject(refusal("first_name"));
  });

  test.each([
    ["Платформа", "Администратор"],
    ["Πλατφόρμα", "Διαχειριστής"],
    ["Ирина", "Петрова"],
  ])("is not seen in names of another script, like %s %s", async (first, last) => {
    requireStatus(await register(first, last), 201);
  });

  test("is looked for without a failure for the many who register at once", async () => {
    const names = Array.from({ length: 16 }, (_, index) => `Person ${index}`);
    const answers = await Promise.all(names.map((name) => register(name, "Byron")));
    expect(answers.map(({ status }) => status)).toEqual(names.map(() => 201));
  });

  test("is free while its administrator is disabled, or no longer one", async () => {
    const other = await testApp.newUser();
    const path = `/users/${other.id}`;
    const name = [`Grace ${randomUUID()}`, "Hopper"] as const;
    const body = { first_name: name[0], last_name: name[1] };
    requireStatus(await testApp.admin.call("PATCH", path, body), 200);
    requireStatus(await testApp.admin.call("PATCH", `${path}/role`, { role: "admin" }), 200);
    expect(await register(...name)).toMatchObject(refusal("first_name"));
    requireStatus(await testApp.admin.call("POST", `${path}/disable`), 200);
    requireStatus(await register(...name), 201);
    requireStatus(await testApp.admin.call("POST", `${path}/enable`), 200);
    expect(await register(...name)).toMatchObject(refusal("first_name"));
    requireStatus(await testApp.admin.call("PATCH", `${path}/role`, { role: "user" }), 200);
    requireStatus(await register(...name), 201);
  });

  test("of an earlier namesake is kept, who can change everything else", async () => {
    const [namesake, promoted] = [await testApp.newUser(), await testApp.newUser()];
    const path = `/users/${namesake.id}`;
    const name = { first_name: `Ida ${randomUUID()}`, last_name: "Rhodes" };
    for (const { id } of [namesake, promoted]) {
      requireStatus(await testApp.admin.call("PATCH", `/users/${id}`, name), 200);
    }
    const role = `/users/${promoted.id}/role`;
    requireStatus(await testApp.admin.call("PATCH", role, { role: "admin" }), 200);
    const changed = await namesake.call("PATCH", path, { ...name, metadata: { a: 1 } });
    expect(requireStatus(changed, 200)).toMatchObject({ ...name, metadata: { a: 1 } });
    requireStatus(await namesake.call("PATCH", path, { last_name: "Other" }), 200);
    expect(await namesake.call("PATCH", path, name)).toMatchObject(refusal("last_name"));
  });
});
