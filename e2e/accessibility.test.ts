import { AxeBuilder } from "@axe-core/playwright";
import type { BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

let app: AppWithBrowser;
let demo: DemoData;

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url);
});
afterAll(() => app?.close());

describe.each(["light", "dark"] as const)(
  "in the %s theme axe finds nothing wrong",
  (colorScheme) => {
    let stranger: BrowserContext;
    let member: BrowserContext;
    beforeAll(async () => {
      const settings = {
        colorScheme,
        reducedMotion: "reduce",
        viewport: { width: 1280, height: 900 },
      } as const;
      stranger = await app.browser.newContext(settings);
      member = await app.browser.newContext(settings);
      await (await signIn(member, app.url, demoAdmin, `/domains/${demo.domainId}`)).close();
    });

    it.each(screens)("with $name", async ({ path, prepare, isForStrangers }) => {
      const page = await (isForStrangers === true ? stranger : member).newPage();
      await page.goto(app.url + path(demo));
      await settle(page);
      await prepare?.(page, demo);
      await settle(page);
      const { violations, passes } = await new AxeBuilder({ page }).analyze();
      expect(passes.length).toBeGreaterThan(10);
      expect(
        violations.flatMap(({ id, nodes }) =>
          nodes.map(({ html, failureSummary }) => `${id}: ${html} ${failureSummary}`),
        ),
      ).toEqual([]);
      await page.close();
    });
  },
);
