import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

const john = { email: "john@example.com", password: "a-password-of-john" };

let app: AppWithBrowser;
let janesApi: Client;
let johnsApi: Client;
let context: BrowserContext;
let janesTab: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  janesApi = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  await janesApi.users.register({
    body: {
      first_name: "John",
      last_name: "Doe",
      email: john.email,
      credentials: { username: "johndoe", secret: john.password },
    },
  });
  johnsApi = await signedInClient(app.url, john.email, john.password);
  context = await app.browser.newContext({ reducedMotion: "reduce" });
  janesTab = await signIn(context, app.url, demoAdmin, "/pats/new?name=janes");
});
afterAll(() => app?.close());

const tokensOf = async (api: Client) =>
  (await api.tokens.list({ query: { status: "all" } })).pats.map(({ name }) => name);
/** Whether it can be read on the page, beside its dialog. */
const isSeen = async (page: Page, text: string) =>
  (await page.locator("#root").getByText(text).filter({ visible: true }).count()) > 0;
const signOut = async (page: Page) => {
  await page.getByRole("button", { name: "Account menu" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
};
const fillIn = async (page: Page, { email, password }: typeof john) => {
  await page.getByLabel("Email or username").fill(email);
  await page.getByRole("textbox", { name: "Password" }).fill(password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Domains", exact: true }).waitFor();
};
const stopOf = (page: Page) =>
  page.getByRole("dialog", { name: "This browser is signed in as somebody else now" });
const endOf = (page: Page) => page.getByRole("dialog", { name: "Your session has ended" });
const stop = () => stopOf(janesTab);

test("a tab whose browser is signed in as somebody else says so, shows nothing, and makes nothing in their name", async () => {
  await janesTab.getByLabel("Description").fill("typed by Jane");
  const otherTab = await context.newPage();
  await otherTab.goto(`${app.url}/domains`);
  await signOut(otherTab);
  await endOf(janesTab).waitFor();
  expect(await isSeen(janesTab, "What this token will be able to do")).toBe(false);
  await otherTab.close();
  const johnsTab = await signIn(context, app.url, john);

  await stop()
    .getByText("This page belongs to Jane")
    .or(stop().getByText("This page belongs to"))
    .first()
    .waitFor();
  expect(await isSeen(janesTab, "What this token will be able to do")).toBe(false);
  // As somebody would who is quicker than the question.
  await janesTab.evaluate(`(() => {
    for (const button of document.querySelectorAll("main button[type=submit]")) button.click();
  })()`);
  await janesTab.getByText("Nothing was done.").waitFor({ state: "attached" });
  expect(await tokensOf(johnsApi)).toEqual([]);
  expect(await tokensOf(janesApi)).toEqual([]);
  expect(await janesTab.getByTestId("secret").count()).toBe(0);

  await signOut(johnsTab);
  await johnsTab.close();
  const again = await signIn(context, app.url, demoAdmin);
  await stop().waitFor({ state: "hidden" });
  await again.close();
  expect(await janesTab.getByLabel("Description").inputValue()).toBe("typed by Jane");
  await janesTab.getByRole("button", { name: "Create", exact: true }).click();
  await janesTab.getByTestId("secret").waitFor();
  expect(await tokensOf(janesApi)).toEqual(["janes"]);
  expect(await tokensOf(johnsApi)).toEqual([]);
});

test("a secret that is shown once is gone from all tabs when its person signs out in one", async () => {
  const otherTab = await context.newPage();
  await otherTab.goto(`${app.url}/domains`);
  await signOut(otherTab);
  await endOf(janesTab).waitFor();
  expect(await janesTab.getByTestId("secret").count()).toBe(0);
  expect(await isSeen(janesTab, "janes")).toBe(false);
  await fillIn(otherTab, demoAdmin);
  await endOf(janesTab).waitFor({ state: "hidden" });
  expect(await isSeen(janesTab, "janes")).toBe(true);
  await otherTab.close();
});

test("a new tab of whoever is signed in now works as any other", async () => {
  const tab = await context.newPage();
  await tab.goto(`${app.url}/pats`);
  await tab.getByRole("link", { name: "janes" }).waitFor();
  await tab.close();
});

test("a tab that no other tab told makes and shows nothing in the name of whoever the browser is signed in as", async () => {
  const tab = await signIn(context, app.url, demoAdmin, "/pats/new?name=of-jane");
  // As if John's sign-in had been answered with a head alone: his cookie is there, and no tab has heard of it.
  const answered = await context.request.post(`${app.url}/session`, {
    data: { username: john.email, password: john.password },
    headers: { "x-tessera-csrf": "1" },
  });
  expect(answered.status()).toBe(201);
  await tab.getByRole("button", { name: "Create", exact: true }).click();
  const dialog = tab.getByRole("dialog", {
    name: "This browser is signed in as somebody else now",
  });
  await dialog.waitFor();
  expect(await tokensOf(johnsApi)).toEqual([]);
  expect(await tokensOf(janesApi)).toEqual(["janes"]);
  expect(await tab.getByTestId("secret").count()).toBe(0);

  const again = await signIn(context, app.url, demoAdmin);
  await dialog.waitFor({ state: "hidden" });
  await again.close();
  await tab.close();
});

test("what somebody began in a tab neither goes on nor is answered there once somebody else has come", async () => {
  const { id: domainId } = await johnsApi.domains.create({
    body: { name: "Plant", route: "plant" },
  });
  const names = ["one", "two", "three"];
  await johnsApi.clients.create_bulk({ domainId, body: names.map((name) => ({ name })) });
  const clientsOf = async () =>
    (await johnsApi.clients.list({ domainId })).clients.map(({ name }) => name).sort();
  const page = await signIn(context, app.url, john, `/domains/${domainId}`);
  const answers = { DELETE: Promise.withResolvers<void>(), POST: Promise.withResolvers<void>() };
  const begun: string[] = [];
  await page.route("**/clients{,/*}", async (route, request) => {
    const method = request.method();
    if (method !== "DELETE" && method !== "POST") return route.continue();
    begun.push(method);
    const response = await route.fetch();
    await answers[method].promise;
    // Of a page that is gone nobody takes an answer.
    await route.fulfill({ response }).catch(() => undefined);
  });
  const dialog = page.getByRole("dialog");
  const goBack = async () => {
    await page.goBack();
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Clients", exact: true }).first().click();
  };
  await page.getByRole("link", { name: "Clients", exact: true }).first().click();
  await page.getByRole("checkbox").first().check();
  await page.getByRole("button", { name: "Delete", exact: true }).click();
  await dialog.getByRole("button", { name: "Delete 3" }).click();
  await expect.poll(() => begun).toEqual(["DELETE"]);
  await goBack();
  answers.DELETE.resolve();
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await dialog.getByLabel("Name").fill("Pump");
  await dialog.getByRole("button", { name: "Create", exact: true }).click();
  await expect.poll(() => begun).toEqual(["DELETE", "POST"]);
  await goBack();

  await signOut(page);
  await fillIn(page, demoAdmin);
  answers.POST.resolve();
  await page.goto(`${app.url}/domains/${domainId}/clients`);
  await page.getByRole("link", { name: "Pump" }).waitFor();
  expect(begun).toEqual(["DELETE", "POST"]);
  expect((await clientsOf()).length).toBe(3);
  await page.close();
});

test("whoever signs in where another person's page is gets a page of their own", async () => {
  const ann = { email: "ann@example.com", password: "a-password-of-ann" };
  const register = (email: string, secret: string) =>
    janesApi.users.register({
      body: {
        first_name: "Somebody",
        last_name: "New",
        email,
        credentials: { username: "ann", secret },
      },
    });
  const { id: userId } = await register(ann.email, ann.password);
  const page = await signIn(context, app.url, ann, "/pats/new?name=of-ann");
  await page.getByLabel("Description").fill("typed by Ann");
  const annsApi = await signedInClient(app.url, ann.email, ann.password);
  await annsApi.users.update_username({ userId, body: { username: "ann-before" } });
  await annsApi.users.change_password({
    body: { old_secret: ann.password, new_secret: "another-password-of-ann" },
  });
  await register("another@example.com", "a-password-of-another");
  const anothersApi = await signedInClient(app.url, "ann", "a-password-of-another");

  await page.getByRole("button", { name: "Create", exact: true }).click();
  await endOf(page).getByRole("textbox").fill("a-password-of-another");
  await endOf(page).getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Domains", exact: true }).waitFor();
  expect(new URL(page.url()).pathname).toBe("/domains");
  expect(await tokensOf(anothersApi)).toEqual([]);

  // The form for signing in may stand in somebody's page too, as after going back.
  await page.goto(`${app.url}/sign-in`);
  await fillIn(page, john);
  await page.goBack();
  await page.evaluate("window.isJohns = true");
  await fillIn(page, demoAdmin);
  expect(await page.evaluate("window.isJohns")).toBeUndefined();
  await page.close();
});

test("a page that the browser kept shows nothing before the server has said who is there", async () => {
  const page = await signIn(context, app.url, demoAdmin, "/pats");
  await page.getByRole("link", { name: "janes" }).waitFor();
  const goes = (name: string) =>
    page.evaluate(`dispatchEvent(new PageTransitionEvent("${name}", { persisted: true }))`);
  await goes("pagehide");
  expect(await isSeen(page, "janes")).toBe(false);
  await context.clearCookies();
  await goes("pageshow");
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.close();
});

test("signing out asks before something unsaved is lost, and once", async () => {
  const page = await signIn(context, app.url, demoAdmin, "/pats/new");
  await page.getByLabel("Name").fill("unsaved");
  const askedToSignOut = async () => {
    await page.getByRole("button", { name: "Account menu" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    return page.getByRole("dialog", { name: "Sign out and lose what is on this page?" });
  };
  await (await askedToSignOut()).getByRole("button", { name: "Stay" }).click();
  await expect.poll(() => page.getByRole("dialog").count()).toBe(0);
  expect(await page.getByLabel("Name").inputValue()).toBe("unsaved");
  await (await askedToSignOut()).getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.close();
});
