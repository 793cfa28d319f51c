import { readFile } from "node:fs/promises";
import type { BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const person = (firstName: string) => ({
  firstName,
  username: `${firstName.toLowerCase()}doe`,
  email: `${firstName.toLowerCase()}doe@example.com`,
  password: `a-password-of-${firstName}`,
});
const john = person("John");
const andy = person("Andy");

let app: AppWithBrowser;
let api: Client;
let andysId: string;
let domainId: string;
/** In John's browser each test begins on the home of its domain. */
let page: Page;
let andysPage: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  await register(john);
  andysId = await register(andy);
  api = await signedInClient(app.url, john.email, john.password);
  page = await signIn(await newContext(), app.url, john);
  andysPage = await signIn(await newContext(), app.url, andy);
});
afterAll(() => app?.close());

async function newContext(): Promise<BrowserContext> {
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  return context;
}

/** Each test has a domain of its own. */
beforeEach(async () => {
  const route = `d${Math.random().toString(36).slice(2, 12)}`;
  domainId = (await api.domains.create({ body: { name: "New York", route } })).id;
  await page.goto(`${app.url}/domains/${domainId}`);
});

test("a channel whose route the server refuses is not made, and the field says why in plain words", async () => {
  await sidebar(page, "Channels").click();
  await button(page, "Create a channel").click();
  const dialog = page.getByRole("dialog", { name: "Create Channel" });
  await dialog.getByLabel("Name").fill("Water");
  const route = dialog.getByRole("textbox", { name: "Route" });
  await route.fill("a b");
  await button(dialog, "Create").click();
  await dialog.locator(".mantine-InputWrapper-error").waitFor();
  expect(await dialog.locator(".mantine-InputWrapper-error").allTextContents()).toEqual([
    "Must be a letter followed by up to 35 letters, digits, single _ or -.",
  ]);
  expect(await route.getAttribute("aria-invalid")).toBe("true");
  expect((await api.channels.list({ domainId })).total).toBe(0);
});

describe("a client", () => {
  test("is created, its secret shown once, changed in its place, disabled, found again and deleted", async () => {
    await sidebar(page, "Clients").click();
    await button(page, "Create a client").click();
    const dialog = page.getByRole("dialog", { name: "Create Client" });
    await dialog.getByLabel("Name").fill("Test Sensor");
    await dialog.getByRole("combobox", { name: "Tags" }).fill("Water Meter");
    await dialog.getByRole("combobox", { name: "Tags" }).press("Enter");
    await dialog.getByRole("textbox", { name: "Metadata" }).fill('{\n  "floor" 2\n}');
    await dialog.getByText("Line 2: a colon should stand before 2").waitFor();
    await dialog.getByRole("textbox", { name: "Metadata" }).fill('{"floor": 2}');
    await button(dialog, "Create").click();

    await heading(page, "Test Sensor").waitFor();
    const secret = (await page.getByTestId("client-secret").textContent()) ?? "";
    expect(secret).toMatch(/^\S{32,}$/);
    await sidebar(page, "Channels").click();
    await button(page.getByRole("dialog"), "Cancel").click();
    await button(page.getByRole("region", { name: "New secret" }), "Copy the secret")
      .or(button(page.getByRole("region", { name: "New secret" }), "Copy"))
      .click();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(secret);
    await page.reload();
    await heading(page, "Test Sensor").waitFor();
    expect(await page.getByTestId("client-secret").count()).toBe(0);

    await button(page, "Edit name").click();
    await page.getByLabel("Name", { exact: true }).fill("Flow sensor");
    await page.keyboard.press("Enter");
    await heading(page, "Flow sensor").waitFor();
    await button(page, "Edit tags").click();
    await page.getByRole("combobox", { name: "Tags" }).fill("north");
    await page.getByRole("combobox", { name: "Tags" }).press("Enter");
    await button(page, "Save tags").click();
    await page.getByText("north", { exact: true }).waitFor();
    await button(page, "Edit metadata").click();
    await page.getByRole("textbox", { name: "Metadata" }).fill('{"floor": 3}');
    await button(page, "Save metadata").click();
    await page.getByText('"floor": 3').waitFor();

    await button(page, "Update secret").click();
    await page.getByRole("textbox", { name: "Secret" }).fill("another-secret-of-this-sensor");
    await button(page.getByRole("dialog"), "Update").click();
    await page.getByText("another-secret-of-this-sensor").waitFor();
    await button(page, "Copy").click();

    await button(page, "Disable").click();
    await button(page.getByRole("dialog"), "Disable").click();
    await page.getByText("Enable the client to change it").waitFor();
    await sidebar(page, "Clients").click();
    await page.getByText("No clients yet").waitFor();
    await button(page, "Status: Enabled").click();
    await page.getByRole("menuitemradio", { name: "Disabled" }).click();
    await page.getByRole("link", { name: "Flow sensor" }).waitFor();
    expect(page.url()).toContain("status=disabled");

    await button(page, "Actions for Flow sensor").click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await button(page.getByRole("dialog"), "Delete").click();
    await page.getByText("No such clients").waitFor();
    expect((await api.clients.list({ domainId, query: { status: "all" } })).total).toBe(0);
  });

  test("is found by name, id and tag, and the back button takes the search back", async () => {
    const { clients } = await api.clients.create_bulk({
      domainId,
      body: Array.from({ length: 25 }, (_, index) => ({
        name: `pump ${index + 1}`,
        tags: index === 6 ? ["lucky"] : [],
      })),
    });
    await page.goto(`${app.url}/domains/${domainId}/clients?order=name&dir=asc`);
    await rows(page, 10);
    await button(page, "Next page").click();
    await page.getByText("Page 2 of 3").waitFor();
    const box = page.getByLabel("Search Client");
    await box.fill("pump 12");
    await rows(page, 1);
    await page.goBack();
    await page.getByText("Page 2 of 3").waitFor();
    expect(await box.inputValue()).toBe("");

    await page.getByRole("button", { name: /^Search in/ }).click();
    await page.getByRole("menuitemradio", { name: "Tags" }).click();
    await box.fill("lucky");
    await page.getByRole("link", { name: "pump 7" }).waitFor();
    await rows(page, 1);
    await page.getByRole("button", { name: /^Search in/ }).click();
    await page.getByRole("menuitemradio", { name: "ID" }).click();
    await box.fill(clients[0]?.id ?? "");
    await page.getByRole("link", { name: "pump 1", exact: true }).waitFor();
    await rows(page, 1);
  });
});

test("many clients from a file are created but for the lines that are wrong, each told with its reason; secrets are in the report", async () => {
  await api.clients.create({
    domainId,
    body: { name: "old", credentials: { secret: "a-secret-that-is-taken" } },
  });
  const lines = Array.from({ length: 150 }, (_, index) => `valve ${index + 1},north;hall,,`);
  lines[20] = ",,,";
  lines[21] = ",north,,";
  lines[70] = "valve 71,,broken,";
  lines[130] = "valve 131,,,a-secret-that-is-taken";
  await page.goto(`${app.url}/domains/${domainId}/clients`);
  await button(page, "Upload").click();
  const dialog = page.getByRole("dialog", { name: "Upload Clients" });
  await dialog.locator("input[type=file]").setInputFiles({
    name: "clients.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(["name,tags,status,secret", ...lines].join("\n")),
  });
  await dialog.getByText("149 clients in the file, 2 with mistakes").waitFor();
  await button(dialog, "Create 147 clients").click();
  await dialog.getByText("146 created, 3 failed, 0 left").waitFor();
  await dialog.getByText("Line 23: name: must not be empty").waitFor();
  await dialog.getByText("Line 72 (valve 71): status").waitFor();
  await dialog.getByText("Line 132 (valve 131): credentials.secret is taken already").waitFor();

  const remaining = await downloadBy(page, button(dialog, "Download what is left"));
  expect(remaining.split("\n").filter((line) => line.includes("valve"))).toHaveLength(2);
  const report = await downloadBy(page, button(dialog, "Download the report"));
  const created = report.split("\n").filter((line) => line.includes(",created,"));
  expect(created).toHaveLength(146);
  for (const line of created) expect(line.split(",")[4]).toMatch(/^\S{32,}$/);
  await button(dialog, "Close").first().click();
  await page.getByText("147 rows").waitFor();
});

test("connections are made on the client's page, seen on the channel's, and ended there", async () => {
  const client = await api.clients.create({ domainId, body: { name: "Test Sensor" } });
  await api.channels.create({ domainId, body: { name: "Water Meter Channel" } });
  await page.goto(`${app.url}/domains/${domainId}/clients/${client.id}/connections`);
  await button(page, "Connect").first().click();
  const dialog = page.getByRole("dialog", { name: "Connect channel(s)" });
  await dialog.getByRole("combobox", { name: "Channels" }).fill("water");
  await page.getByRole("option", { name: "Water Meter Channel" }).click();
  await page.keyboard.press("Escape");
  await dialog.getByLabel("Publish").check();
  await dialog.getByLabel("Subscribe").check();
  await button(dialog, "Connect").click();
  await cell(page, "Publish Subscribe").waitFor();

  await page.getByRole("link", { name: "Water Meter Channel" }).click();
  await heading(page, "Water Meter Channel").waitFor();
  await page.getByRole("link", { name: "Connections" }).click();
  await button(page, "Disconnect Test Sensor").click();
  await page.getByRole("dialog").getByLabel("Subscribe").uncheck();
  await button(page.getByRole("dialog"), "Disconnect").click();
  await cell(page, "Subscribe").waitFor();
  await button(page, "Disconnect Test Sensor").click();
  await button(page.getByRole("dialog"), "Disconnect").click();
  await page.getByText("No connected clients").waitFor();
});

test("groups are created below others, shown as a tree, take clients in and let them go", async () => {
  const top = await api.groups.create({ domainId, body: { name: "Harlem Block A" } });
  await api.clients.create({ domainId, body: { name: "Test Sensor" } });
  await sidebar(page, "Groups").click();
  await button(page, "Create").click();
  const dialog = page.getByRole("dialog", { name: "Create Group" });
  await dialog.getByLabel("Name").fill("Floor 2");
  await dialog.getByRole("combobox", { name: "Parent group" }).click();
  await page.getByRole("option", { name: "Harlem Block A" }).click();
  await button(dialog, "Create").click();
  await heading(page, "Floor 2").waitFor();
  await page.getByRole("definition").getByRole("link", { name: "Harlem Block A" }).waitFor();

  await sidebar(page, "Groups").click();
  await page.getByText("Tree", { exact: true }).click();
  await button(page, "Subgroups of Harlem Block A").click();
  await page.getByRole("link", { name: "Floor 2" }).click();
  await page.getByRole("link", { name: "Clients" }).last().click();
  await button(page, "Assign clients").click();
  await page.getByRole("dialog").getByRole("combobox", { name: "Clients" }).click();
  await page.getByRole("option", { name: "Test Sensor" }).click();
  await page.keyboard.press("Escape");
  await button(page.getByRole("dialog"), "Assign").click();
  await page.getByRole("link", { name: "Test Sensor" }).waitFor();

  await button(page, "Actions for Test Sensor").click();
  await page.getByRole("menuitem", { name: "Remove from Group" }).click();
  await button(page.getByRole("dialog"), "Remove").click();
  await page.getByText("No clients in this group").waitFor();

  await page.goto(`${app.url}/domains/${domainId}/groups/${top.id}/subgroups`);
  await button(page, "Remove Floor 2 from this group").click();
  await button(page.getByRole("dialog"), "Remove").click();
  await page.getByText("No subgroups").waitFor();
});

describe("roles", () => {
  test("are created with actions, renamed, changed, given to people and deleted", async () => {
    await sidebar(page, "Roles").click();
    await button(page, "Create").click();
    const dialog = page.getByRole("dialog", { name: "Create Role" });
    await dialog.getByRole("textbox", { name: "Name" }).fill("viewer");
    await dialog.getByLabel("View a client", { exact: true }).check();
    await dialog.getByRole("combobox", { name: "Members" }).fill("andy");
    await page.getByRole("option", { name: /Andy Doe/ }).click();
    await page.keyboard.press("Escape");
    await button(dialog, "Create").click();
    await heading(page, "viewer").waitFor();
    await page.getByText("Andy Doe").waitFor();

    await button(page, "Edit name").click();
    await page.getByLabel("Name", { exact: true }).fill("operator");
    await page.keyboard.press("Enter");
    await heading(page, "operator").waitFor();
    await button(page, "Edit actions").click();
    const actions = page.getByRole("dialog", { name: "Edit actions" });
    await actions.getByLabel("View a client", { exact: true }).uncheck();
    await actions.getByLabel("View a channel", { exact: true }).check();
    await button(actions, "Save").click();
    await actions.waitFor({ state: "hidden" });
    await page.getByText("channel_read", { exact: true }).waitFor();
    await page.getByText("client_read", { exact: true }).waitFor({ state: "detached" });

    await sidebar(page, "Members").click();
    await page
      .getByRole("row", { name: /Andy Doe/ })
      .getByText("operator")
      .waitFor();
    await sidebar(page, "Roles").click();
    await page.getByRole("link", { name: "operator" }).click();
    await button(page, "Delete role").click();
    await button(page.getByRole("dialog"), "Delete").click();
    await heading(page, "Roles").waitFor();
    await rows(page, 1);
  });

  test("are given no action that one does not hold", async () => {
    await api.domains.roles.add({
      domainId,
      body: {
        role_name: "foreman",
        optional_actions: ["read", "manage_role", "view_role_users", "client_read"],
        optional_members: [andysId],
      },
    });
    await andysPage.goto(`${app.url}/domains/${domainId}/roles`);
    await button(andysPage, "Create").click();
    const dialog = andysPage.getByRole("dialog", { name: "Create Role" });
    await dialog.getByText("you can give only those you hold here yourself").waitFor();
    const action = (name: string) => dialog.getByLabel(name, { exact: true });
    expect(await action("View a client").isEnabled()).toBe(true);
    expect(await action("Delete a client").isEnabled()).toBe(false);
    await dialog.getByRole("textbox", { name: "Name" }).fill("watcher");
    await action("Clients").click();
    await button(dialog, "Create").click();
    await heading(andysPage, "watcher").waitFor();
    await andysPage.getByText("client_read", { exact: true }).waitFor();
    expect(await andysPage.getByText("client_delete", { exact: true }).count()).toBe(0);
  });
});

describe("an invitation", () => {
  test("is sent, accepted from the header, and lets in as far as its role; what it does not allow is not offered", async () => {
    await api.domains.roles.add({
      domainId,
      body: { role_name: "viewer", optional_actions: ["read", "client_read"] },
    });
    const client = await api.clients.create({ domainId, body: { name: "Test Sensor" } });
    await sidebar(page, "Invitations").click();
    await button(page, "Send Invitation").first().click();
    const dialog = page.getByRole("dialog", { name: "Send invitations" });
    await dialog.getByRole("combobox", { name: "Users" }).fill("andy");
    await page.getByRole("option", { name: /Andy Doe/ }).click();
    await page.keyboard.press("Escape");
    await dialog.getByRole("combobox", { name: "Role" }).click();
    await page.getByRole("option", { name: "viewer" }).click();
    await button(dialog, "Send").click();
    const row = page.getByRole("row", { name: /Andy Doe/ });
    await row.getByText("Pending").waitFor();
    await button(row, "Resend").click();
    await page.getByText("The invitation is sent again").waitFor();

    await andysPage.goto(`${app.url}/domains`);
    await andysPage.getByRole("button", { name: /^Invitations, \d+ pending$/ }).click();
    await button(andysPage, "Accept the invitation to New York").click();
    await andysPage.getByText("You are a member of “New York” now").waitFor();
    await andysPage.goto(`${app.url}/domains/${domainId}/clients/${client.id}`);
    await andysPage.getByText("Your role does not let you change this").waitFor();
    for (const name of ["Edit name", "Disable", "Delete client", "Update secret"]) {
      expect(await button(andysPage, name).count(), name).toBe(0);
    }
    expect(await sidebar(andysPage, "Members").count()).toBe(0);
    await sidebar(andysPage, "Clients").click();
    await andysPage.getByRole("link", { name: "Test Sensor" }).waitFor();
    expect(await button(andysPage, "Create").count()).toBe(0);
    await andysPage.goto(`${app.url}/domains/${domainId}/members`);
    await andysPage.getByText("Your role does not show you the members").waitFor();

    await sidebar(page, "Members").click();
    await button(page, "Remove from the domain").click();
    await button(page.getByRole("dialog"), "Remove").click();
    await rows(page, 1);
  });

  test("is rejected on the page of one's invitations", async () => {
    const role = (await api.domains.roles.list({ domainId })).roles[0]?.id ?? "";
    await api.invitations.send({ domainId, body: { invitee_user_id: andysId, role_id: role } });
    await andysPage.goto(`${app.url}/invitations?status=pending`);
    await button(andysPage, "Reject").click();
    await andysPage.getByText("No invitations for you").waitFor();
    await page.goto(`${app.url}/domains/${domainId}/invitations?status=rejected`);
    await page
      .getByRole("row", { name: /Andy Doe/ })
      .getByText("Rejected")
      .waitFor();
  });
});

test("the settings of a domain change its name and tags, and disable and enable it", async () => {
  await sidebar(page, "Settings").click();
  await button(page, "Edit name").click();
  await page.getByLabel("Name", { exact: true }).fill("Brooklyn");
  await page.keyboard.press("Enter");
  await button(page, "Edit tags").click();
  await page.getByRole("combobox", { name: "Tags" }).fill("east");
  await page.getByRole("combobox", { name: "Tags" }).press("Enter");
  await button(page, "Save tags").click();
  // Back once they are saved.
  await button(page, "Edit tags").waitFor();
  await button(page, "Edit name").waitFor();
  const domain = await api.domains.view({ domainId });
  expect(domain).toMatchObject({ name: "Brooklyn", tags: ["east"] });
  await button(page, "Copy route").click();
  await expect.poll(() => page.evaluate("navigator.clipboard.readText()")).toBe(domain.route);

  await button(page, "Disable").click();
  await button(page.getByRole("dialog"), "Disable").click();
  await page.getByText("The domain is disabled.", { exact: true }).waitFor();
  await button(page, "Enable").click();
  await button(page.getByRole("dialog"), "Enable").click();
  await button(page, "Edit name").waitFor();
});

async function register({ firstName, username, email, password }: typeof john): Promise<string> {
  const admin = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  const user = await admin.users.register({
    body: {
      first_name: firstName,
      last_name: "Doe",
      email,
      credentials: { username, secret: password },
    },
  });
  return user.id;
}

type Place = Pick<Page, "getByRole">;
const button = (place: Place, name: string) => place.getByRole("button", { name, exact: true });
const heading = (place: Place, name: string) => place.getByRole("heading", { name, exact: true });
const cell = (place: Place, name: string) => place.getByRole("cell", { name, exact: true });
const sidebar = (place: Page, name: string) =>
  place.getByRole("navigation", { name: "Main" }).getByRole("link", { name, exact: true });

/** Waits until the table has so many rows, its head not counted. */
async function rows(place: Page, count: number): Promise<void> {
  await expect
    .poll(() => place.locator("tbody").getByRole("row").count(), { timeout: 20_000 })
    .toBe(count);
}

/** The text of the file that a click brings. */
async function downloadBy(place: Page, clicked: Locator): Promise<string> {
  const [download] = await Promise.all([place.waitForEvent("download"), clicked.click()]);
  return readFile(await download.path(), "utf8");
}
