import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

const phone = {
  viewport: { width: 390, height: 844 },
  hasTouch: true,
  reducedMotion: "reduce",
} as const;

let app: AppWithBrowser;
let demo: DemoData;

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url);
});
afterAll(() => app?.close());

const overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth";

test("at 390 px a token is made, found and deleted by touch", async () => {
  const context = await app.browser.newContext(phone);
  const page = await signIn(context, app.url, demoAdmin, `/domains/${demo.domainId}`);
  await page.getByRole("heading", { name: "Water works" }).waitFor();
  await page.getByRole("button", { name: "Open the menu" }).tap();
  await page.getByRole("link", { name: "Personal Access Tokens" }).tap();
  await page.getByRole("heading", { name: "Personal Access Tokens" }).waitFor();
  await page.getByRole("link", { name: "Create PAT" }).tap();
  await page.getByLabel("Name").fill("from a phone");
  await page.getByRole("button", { name: "Read-only" }).tap();
  await page.getByText("On every client of Water works").waitFor();
  expect(await page.evaluate(overflow)).toBe(0);
  await page.getByRole("button", { name: "Create", exact: true }).tap();

  await page.getByRole("heading", { name: "from a phone" }).waitFor();
  expect(await page.evaluate(overflow)).toBe(0);
  const duration = page.getByRole("combobox", { name: "Duration" });
  expect(await duration.getAttribute("inputmode")).toBe("none");
  await page.getByRole("button", { name: "Copy", exact: true }).tap();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await page.goto(`${app.url}/pats?q=phone`);
  await page.getByText("Select all on this page").tap();
  await page.getByText("1 selected").waitFor();
  await page.getByRole("button", { name: "Actions for from a phone" }).tap();
  await page.getByRole("menuitem", { name: "Delete" }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).tap();
  await page.getByText("No active tokens match").waitFor();
  await context.close();
});
