import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

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
  const context = await app.browser.newContext({
    reducedMotion: "reduce",
    viewport: { width: 1280, height: 720 },
  });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

beforeEach(async () => {
  await page.goto(`${app.url}/pats/new`);
  await page.getByLabel("Name", { exact: false }).first().waitFor();
});

const button = (name: string, place: Page | Locator = page) =>
  place.getByRole("button", { name, exact: true });
const field = (name: string, place: Page | Locator = page) =>
  place.getByRole("combobox", { name, exact: true });
const choose = async (name: string, option: string) => {
  await field(name).click();
  await page.getByRole("option", { name: option }).first().click();
};
const scopeRow = (number: number) => page.getByRole("group", { name: `Scope ${number}` });
const risk = () => page.getByRole("status", { name: "Risk" });
const isInView = (place: Locator) =>
  place.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= element.ownerDocument.documentElement.clientHeight;
  });

test("a template says what it means, keeps what was entered, and is taken back", async () => {
  await page.getByLabel("Name").first().fill("night report");
  await choose("Entity Type", "Channels");
  await page.getByText("See everything in the domain but who did what, change nothing").waitFor();
  await button("Read-only").click();
  await page.getByText("“Read-only” has replaced the scopes").waitFor();
  expect(await page.getByLabel("Name").first().inputValue()).toBe("night report");
  await risk().getByText("Low risk").waitFor();
  await button("Undo").click();
  expect(await field("Entity Type").inputValue()).toBe("Channels");
  expect(await scopeRow(2).count()).toBe(0);
});

test("one search finds the operations of all types, also by other words", async () => {
  const search = field("Find what it should do");
  await search.fill("rename");
  await page.getByRole("option", { name: "Update client information" }).click();
  expect(await field("Entity Type", scopeRow(1)).inputValue()).toBe("Clients");
  await scopeRow(1).getByText("update", { exact: true }).waitFor();
  await search.fill("subgroup");
  await page
    .getByRole("option", { name: "List child groups" })
    .or(page.getByRole("option", { name: /child/ }))
    .first()
    .waitFor();
  await search.fill("no such thing");
  await page.getByText("No operation matches").last().waitFor();
});

test("no object is chosen unless one chooses it, and nothing is sent before", async () => {
  await page.getByLabel("Name").first().fill("half");
  await choose("Entity Type", "Clients");
  expect(await field("Entity").inputValue()).toBe("");
  await field("Operation").fill("view");
  await page.getByRole("option", { name: "View a client" }).click();
  await button("Create").click();
  await page.getByText("Choose one, or all").waitFor();
  expect((await api.tokens.list({ query: { status: "all" } })).total).toBe(0);
});

test("the risk is one sentence, the calls are listed as they are, and the expiry has its zone", async () => {
  await page.goto(`${app.url}/pats/new?name=x&scopes=clients:view:${clientId},clients:delete:*`);
  await risk().getByText("High risk").waitFor();
  await risk().getByText("On all objects it can delete a client.").waitFor();
  await page.getByText("The 2 calls that it opens").click();
  const calls = page.getByRole("list", { name: "Calls" });
  expect(await calls.getByRole("listitem").allTextContents()).toEqual([
    `GET /${domainId}/clients/${clientId}`,
    `DELETE /${domainId}/clients/<id>`,
  ]);
  await page.getByText(`/${domainId}/clients/${clientId}"`).waitFor();
  expect(await page.getByText("The token will expire on").textContent()).toMatch(/GMT|UTC/);
});

test("a link that names no domain's ID is told what is left out, and puts nothing of it into a call", async () => {
  const odd = "$(touch /tmp/x)";
  await page.goto(`${app.url}/pats/new?name=x&domain=${encodeURIComponent(odd)}`);
  await page.getByText("is not the ID of a domain").waitFor();
  await button("Read-only").click();
  await page.getByText(/The \d+ calls that it opens/).click();
  const call = page.locator("pre").filter({ hasText: "curl" }).first();
  expect(await call.textContent()).toContain(`${app.url}/${domainId}/`);
  expect(await page.locator("main").textContent()).not.toContain(`/${odd}/`);
});

test("Create is in view from the beginning, at any width", async () => {
  for (const size of [
    { width: 1280, height: 720 },
    { width: 390, height: 844 },
  ]) {
    await page.setViewportSize(size);
    await page.evaluate("window.scrollTo(0, 0)");
    expect(await isInView(button("Create")), `${size.width} px`).toBe(true);
  }
  await page.setViewportSize({ width: 1280, height: 720 });
});

test("what a refusal says is missing is pasted, for a new token and for one there is, read or left to be read", async () => {
  const text = (operation: string) =>
    `The token needs the scope clients:${operation}:${clientId} in domain ${domainId}`;
  await page.getByLabel("Name").first().fill("pasted");
  await page.getByLabel("Add the scope from a refusal").fill("nothing of the kind");
  await page.keyboard.press("Enter");
  await page.getByText("There is no scope in this").waitFor();
  await button("Create").click();
  await page.getByText("There is no scope in this").waitFor();
  await page.getByLabel("Add the scope from a refusal").fill(text("view"));
  await page.keyboard.press("Enter");
  await page.getByText("On the client pump of New York").waitFor();
  await page.getByLabel("Add the scope from a refusal").fill(text("disable"));
  await button("Create").click();
  const secret = (await page.getByTestId("secret").textContent()) ?? "";
  expect(await useToken(app.url, secret, `/${domainId}/clients/${clientId}`)).toBe(200);
  await button("Copy", page.getByRole("region", { name: "New token" })).click();
  await button("Add Scope").first().click();
  const dialog = page.getByRole("dialog", { name: "Add scope" });
  await dialog.getByLabel("Add the scope from a refusal").fill(text("update_tags"));
  await button("Add", dialog).click();
  await dialog.waitFor({ state: "hidden" });
  const tokenId = new URL(page.url()).pathname.split("/").at(-1) ?? "";
  const { scopes } = await api.tokens.list_scopes({ tokenId });
  expect(scopes.map(({ operation }) => operation).sort()).toEqual([
    "disable",
    "update_tags",
    "view",
  ]);
});
