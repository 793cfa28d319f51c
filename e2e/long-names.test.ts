import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { sampled } from "../packages/server/src/testing/soak.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import {
  createDemoData,
  type DemoData,
  demoAdmin,
  type Script,
  signedInClient,
} from "./demo-data.ts";
import { screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

/** Of one word, which can break nowhere by itself: wide letters, letters that run from the right, pictures. */
const fillers = ["W", "ש", "🚀"];
const lengthOfAll = 200;
const lengthOfSome = 254;

function lengthen(name: string, length: number): string {
  if (name === "") return "";
  const filler = fillers[name.length % fillers.length] ?? "";
  return name + filler.repeat(Math.floor((length - name.length) / filler.length));
}

const write = (name: string) => lengthen(name, lengthOfAll);
const inLabel = (name: string) =>
  write(name).includes("ש") ? `\u2068${write(name)}\u2069` : write(name);
const script: Script = { write, shown: write, inLabel };

const looked = [
  "domains",
  "domain-home",
  "clients",
  "clients-delete",
  "client",
  "client-edit-metadata",
  "client-connections-graph-chosen",
  "client-disconnect",
  "client-reach",
  "groups-tree",
  "group-reach",
  "members",
  "members-change-role",
  "role",
  "pats",
  "pat",
  "pat-reach",
  "pat-new-secret",
  "profile-password",
  "users-disable",
];

let app: AppWithBrowser;
let demo: DemoData;
const idlePages: Page[] = [];

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url, script);
  const api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  const { domainId, tokenId } = demo;
  const rename = (name: string) => ({ name: lengthen(name, lengthOfSome) });
  await api.domains.update({ domainId, body: rename("Water works") });
  await api.clients.update({ domainId, id: demo.clientIds[0] ?? "", body: rename("pump") });
  await api.tokens.update_name({ tokenId, body: rename("telemetry") });
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const first = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
  idlePages.push(first, await context.newPage(), await context.newPage());
});
afterAll(() => app?.close());

// As many as there are idle pages.
vi.setConfig({ maxConcurrency: 3 });

/** For the browser: what a person could meet in vain, as it lies beside the screen, its dialog or its menu. */
const findLost = `(() => {
  const lost = [];
  const excess = document.documentElement.scrollWidth - document.documentElement.clientWidth;
  if (excess > 0) lost.push("the page is " + excess + " pixels too wide");
  const dialog = [...document.querySelectorAll("[role=dialog]")].find((one) => one.checkVisibility());
  const room = dialog === undefined ? { left: 0, right: document.documentElement.clientWidth } : dialog.getBoundingClientRect();
  // For screen readers alone: nothing of it is seen anywhere.
  const isClipped = (element) => {
    for (let at = element; at !== null; at = at.parentElement) {
      if (getComputedStyle(at).clipPath === "inset(50%)") return true;
    }
    return false;
  };
  const scrolls = (element) => {
    for (let at = element.parentElement; at !== null && at !== dialog; at = at.parentElement) {
      const { overflowX } = getComputedStyle(at);
      if ((overflowX === "auto" || overflowX === "scroll") && at.scrollWidth > at.clientWidth) return true;
    }
    return false;
  };
  for (const element of (dialog ?? document).querySelectorAll("a[href], button, input, textarea, select, [role=option]")) {
    if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("[inert], .skip-link") !== null || scrolls(element) || isClipped(element)) continue;
    const { left, right, width } = element.getBoundingClientRect();
    if (width > 1 && (left < room.left - 1 || right > room.right + 1)) {
      lost.push((element.getAttribute("aria-label") ?? element.textContent ?? element.name).slice(0, 40) + " at " + Math.round(left) + " to " + Math.round(right));
    }
  }
  return lost;
})()`;

describe("names of 254 letters, from the right to the left, and of emoji break nothing", () => {
  test.concurrent.for(
    sampled(
      screens.filter(({ name }) => looked.includes(name)),
      5,
    ),
  )("with $name", async ({ path, prepare }, { expect, onTestFinished }) => {
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
    expect(await page.evaluate(findLost), "at 1280 px").toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => page.evaluate(findLost), { message: "at 390 px" }).toEqual([]);
  });
});

test("every page that is looked at is there", () =>
  expect(screens.filter(({ name }) => looked.includes(name))).toHaveLength(looked.length));

test("what lies beside the screen or its dialog is found", async () => {
  const page = await app.browser.newPage();
  await page.setContent(`<div style="width: 3000px">wide</div><button>here</button>
    <button style="position: absolute; left: 2000px">there</button>`);
  expect(await page.evaluate(findLost)).toEqual([
    expect.stringContaining("too wide"),
    expect.stringContaining("there at 2000"),
  ]);
  await page.setContent(`<button>outside</button>
    <div role="dialog" style="width: 200px"><button style="margin-left: 300px">OK</button></div>`);
  expect(await page.evaluate(findLost)).toEqual([expect.stringContaining("OK at 308")]);
  await page.close();
});
