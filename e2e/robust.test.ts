import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin, signedInClient } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { untilQuiet } from "./quiet.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

let app: AppWithBrowser;
let demo: DemoData;
const contexts: BrowserContext[] = [];

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url);
});
afterEach(async () => {
  for (const context of contexts.splice(0)) await context.close();
});
afterAll(() => app?.close());

const newContext = async (settings: Parameters<typeof app.browser.newContext>[0] = {}) => {
  const context = await app.browser.newContext({ reducedMotion: "reduce", ...settings });
  contexts.push(context);
  return context;
};
const newPage = async (next?: string, settings = {}) =>
  signIn(await newContext(settings), app.url, demoAdmin, next);

/** Ends the sessions of all browsers. */
async function endSessions(): Promise<void> {
  const api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  const { refresh_tokens } = await api.sessions.list();
  for (const { id, current } of refresh_tokens) {
    if (!current) await api.sessions.revoke({ body: { token_id: id } });
  }
}

const expectNoOldError = async (page: Page) => {
  const alerts = await page.getByRole("alert").filter({ visible: true }).allTextContents();
  expect(alerts.filter((text) => /has ended|bearer|unauthenticated/i.test(text))).toEqual([]);
};

describe("after signing in again", () => {
  const signInAgain = async (page: Page) => {
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.getByRole("textbox").fill(demoAdmin.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await dialog.waitFor({ state: "hidden" });
  };

  test("no error of before is left: in a form, in an edit in its place, and on a page", async () => {
    const page = await newPage("/pats/new?name=kept");
    const other = await page.context().newPage();
    await other.goto(`${app.url}/profile`);
    await button(other, "Edit first name").click();
    await other.getByRole("textbox", { name: "First name" }).fill("Janet");
    await endSessions();

    await button(page, "Create").click();
    await other.keyboard.press("Enter");
    const dialogs = [page, other].map((one) =>
      one.getByRole("dialog", { name: "Your session has ended" }),
    );
    for (const dialog of dialogs) await dialog.waitFor();
    await signInAgain(page);
    // The other tab of the same person notices by itself.
    await dialogs[1]?.waitFor({ state: "hidden" });
    for (const one of [page, other]) await expectNoOldError(one);
    expect(await page.getByLabel("Name").inputValue()).toBe("kept");
    expect(await other.getByRole("textbox", { name: "First name" }).inputValue()).toBe("Janet");
    await button(other, "Save first name").click();
    await other.getByText("Welcome Janet").waitFor();
  });

  test.each([
    [
      "on the button that was pressed",
      "/pats/new?name=kept",
      async (page: Page) => {
        await button(page, "Create").focus();
        await page.keyboard.press("Enter");
        return button(page, "Create");
      },
    ],
    [
      "in the edit in its place",
      "/profile",
      async (page: Page) => {
        await button(page, "Edit first name").click();
        const field = page.getByRole("textbox", { name: "First name" });
        await field.fill("Janine");
        await field.press("Enter");
        return field;
      },
    ],
    [
      "in the search",
      "/pats",
      async (page: Page) => {
        const field = page.getByRole("searchbox", { name: "Search PAT" });
        await field.fill("deploy");
        return field;
      },
    ],
    [
      "in the dialog that was open",
      "/domains",
      async (page: Page) => {
        await button(page, "Create").click();
        const dialog = page.getByRole("dialog", { name: /domain/i });
        await dialog.getByLabel("Name").fill("Harbour");
        await dialog.getByLabel("Route").fill("harbour");
        await dialog.getByLabel("Route").press("Enter");
        return dialog.getByLabel("Route");
      },
    ],
  ])("the focus is where it was, %s", async (_, path, act) => {
    const page = await newPage(path);
    // What the person does is to be what meets the end of the session, not what the page asks now and then.
    const none = { total: 0, unread: 0, offset: 0, limit: 0, notices: [] };
    await page.route(/\/notices(\?|$)/, (route) => route.fulfill({ json: none }));
    await untilQuiet(page);
    await endSessions();
    const place = await act(page);
    await signInAgain(page);
    const focused = () => page.evaluate("document.activeElement.outerHTML");
    await expect.poll(focused).toBe(await place.evaluate((element) => element.outerHTML));
  });

  test("a page that could not be read is there", async () => {
    const page = await newPage(`/domains/${demo.domainId}`);
    await heading(page, "Water works").waitFor();
    await endSessions();
    // Where something else was read anew first, the dialog lies over the link already.
    await page.getByRole("link", { name: "Members", exact: true }).dispatchEvent("click");
    await signInAgain(page);
    await page.getByRole("table", { name: "Members" }).waitFor();
    await expectNoOldError(page);
  });
});

describe("while the server is away", () => {
  test("a page whose code is not there yet says so, and comes by itself", async () => {
    const page = await newPage("/pats");
    await heading(page, "Personal Access Tokens").waitFor();
    await page.context().setOffline(true);
    await page.getByRole("link", { name: "Profile" }).click();
    await page.getByRole("status").getByText("The server cannot be reached").waitFor();
    expect(await page.getByRole("navigation", { name: "Main" }).isVisible()).toBe(true);
    await page.context().setOffline(false);
    await page.getByRole("tab", { name: "Preferences" }).waitFor();
    await page.getByText("The server cannot be reached").waitFor({ state: "hidden" });
  });

  test.each([
    ["does not answer", undefined],
    ["is stood for by a proxy", 502],
  ])(
    "and %s, a page whose data are not there yet says so, and comes by itself",
    async (_, status) => {
      const page = await newPage("/pats");
      await heading(page, "Personal Access Tokens").waitFor();
      await page.route(`**/domains/${demo.domainId}?*`, (route) =>
        status === undefined ? route.abort() : route.fulfill({ status, body: "Bad Gateway" }),
      );
      await page.goto(`${app.url}/domains/${demo.domainId}/settings`);
      await page.getByText("The server cannot be reached").waitFor();
      await page.getByText("shows by itself").waitFor();
      await page.unrouteAll();
      await heading(page, "Domain settings").waitFor({ timeout: 10_000 });
    },
  );

  test("and nothing at all is known yet, the first page says so, and comes by itself", async () => {
    const page = await newPage("/pats");
    await page.route("**/users/profile", (route) => route.abort());
    await page.goto(`${app.url}/profile`);
    await heading(page, "Cannot be shown").waitFor();
    await page.unrouteAll();
    await page.getByRole("tab", { name: "Preferences" }).waitFor({ timeout: 10_000 });
  });
});

describe("the menu of a phone", () => {
  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true };

  test("is reached by no key while it is closed; open it has the focus, and Escape gives it back", async () => {
    const page = await newPage("/pats", phone);
    await heading(page, "Personal Access Tokens").waitFor();
    const menu = page.getByRole("navigation", { name: "Main" });
    const isInside = () =>
      menu.evaluate(
        (element: { contains(one: unknown): boolean; ownerDocument: { activeElement: unknown } }) =>
          element.contains(element.ownerDocument.activeElement),
      );
    await page.locator("body").press("Tab");
    const seen = new Set<string>();
    for (let presses = 0; presses < 12; presses += 1) {
      expect(await isInside()).toBe(false);
      seen.add(await page.evaluate<string>("document.activeElement.outerHTML"));
      await page.keyboard.press("Tab");
    }
    expect(seen.size).toBeGreaterThan(5);

    const opener = page.getByRole("button", { name: "Open the menu" });
    await opener.click();
    await expect.poll(isInside).toBe(true);
    for (let presses = 0; presses < 8; presses += 1) {
      await page.keyboard.press("Tab");
      // At its end the focus may go to the browser itself, never to what lies below.
      const where = await page.evaluate<string>("document.activeElement.tagName");
      expect(where === "BODY" || (await isInside())).toBe(true);
    }
    await page.keyboard.press("Escape");
    await expect.poll(() => opener.evaluate((one) => one.matches(":focus"))).toBe(true);
    expect(await menu.evaluate((one: { inert: boolean }) => one.inert)).toBe(true);
  });

  test("folded away on a wide screen is reached by no key either", async () => {
    const page = await newPage("/pats");
    await button(page, "Hide the sidebar").click();
    await button(page, "Show the sidebar").waitFor();
    const menu = page.getByRole("navigation", { name: "Main" });
    const isReached = () => menu.evaluate((one: { inert: boolean }) => !one.inert);
    expect(await isReached()).toBe(false);
    await button(page, "Show the sidebar").click();
    await expect.poll(isReached).toBe(true);
  });
});

describe("over a slow network", () => {
  test.each([
    ["/pats", "frame"],
    ["/sign-in", "entrance"],
  ])("%s shows the shape of what will come, never nothing", async (path, shape) => {
    const page =
      path === "/sign-in" ? await (await newContext()).newPage() : await newPage("/pats");
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/assets/*.js", async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(app.url + path, { waitUntil: "commit" });
    const skeleton = page.getByRole("status", { name: "Tessera is loading" });
    await skeleton.waitFor();
    expect(await page.locator("html").getAttribute("data-start")).toBe(shape);
    release();
    await page.locator("h1").waitFor();
    expect(await skeleton.isVisible()).toBe(false);
  });

  test("a page that is long in coming shows where its rows will be", async () => {
    const page = await newPage("/profile");
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/pats?*", async (route) => {
      await held;
      await route.continue();
    });
    await page.getByRole("link", { name: "Personal Access Tokens" }).click();
    await page.locator("main [aria-busy=true]").waitFor();
    release();
    await page.getByRole("table").waitFor();
  });
});
