import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin, type Script } from "./demo-data.ts";
import { screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

const longest = 254;
/** Roles have shorter names. */
const longestOfRole = 200;

/** Letters without a place to break, letters that run from right to left, and signs of two units each. */
const fillers = ["W", "ש", "🧊"] as const;

function write(name: string): string {
  if (name === "") return "";
  const filler = fillers[name.length % fillers.length] ?? "W";
  const length = name === "operator" ? longestOfRole : longest;
  return name + filler.repeat(Math.floor((length - name.length) / filler.length));
}
const script: Script = {
  write,
  shown: write,
  inLabel: (name) => (write(name).endsWith("ש") ? `\u2068${write(name)}\u2069` : write(name)),
};

let app: AppWithBrowser;
let demo: DemoData;
const idlePages: Page[] = [];

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url, script);
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const first = await signIn(context, app.url, demoAdmin, `/domains/${demo.domainId}`);
  idlePages.push(first, await context.newPage(), await context.newPage());
});
afterAll(() => app?.close());

// As many as there are idle pages.
vi.setConfig({ maxConcurrency: 3 });

/** What lies beyond the edge of the screen or of what holds it, and what would have to be moved sideways to be read. */
const findBroken = (page: Page) =>
  page.evaluate<string[]>(`(() => {
    const faults = [];
    const tell = (what, one) => faults.push(what + ": " + one.outerHTML.slice(0, 120));
    const root = document.documentElement;
    if (root.scrollWidth > root.clientWidth) faults.push("the page is too wide");
    for (const one of document.querySelectorAll("main, main *, [role=dialog], [role=dialog] *, header, header *")) {
      const { overflowX } = getComputedStyle(one);
      const isMeantTo = one.matches("pre, textarea, input, [tabindex='0']");
      if (!isMeantTo && ["auto", "scroll"].includes(overflowX) && one.scrollWidth > one.clientWidth + 1)
        tell("moves sideways", one);
    }
    const controls = ":is(a, button, input, select, textarea, [role=dialog], [role=menuitem], [role=option])";
    for (const one of document.querySelectorAll("main " + controls + ", header " + controls + ", #overlays " + controls)) {
      const box = one.getBoundingClientRect();
      if (box.width < 2 || box.height < 2 || !one.checkVisibility()) continue;
      let isScrolled = false;
      for (let at = one.parentElement; at !== null && at !== document.body; at = at.parentElement) {
        const { overflowX } = getComputedStyle(at);
        if (["auto", "scroll"].includes(overflowX)) isScrolled = true;
        const edge = at.getBoundingClientRect();
        if (!isScrolled && ["hidden", "clip"].includes(overflowX) && edge.width > 2 && (box.right > edge.right + 1 || box.left < edge.left - 1))
          tell("cut off", one);
      }
      if (!isScrolled && (box.right > innerWidth + 1 || box.left < -1)) tell("beyond the edge", one);
    }
    return [...new Set(faults)];
  })()`);

/** All of them in `npm run soak`; a sample that reaches every kind of page else. */
const isLookedAt = (_: unknown, index: number) =>
  process.env.TESSERA_SOAK !== undefined || index % 3 === 1;

describe("names of 254 letters, from right to left and of emoji break nothing, on a wide and on a narrow screen", () => {
  test.concurrent.for(
    screens.filter(({ isForStrangers }) => isForStrangers !== true).filter(isLookedAt),
  )("with $name", async ({ path, prepare }, { onTestFinished }) => {
    const page = idlePages.pop();
    if (page === undefined) throw new Error("more tests at once than pages");
    onTestFinished(() => void idlePages.push(page));
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(app.url + path(demo));
    await settle(page);
    if (prepare !== undefined) {
      await prepare(page, demo);
      await settle(page);
    }
    expect(await findBroken(page), "wide").toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await page.waitForTimeout(100);
    expect(await findBroken(page), "narrow").toEqual([]);
  });
});
