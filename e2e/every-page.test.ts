import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

const wide = { width: 1280, height: 900 };
const narrow = { width: 390, height: 844 };

let app: AppWithBrowser;
let demo: DemoData;
let stranger: BrowserContext;
let member: BrowserContext;

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url);
  const settings = { colorScheme: "light", reducedMotion: "reduce", viewport: wide } as const;
  stranger = await app.browser.newContext(settings);
  member = await app.browser.newContext(settings);
  await (await signIn(member, app.url, demoAdmin, `/domains/${demo.domainId}`)).close();
});
afterAll(() => app?.close());

describe("axe finds nothing wrong in the light and the dark theme, and nothing is wider than 390 px", () => {
  it.each(screens)("with $name", async ({ path, prepare, isForStrangers }) => {
    const page = await (isForStrangers === true ? stranger : member).newPage();
    await page.goto(app.url + path(demo));
    await settle(page);
    await prepare?.(page, demo);
    await settle(page);
    expect(await violations(page), "light").toEqual([]);
    await page.emulateMedia({ colorScheme: "dark" });
    await page.waitForSelector("[data-mantine-color-scheme=dark]");
    expect(await violations(page), "dark").toEqual([]);
    await page.setViewportSize(narrow);
    const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
    expect(await page.evaluate(excess), "pixels too wide").toBe(0);
    await page.close();
  });
});

async function violations(page: Page): Promise<string[]> {
  const result = await new AxeBuilder({ page }).analyze();
  // A tool that looked at nothing would find nothing.
  expect(result.passes.length).toBeGreaterThan(10);
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
