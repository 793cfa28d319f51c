import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

const wide = { width: 1280, height: 900 };
const patience = { timeout: 10_000, message: "pixels too wide" };

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

// The browser's own work: more pages at once than processors only make each of them slow.
vi.setConfig({ maxConcurrency: 3 });

describe("axe finds nothing wrong in the light and the dark theme, and nothing is wider than 390 px", () => {
  it.concurrent.for(screens)(
    "with $name",
    async ({ path, prepare, isForStrangers }, { expect }) => {
      const page = await (isForStrangers === true ? stranger : member).newPage();
      await page.goto(app.url + path(demo));
      await settle(page);
      await prepare?.(page, demo);
      await settle(page);
      expect(await violations(new AxeBuilder({ page })), "light").toEqual([]);
      await page.emulateMedia({ colorScheme: "dark" });
      await page.waitForSelector("[data-mantine-color-scheme=dark]");
      // Nothing but colours differs between the themes.
      const colours = new AxeBuilder({ page }).withRules(["color-contrast"]);
      expect(await violations(colours), "dark").toEqual([]);
      await page.setViewportSize(narrow);
      const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      await expect.poll(() => page.evaluate(excess), patience).toBe(0);
      await page.close();
    },
  );
});

async function violations(axe: AxeBuilder): Promise<string[]> {
  // Pages here have no frames, which is what the slower way is for.
  const result = await axe.setLegacyMode(true).analyze();
  // A tool that looked at nothing would find nothing.
  expect(result.passes.flatMap(({ nodes }) => nodes).length).toBeGreaterThan(5);
  return result.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
  );
}
