import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin, useToken } from "./demo-data.ts";
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

/** Whether not all of a text is seen, for want of room. */
const isCut = (text: {
  scrollWidth: number;
  clientWidth: number;
  scrollHeight: number;
  clientHeight: number;
}) => text.scrollWidth > text.clientWidth || text.scrollHeight > text.clientHeight;

/** What is pressed and lower than a finger can hit, beside what lies in a sentence. */
const low = `[...document.querySelectorAll("a[href], button, summary")]
  .filter((one) => one.checkVisibility() && !one.closest(".skip-link"))
  .map((one) => [one.textContent || one.ariaLabel, one.getBoundingClientRect()])
  .filter(([, { width, height }]) => width > 1 && height < 23.9)
  .map(([name, { height }]) => name + ": " + height)`;

test("at 390 px a token is made, found and deleted by touch", async () => {
  const context = await app.browser.newContext(phone);
  const page = await signIn(context, app.url, demoAdmin, `/domains/${demo.domainId}`);
  await page.getByRole("heading", { name: "Water works" }).waitFor();
  await page.getByRole("button", { name: "Open the menu" }).tap();
  await page.getByRole("link", { name: "Personal Access Tokens" }).tap();
  await page.getByRole("heading", { name: "Personal Access Tokens" }).waitFor();
  await page.getByRole("link", { name: "Create PAT" }).tap();
  const wayBack = page.getByRole("navigation", { name: "Where you are" }).locator("bdi").first();
  expect(await wayBack.textContent()).toBe("Personal Access Tokens");
  expect(await wayBack.evaluate(isCut)).toBe(false);
  await page.getByLabel("Name").fill("from a phone");
  const duration = page.getByRole("combobox", { name: "Duration" });
  expect(await duration.getAttribute("inputmode")).toBe("none");
  await page.getByRole("button", { name: "Read-only" }).tap();
  await page.getByText("On every client of Water works").waitFor();
  expect(await page.evaluate(overflow)).toBe(0);
  expect(await page.evaluate(low)).toEqual([]);
  await page.getByRole("button", { name: "Create", exact: true }).tap();

  const title = page.getByRole("heading", { name: "from a phone" });
  await title.waitFor();
  await page.getByTestId("secret").waitFor();
  const top = async () => (await title.boundingBox())?.y ?? 0;
  await expect.poll(top).toBeGreaterThan(60);
  expect(await page.evaluate(low)).toEqual([]);
  const secret = (await page.getByTestId("secret").textContent()) ?? "";
  expect(await useToken(app.url, secret, "/pats")).toBe(403);
  expect(await page.evaluate(overflow)).toBe(0);
  await page.getByRole("button", { name: "Copy", exact: true }).tap();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  await page.goto(`${app.url}/pats?q=phone`);
  const refused = page.getByText(/^Refused .+ for tokens:list$/);
  const label = (await page.getByRole("cell").filter({ has: refused }).boundingBox())?.x ?? 0;
  const value = (await refused.locator("time").boundingBox())?.x ?? 0;
  expect(value - label).toBeGreaterThan(112);
  expect(await page.evaluate(low)).toEqual([]);
  await page.getByText("Select all on this page").tap();
  await page.getByText("1 selected").waitFor();
  await page.getByRole("button", { name: "Actions for from a phone" }).tap();
  await page.getByRole("menuitem", { name: "Delete" }).tap();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).tap();
  await page.getByText("No active tokens match").waitFor();
  const notice = page.getByText("“from a phone” is deleted");
  expect((await notice.boundingBox())?.y).toBeLessThan(60);
  await context.close();
});
