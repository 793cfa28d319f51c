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
const signOut = async (page: Page) => {
  await page.getByRole("button", { name: "Account menu" }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
};
const stop = () =>
  janesTab.getByRole("dialog", { name: "This browser is signed in as somebody else now" });

test("a tab whose browser is signed in as somebody else says so, and makes nothing in their name", async () => {
  const otherTab = await context.newPage();
  await otherTab.goto(`${app.url}/domains`);
  await signOut(otherTab);
  await otherTab.close();
  const johnsTab = await signIn(context, app.url, john);

  await stop()
    .getByText("This page belongs to Jane")
    .or(stop().getByText("This page belongs to"))
    .first()
    .waitFor();
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
  await janesTab.getByRole("button", { name: "Create", exact: true }).click();
  await janesTab.getByTestId("secret").waitFor();
  expect(await tokensOf(janesApi)).toEqual(["janes"]);
  expect(await tokensOf(johnsApi)).toEqual([]);
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
