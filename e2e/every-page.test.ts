import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { isSoak, sampled } from "../packages/server/src/testing/soak.ts";
import { ageScopes } from "./aged-scopes.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { findViolations } from "./axe.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";
import { stateScreens } from "./state-pages.ts";

const wide = { width: 1280, height: 900 };
const patience = { timeout: 10_000, message: "pixels too wide" };

const narrow = { width: 390, height: 844 };

let app: AppWithBrowser;
let demo: DemoData;
/** Of somebody signed in, and of nobody; a page that stands open is quicker than a new one. */
const idlePages: Record<"member" | "stranger", Page[]> = { member: [], stranger: [] };
/** Addresses asked for that are not the server's own. */
const foreign: string[] = [];

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url);
  ageScopes(app.dataDir, demo.tokenId);
  const strangers = await app.browser.newContext({ reducedMotion: "reduce" });
  const members = await app.browser.newContext({ reducedMotion: "reduce" });
  const page = await signIn(members, app.url, demoAdmin, `/domains/${demo.domainId}`);
  idlePages.member.push(page, await members.newPage(), await members.newPage());
  for (let count = 0; count < 3; count += 1) idlePages.stranger.push(await strangers.newPage());
  for (const context of [members, strangers]) {
    context.on("request", (request) => {
      const { protocol, origin } = new URL(request.url());
      if (protocol.startsWith("http") && origin !== app.url) foreign.push(request.url());
    });
  }
});
afterAll(() => app?.close());

test.each(sampled(stateScreens, 3))(
  "axe finds nothing wrong where something is in the way: $name",
  async ({ path, prepare, isInMotion }) => {
    const context = await app.browser.newContext({ reducedMotion: "reduce", viewport: narrow });
    const page = await signIn(context, app.url, demoAdmin, path(demo));
    await settle(page);
    await prepare?.(page, demo);
    if (isInMotion !== true) await settle(page);
    expect(await findViolations(page)).toEqual([]);
    await context.close();
  },
);

/** What tables of rows are wider than their place, of which something would be seen only by scrolling. */
const tablesBeyond = `[...document.querySelectorAll("main [role=table]")]
  .filter(({ parentElement: place }) => place.scrollWidth > place.clientWidth)
  .map((table) => table.getAttribute("aria-label"))`;

const themes = ["light", "dark"] as const;

// As many as there are idle pages.
vi.setConfig({ maxConcurrency: 3 });

describe("axe finds nothing wrong in the light or the dark theme, nothing is wider than 390 px, no table wider than its place from 1024 px on, nothing smaller than a finger can meet, no other host is asked", () => {
  test.concurrent.for(sampled(screens, 4).map((screen, index) => ({ ...screen, index })))(
    "with $name",
    async ({ path, prepare, isForStrangers, index }, { expect, onTestFinished }) => {
      const idle = idlePages[isForStrangers === true ? "stranger" : "member"];
      const page = idle.pop();
      if (page === undefined) throw new Error("more tests at once than pages");
      onTestFinished(() => void idle.push(page));
      // Each page in both themes in soak; else one in this, the next in that.
      const [first, second] = index % 2 === 0 ? themes : themes.toReversed();
      await page.emulateMedia({ colorScheme: first });
      await page.setViewportSize(wide);
      await page.goto(app.url + path(demo));
      await settle(page);
      if (prepare !== undefined) {
        await prepare(page, demo);
        await settle(page);
      }
      expect(await findViolations(page), first).toEqual([]);
      if (isSoak) {
        await page.emulateMedia({ colorScheme: second });
        await page.waitForSelector(`[data-mantine-color-scheme=${second}]`);
        // Nothing but colours differs between the themes.
        await expect
          .poll(() => findViolations(page, ["color-contrast"]), { ...patience, message: second })
          .toEqual([]);
      }
      for (const width of [1280, 1024]) {
        await page.setViewportSize({ ...wide, width });
        const tables = () => page.evaluate<string[]>(tablesBeyond);
        await expect.poll(tables, { ...patience, message: `of tables at ${width}` }).toEqual([]);
      }
      await page.setViewportSize(narrow);
      const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
      await expect.poll(() => page.evaluate(excess), patience).toBe(0);
      const small = await findViolations(page, ["target-size"]);
      // What an open menu lies upon is met once the menu is closed.
      const isCovered = (violation: string) => violation.includes("partially obscured");
      expect(
        small.filter((violation) => !isCovered(violation)),
        "for fingers",
      ).toEqual([]);
      expect(foreign).toEqual([]);
    },
  );
});
