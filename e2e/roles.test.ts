import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

const lucy = { email: "lucydoe@example.com", password: "a-password-of-lucy" };
const patience = { timeout: 20_000 };

let app: AppWithBrowser;
let api: Client;
let domainId: string;
let lucysId: string;
let page: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  domainId = (await api.domains.create({ body: { name: "New York", route: "new-york" } })).id;
  const registered = await api.users.register({
    body: {
      first_name: "Lucy",
      last_name: "Doe",
      email: lucy.email,
      credentials: { username: "lucydoe", secret: lucy.password },
    },
  });
  lucysId = registered.id;
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}/roles`);
});
afterAll(() => app?.close());

const button = (name: string, place: Page | Locator = page) =>
  place.getByRole("button", { name, exact: true });
const dialog = (name: string) => page.getByRole("dialog", { name, exact: true });
const message = (text: string) => page.getByRole("alert").filter({ hasText: text });

/** More people like Lucy, without the work of as many passwords. */
function addPeople(count: number): void {
  const database = new DatabaseSync(join(app.dataDir, "tessera.sqlite"), { timeout: 5000 });
  const row = database.prepare("select * from users where id = ?").get(lucysId) ?? {};
  for (let number = 1; number <= count; number += 1) {
    const name = `person${String(number).padStart(2, "0")}`;
    const own: Record<string, string> = {
      id: randomUUID(),
      username: name,
      username_key: name,
      email: `${name}@example.com`,
      email_key: `${name}@example.com`,
      first_name: "Zoe",
      first_name_key: "zoe",
      last_name: `Miller ${number}`,
      last_name_key: `miller ${number}`,
    };
    const columns = Object.keys(row);
    database
      .prepare(
        `insert into users (${columns.join(", ")}) values (${columns.map(() => "?").join(", ")})`,
      )
      .run(...columns.map((column) => own[column] ?? row[column] ?? null));
  }
  database.close();
}

test("a role begins with a template, says in plain words what it allows, and offers only what this server keeps", async () => {
  await button("Create").click();
  const form = dialog("Create Role");
  await form.getByRole("textbox", { name: "Name" }).fill("lookers-on");
  const action = (words: string) => form.getByLabel(words, { exact: true });
  await button("Viewer", form).click();
  expect(await action("View a client").isChecked()).toBe(true);
  expect(await action("Delete a client").isChecked()).toBe(false);
  await button("Editor", form).click();
  expect(await action("Delete a client").isChecked()).toBe(false);
  expect(await form.getByText("Alarms").count()).toBe(0);
  await button("Viewer", form).click();
  await button("Create", form).click();
  await page.getByRole("heading", { name: "lookers-on" }).waitFor();
  await page.getByText("View a channel", { exact: true }).waitFor();
  const [, role] = (await api.domains.roles.list({ domainId })).roles;
  const { actions } = await api.domains.roles.list_actions({
    domainId,
    roleId: role?.id ?? "",
  });
  expect(actions.toSorted()).toEqual(["channel_read", "client_read", "group_read", "read"]);
});

test("people are found by two letters, by both names, beyond the first ten and by the whole email address", async () => {
  addPeople(13);
  await button("Add Members").click();
  const form = dialog("Add members");
  const field = form.getByRole("combobox", { name: "Users" });
  const options = page.locator("[role=option]");
  await field.fill("zo");
  await page.getByRole("option", { name: "Show more (3 left)" }).click();
  await expect.poll(() => options.filter({ hasText: "Zoe Miller" }).count(), patience).toBe(13);
  await field.fill("miller 7 zoe");
  await expect.poll(() => options.count(), patience).toBe(1);
  await options.getByText("Zoe Miller 7").waitFor();
  await field.fill("person05@exa");
  await page
    .getByText("Nobody with this email address has an account on this server")
    .last()
    .waitFor();
  await form.getByText(/^Only people who have an account .* register first/).waitFor();
  await form.getByText(`${app.url}/register`, { exact: true }).waitFor();
  await field.fill("lucydoe@");
  await page.getByText("Type the whole email address").last().waitFor();
  await field.fill("LucyDoe@example.com");
  await page.getByRole("option", { name: /Lucy Doe/ }).click();
  await page.keyboard.press("Escape");
  await button("Add", form).click();
  await message("Added to the role").waitFor();
});

test("a member is given another role in one step, and keeps all else", async () => {
  const pump = await api.clients.create({ domainId, body: { name: "pump" } });
  await api.clients.roles.add({
    domainId,
    id: pump.id,
    body: { role_name: "keepers", optional_actions: ["update"], optional_members: [lucysId] },
  });
  await api.domains.roles.add({
    domainId,
    body: { role_name: "clients only", optional_actions: ["client_read", "view_role_users"] },
  });
  await page.goto(`${app.url}/domains/${domainId}/members`);
  const row = page.getByRole("row").filter({ hasText: "Lucy Doe" });
  await button("Change role", row).click();
  await dialog("Change role").getByText("lookers-on").waitFor();
  await dialog("Change role").getByRole("combobox", { name: "New role" }).click();
  await page.getByRole("option", { name: "clients only" }).click();
  await button("Change", dialog("Change role")).click();
  await message("The role is changed").waitFor();
  await row.getByText("clients only").waitFor();
  const { members } = await api.clients.roles.list_all_members({ domainId, id: pump.id });
  const hers = members.find(({ member_id }) => member_id === lucysId)?.roles ?? [];
  expect(hers.map(({ role_name }) => role_name).toSorted()).toEqual(["clients only", "keepers"]);
});

test("a member whose role lacks the domain's read finds the domain and reaches what the role allows", async () => {
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const lucysPage = await signIn(context, app.url, lucy, "/domains");
  await lucysPage.getByRole("link", { name: "New York" }).first().click();
  await lucysPage.getByRole("heading", { name: "New York" }).waitFor();
  const main = lucysPage.getByRole("navigation", { name: "Main" });
  await main.getByRole("link", { name: "Clients" }).click();
  await lucysPage.getByRole("link", { name: "pump" }).click();
  await lucysPage.getByRole("heading", { name: "pump" }).waitFor();
  await main.getByRole("link", { name: "Members" }).click();
  await lucysPage.getByText("clients only").first().waitFor();
  await main.getByRole("link", { name: "Channels" }).click();
  await lucysPage.getByText("No channels yet").waitFor();
  expect(await lucysPage.getByText("No access").count()).toBe(0);
  await context.close();
});

test("a member leaves a domain from the list, after a question, and it is gone from there", async () => {
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const lucysPage = await signIn(context, app.url, lucy, "/domains");
  await lucysPage.getByRole("button", { name: /^Actions for .*New York/ }).click();
  await lucysPage.getByRole("menuitem", { name: "Leave this domain" }).click();
  const question = lucysPage.getByRole("dialog", { name: "Leave this domain" });
  await question.getByText("Your tokens can do nothing there from then on").waitFor();
  await lucysPage.keyboard.press("Escape");
  await question.waitFor({ state: "hidden" });
  const { members } = await api.domains.roles.list_all_members({ domainId });
  expect(members.map(({ member_id }) => member_id)).toContain(lucysId);
  await lucysPage.goto(`${app.url}/domains/${domainId}/settings`);
  await button("Leave this domain", lucysPage).click();
  await button("Leave", question).click();
  await lucysPage.getByText(/You have left .*New York/).waitFor();
  await lucysPage.getByText("No domains found").waitFor();
  const after = await api.domains.roles.list_all_members({ domainId });
  expect(after.members.map(({ member_id }) => member_id)).not.toContain(lucysId);
  await context.close();
});
