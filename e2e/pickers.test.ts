import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

let app: AppWithBrowser;
let api: Client;
let domainId: string;
let clientId: string;
let page: Page;

const patience = { timeout: 20_000 };

const number = (index: number) => String(index + 1).padStart(2, "0");

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  for (let index = 0; index < 25; index += 1) {
    const name = `Plant ${number(index)}`;
    const { id } = await api.domains.create({ body: { name, route: `plant-${number(index)}` } });
    if (index === 0) domainId = id;
  }
  const { clients } = await api.clients.create_bulk({
    domainId,
    body: Array.from({ length: 45 }, (_, index) => ({ name: `pump ${number(index)}` })),
  });
  clientId = clients[0]?.id ?? "";
  const hall = await api.groups.create({ domainId, body: { name: "Hall A" } });
  const floor = await api.groups.create({
    domainId,
    body: { name: "Floor 1", parent_id: hall.id },
  });
  await api.groups.create({ domainId, body: { name: "Room 101", parent_id: floor.id } });
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

beforeEach(async () => {
  await page.goto(`${app.url}/domains/${domainId}`);
  await page.getByRole("heading", { level: 1 }).waitFor();
});

const field = (name: string, place: Page | Locator = page) =>
  place.getByRole("combobox", { name, exact: true });
const options = (name: string) => page.getByRole("listbox", { name, exact: true });
const option = (name: string) => page.getByRole("option", { name });
/** The option that Enter would choose. */
const active = () => page.locator("[role=option][data-active=true]");
/** In the form for a new token, with clients as its type. */
async function chooseClients(on: Page = page): Promise<Locator> {
  await on.goto(`${app.url}/pats/new?name=night`);
  await field("Entity Type", on).click();
  await on.getByRole("option", { name: "Clients" }).click();
  const entity = field("Entity", on);
  expect(await entity.inputValue()).toBe("");
  await entity.click();
  await on.getByRole("option", { name: "All clients" }).click();
  return entity;
}

test("a field that holds a value is searched by a click and typing, and Enter takes the first that matches", async () => {
  const entity = await chooseClients();
  expect(await entity.inputValue()).toBe("All clients");
  await entity.click();
  await active().filter({ hasText: "All clients" }).waitFor();
  await page.keyboard.type("pump 3");
  await expect.poll(() => options("Entity").getByRole("option").count(), patience).toBe(10);
  expect(await option("All clients").count()).toBe(0);
  await active().filter({ hasText: "pump 30" }).waitFor();
  await page.keyboard.press("Enter");
  expect(await entity.inputValue()).toBe("pump 30");
  expect(await options("Entity").count()).toBe(0);
  await entity.click();
  await page.keyboard.type("pump 4");
  await active().filter({ hasText: "pump 40" }).waitFor();
});

test("every object of a long list is reached, by pointer and by keys", async () => {
  const entity = await chooseClients();
  await entity.click();
  await option("Show more (25 left)").click();
  await option("Show more (5 left)").click();
  await option("pump 45").click();
  expect(await entity.inputValue()).toBe("pump 45");

  await entity.fill("pump");
  await option("Show more (25 left)").waitFor();
  await entity.press("ArrowUp");
  await active().filter({ hasText: "Show more" }).waitFor();
  await entity.press("Enter");
  await option("pump 21").waitFor();
  await entity.press("ArrowDown");
  await active().filter({ hasText: "pump 21" }).waitFor();
});

test("every domain is reached, for a scope and in the switcher, and the chosen one is named", async () => {
  await page.goto(`${app.url}/pats/new?name=night`);
  const domain = field("Domain", page.getByRole("group", { name: "Scope 1" }));
  await expect.poll(() => domain.inputValue(), patience).toBe("Plant 01");
  await domain.click();
  await option("Show more (5 left)").click();
  await option("Plant 25").click();
  expect(await domain.inputValue()).toBe("Plant 25");

  const switcher = field("Domain", page.getByRole("navigation", { name: "Main" }));
  await page.goto(`${app.url}/domains/${domainId}`);
  await switcher.click();
  await page.keyboard.type("plant 24");
  await active().filter({ hasText: "Plant 24" }).waitFor();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Plant 24" }).waitFor();
  await expect.poll(() => switcher.inputValue(), patience).toBe("Plant 24");
});

test("whoever has several domains and was in none says where a token is to work, also for the scopes of a link", async () => {
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const fresh = await signIn(context, app.url, demoAdmin, "/pats/new");
  const domain = field("Domain", fresh.getByRole("main"));
  await domain.waitFor();
  expect(await domain.inputValue()).toBe("");
  const template = fresh.getByRole("button", { name: "Read-only" });
  expect(await template.isEnabled()).toBe(false);
  expect(await field("Entity Type", fresh).count()).toBe(0);
  await domain.fill("Plant 03");
  await fresh.getByRole("option", { name: "Plant 03" }).click();
  expect(await template.isEnabled()).toBe(true);
  const row = fresh.getByRole("group", { name: "Scope 1" });
  await expect.poll(() => field("Domain", row).inputValue(), patience).toBe("Plant 03");

  await fresh.goto(`${app.url}/pats/new?name=night&scopes=clients:view:*`);
  await field("Domain", fresh.getByRole("main")).fill("Plant 04");
  await fresh.getByRole("option", { name: "Plant 04" }).click();
  await fresh.getByText("On every client of Plant 04").waitFor();
  await expect
    .poll(() => fresh.evaluate("document.activeElement.labels?.[0]?.textContent"))
    .toContain("Name");
  await context.close();
});

test("Enter sends no form from an open list, nothing found is said, and Escape closes the list alone", async () => {
  await page.goto(`${app.url}/domains/${domainId}/clients/${clientId}`);
  await page.getByRole("button", { name: "Assign", exact: true }).click();
  const dialog = page.getByRole("dialog", { name: "Assign to group" });
  const group = field("Parent group", dialog);
  await group.click();
  await page.keyboard.type("cellar");
  await page.getByRole("status").filter({ hasText: "No enabled groups found" }).waitFor({
    state: "attached",
  });
  await page.keyboard.press("Enter");
  expect(await dialog.getByText("Select a group").count()).toBe(0);
  await page.keyboard.press("Escape");
  expect(await dialog.isVisible()).toBe(true);
  expect(await group.inputValue()).toBe("");
  expect((await api.clients.view({ domainId, id: clientId })).parent_group_id).toBeUndefined();

  await group.fill("room");
  await option("Hall A / Floor 1 / Room 101").click();
  // The names of the groups above are read again for what was chosen.
  await expect.poll(() => group.inputValue()).toBe("Hall A / Floor 1 / Room 101");
  await group.press("Enter");
  await dialog.waitFor({ state: "hidden" });
  const moved = await api.clients.view({ domainId, id: clientId });
  expect(moved.parent_group_id).not.toBe("");
});

test("what was typed and not chosen is gone again, so that the field says what is chosen", async () => {
  const entity = await chooseClients();
  await entity.fill("pump 07");
  await option("pump 07").waitFor();
  await page.keyboard.press("Tab");
  expect(await entity.inputValue()).toBe("All clients");
  const operation = field("Operation");
  await operation.fill("view");
  await page.keyboard.press("Tab");
  expect(await operation.inputValue()).toBe("");
});

test("fingers open a list, search it, choose from it and take back what was chosen", async () => {
  const context = await app.browser.newContext({
    reducedMotion: "reduce",
    hasTouch: true,
    isMobile: true,
    viewport: { width: 390, height: 844 },
  });
  const phone = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
  await phone.getByRole("heading", { level: 1 }).waitFor();
  const entity = await chooseClients(phone);
  await entity.tap();
  await phone.keyboard.type("pump 12");
  await phone.getByRole("option", { name: "pump 12" }).tap();
  expect(await entity.inputValue()).toBe("pump 12");
  const operation = field("Operation", phone);
  await operation.tap();
  await phone.getByRole("option", { name: "View a client" }).tap();
  await phone.getByRole("option", { name: "Delete a client" }).tap();
  await phone.getByRole("option", { name: "Delete a client" }).tap();
  await phone.getByRole("region", { name: "Summary" }).getByText("View a client").waitFor();
  expect(await phone.getByRole("button", { name: "Remove view" }).count()).toBe(1);
  expect(await phone.getByRole("button", { name: "Remove delete" }).count()).toBe(0);
  await context.close();
});
