import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { Client, ScopeWire } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const reader = { email: "reader@example.com", password: "a-password-of-the-reader" };

let app: AppWithBrowser;
let api: Client;
let domainId: string;
let clientId: string;
let page: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  domainId = (await api.domains.create({ body: { name: "New York", route: "new-york" } })).id;
  clientId = (await api.clients.create({ domainId, body: { name: "pump" } })).id;
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

const patience = { timeout: 20_000 };
const button = (name: string | RegExp, place: Pick<Page, "getByRole"> = page) =>
  place.getByRole("button", { name, exact: true });
const dialog = (name: string) => page.getByRole("dialog", { name, exact: true });
const summary = () => page.getByRole("region", { name: "Summary" });
const scope = (entity_type: string, operation: string, entity_id = "*"): ScopeWire => ({
  domain_id: domainId,
  entity_type,
  entity_id,
  operation,
});
const scopesOf = async (tokenId: string) =>
  (await api.tokens.list_scopes({ tokenId })).scopes
    .map(({ entity_type, operation, entity_id }) => `${entity_type}:${operation}:${entity_id}`)
    .sort();
const newToken = (name: string, scopes: ScopeWire[]) =>
  api.tokens.create({ body: { name, duration: "24h", scopes } });

test("a stone that is set in the form becomes a scope, and one that is taken again does not", async () => {
  await page.goto(`${app.url}/pats/new?name=night`);
  await button("View a client: not granted", summary()).click();
  await button("Delete a client: not granted, takes something away", summary()).click();
  // Nothing is for all objects unless somebody says so.
  await button("View a client: choose on which clients", summary()).waitFor();
  await button("Create").click();
  await page.getByText("Choose one, or all").first().waitFor();
  await page.getByRole("combobox", { name: "Entity", exact: true }).click();
  await page.getByRole("option", { name: /^All clients/ }).click();
  await summary().getByText("On every client of New York").waitFor();
  await button("Delete a client: granted on all clients, takes something away", summary()).click();
  await button("List clients in the domain: not granted", summary()).click();
  const set = button("View a client: granted on all clients", summary());
  expect(await set.getAttribute("aria-pressed")).toBe("true");
  await page.getByRole("group", { name: "Scope 1" }).getByText("view", { exact: true }).waitFor();
  await button("Create").click();
  await page.getByRole("heading", { name: "night" }).waitFor();
  const tokenId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  expect(await scopesOf(tokenId)).toEqual(["clients:view:*", `domains:list_clients:${domainId}`]);
  await button("Copy", page.getByRole("region", { name: "New token" })).click();
});

test("a token's page says of each stone on what it is granted and whether it was used, and takes it after a question", async () => {
  const { id, secret } = await newToken("export", [
    scope("clients", "view"),
    scope("clients", "delete", clientId),
    scope("channels", "view"),
  ]);
  expect(await useToken(app.url, secret, `/${domainId}/clients/${clientId}`)).toBe(200);
  await expect
    .poll(async () => (await api.tokens.view({ tokenId: id })).use_count, patience)
    .toBe(1);
  await page.goto(`${app.url}/pats/${id}`);
  await button("View a client: granted on all clients, used").waitFor();
  await button("View a channel: granted on all channels, never used").waitFor();
  await button("Delete a client: granted on 1 client, never used, takes something away").click();
  const question = dialog("Delete scopes");
  await button("Cancel", question).click();
  expect((await scopesOf(id)).length).toBe(3);
  await button("Delete a client: granted on 1 client, never used, takes something away").click();
  await button("Delete", question).click();
  await button("Delete a client: not granted, takes something away").waitFor();
  expect(await scopesOf(id)).toEqual(["channels:view:*", "clients:view:*"]);

  await page.setViewportSize({ width: 390, height: 400 });
  const form = dialog("Add scope");
  await button("Update client tags: not granted").click();
  await form.waitFor();
  const place = await page.evaluate("window.scrollY");
  expect(place).toBeGreaterThan(0);
  await button("Cancel", form).click();
  await form.waitFor({ state: "hidden" });
  expect(await page.evaluate("window.scrollY")).toBe(place);
  await button("Update client tags: not granted").click();
  await page.setViewportSize({ width: 1280, height: 720 });
  expect(await form.getByRole("combobox", { name: "Entity Type" }).inputValue()).toBe("Clients");
  await form.getByRole("combobox", { name: "Entity", exact: true }).fill("pump");
  await page.getByRole("option", { name: "pump" }).click();
  await page.evaluate("window.scrollTo(0, 0)");
  await button("Add", form).click();
  await button("Update client tags: granted on 1 client, never used").waitFor();
  await expect.poll(() => page.evaluate("window.scrollY"), patience).toBeGreaterThan(0);
  expect(await scopesOf(id)).toContain(`clients:update_tags:${clientId}`);
});

test("on a phone the name of every operation can be read before anything is set", async () => {
  const { id } = await newToken("named", [scope("clients", "view")]);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${app.url}/pats/new?name=night`);
  const name = (place: Pick<Page, "getByText">) =>
    place.getByText("Delete a client", { exact: true });
  await button("Delete a client: not granted, takes something away", summary()).waitFor();
  expect(await name(summary()).count()).toBe(0);
  await button("Show names", summary()).click();
  await name(summary()).waitFor();
  await summary().getByText("0 of 11").waitFor();
  // It stays as it was chosen, on every mosaic.
  await page.goto(`${app.url}/pats/${id}`);
  await name(page).waitFor();
  await button("Hide names").click();
  await name(page).waitFor({ state: "hidden" });
  await page.getByText("View a client", { exact: true }).first().waitFor();
  await page.setViewportSize({ width: 1280, height: 720 });
  await name(page).waitFor();
  expect(await button("Show names").isVisible()).toBe(false);
});

test("the keyboard goes from stone to stone, with one stop for each type", async () => {
  const { id } = await newToken("by keys", [scope("clients", "view")]);
  await page.goto(`${app.url}/pats/${id}`);
  const first = button("View a client: granted on all clients, never used");
  await first.focus();
  await page.keyboard.press("ArrowRight");
  const focused = () => page.evaluate("document.activeElement.getAttribute('aria-label')");
  expect(await focused()).toBe("Update client information: not granted");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("Tab");
  expect(await focused()).toMatch(/channel: not granted/);
  await first.focus();
  await page.keyboard.press("Enter");
  await dialog("Delete scopes").waitFor();
  expect((await scopesOf(id)).length).toBe(1);
});

test("the list of tokens tells what each may do", async () => {
  await newToken("reads clients", [scope("clients", "view"), scope("channels", "view")]);
  await page.goto(`${app.url}/pats`);
  const row = page.getByRole("row").filter({ hasText: "reads clients" });
  await row.getByText("Clients: 1 operation, Channels: 1 operation").waitFor({ state: "attached" });
});

test("what its owner may not do now is told apart from what the token will be able to do", async () => {
  const { id } = await api.users.register({
    body: {
      first_name: "Read",
      last_name: "Er",
      email: reader.email,
      credentials: { username: "reader", secret: reader.password },
    },
  });
  await api.domains.roles.add({
    domainId,
    body: {
      role_name: "reader",
      optional_actions: ["read", "client_read"],
      optional_members: [id],
    },
  });
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const other = await signIn(context, app.url, reader, `/domains/${domainId}`);
  await other.goto(
    `${app.url}/pats/new?name=x&domain=${domainId}&scopes=clients:view,clients:delete`,
  );
  const told = other.getByRole("region", { name: "Summary" });
  await told.getByText("Not now, because you may not do it yourself").waitFor();
  const text = ((await told.textContent()) ?? "").split("Not now");
  expect(text[0]).toContain("View a client");
  expect(text[0]).not.toContain("Delete a client");
  expect(text[1]).toContain("Delete a client");
  const stone = /^Delete a client: granted on all clients, beyond your own rights now/;
  await button(stone, told).waitFor();
  await context.close();
});
