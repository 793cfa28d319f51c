import type { Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

const button = (place: Page | Locator, name: string) =>
  place.getByRole("button", { name, exact: true });

let app: AppWithBrowser;
let demo: DemoData;
let page: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url);
  const context = await app.browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await signIn(context, app.url, demoAdmin, `/domains/${demo.domainId}`);
});
afterEach(async () => {
  await page.unrouteAll();
  await page.emulateMedia({
    media: null,
    reducedMotion: null,
    forcedColors: null,
    colorScheme: null,
  });
  await page.setViewportSize({ width: 1280, height: 900 });
});
afterAll(() => app?.close());

const goTo = async (path: string) => {
  await page.goto(app.url + path);
  await settle(page);
};

describe("is read aloud", () => {
  /** Notes down what live regions say from now on, as they would be announced. */
  const listen = () =>
    page.evaluate(`{
      window.said = [];
      const live = "[role=status], [role=alert], [aria-live]";
      const note = (region) => { if (region) window.said.push(region.textContent.trim()); };
      new MutationObserver((changes) => {
        for (const { target, addedNodes } of changes) {
          const place = target.nodeType === 1 ? target : target.parentElement;
          note(place?.closest(live));
          // What comes with its text already in it is announced only where it is an alert.
          for (const node of addedNodes)
            if (node.nodeType === 1) {
              if (node.matches("[role=alert]")) note(node);
              for (const inner of node.querySelectorAll("[role=alert]")) note(inner);
            }
        }
      }).observe(document.body, { childList: true, subtree: true, characterData: true });
    }`);
  const said = () => page.evaluate<string[]>("window.said");
  const expectSaid = (text: string | RegExp) =>
    expect.poll(said).toEqual(expect.arrayContaining([expect.stringMatching(text)]));

  test("that something was copied, and that it could not be", async () => {
    await goTo(`/pats/${demo.tokenId}`);
    await listen();
    await page.evaluate("navigator.clipboard.writeText = async () => {}");
    await button(page, "Copy ID").click();
    await expectSaid(/^Copied$/);
    await page.evaluate(`{
      navigator.clipboard.writeText = () => Promise.reject(new Error("no"));
      document.execCommand = () => false;
    }`);
    await button(page, "Copy the call").click();
    await expectSaid(/^Select it and press Ctrl\+C$/);
  });

  test("that something was saved, and that saving failed", async () => {
    await goTo(`/pats/${demo.tokenId}`);
    await listen();
    await button(page, "Edit description").click();
    await page.getByRole("textbox", { name: "Description" }).fill("Said aloud");
    await button(page, "Save description").click();
    await expectSaid(/^Saved$/);
    await page.route("**/description", (route) => route.abort());
    await button(page, "Edit description").click();
    await page.getByRole("textbox", { name: "Description" }).fill("Not said");
    await button(page, "Save description").click();
    await expectSaid(/The server cannot be reached/);
  });
});

describe("at 200 % on a small screen", () => {
  const small = { width: 640, height: 400 };

  test.each(["/pats/new", "/users"])(
    "what has the focus on %s is never hidden behind something else",
    async (path) => {
      await page.setViewportSize(small);
      await goTo(path);
      for (let presses = 0; presses < 40; presses += 1) {
        await page.keyboard.press("Tab");
        const hidden = await page.evaluate<string | null>(`{
        const focused = document.activeElement;
        const box = focused.getBoundingClientRect();
        const isOut = box.bottom <= 0 || box.top >= innerHeight;
        const corners = [[0.5, 0.5], [0.1, 0.2], [0.9, 0.2], [0.1, 0.8], [0.9, 0.8]];
        const isSeen = corners.some(([x, y]) => {
          const top = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
          return top !== null && (focused.contains(top) || top.contains(focused) || top.closest("label")?.control === focused);
        });
        focused === document.body || (isSeen && !isOut) ? null : focused.outerHTML.slice(0, 200);
      }`);
        expect(hidden).toBeNull();
      }
    },
  );

  test("a dialog can be read to its end and its buttons pressed", async () => {
    await page.setViewportSize(small);
    await goTo(`/domains/${demo.domainId}/clients`);
    await button(page, "Create").click();
    const dialog = page.getByRole("dialog", { name: "Create Client" });
    await dialog.getByLabel("Name").fill("At 200 %");
    await button(dialog, "Create").click();
    await page.getByRole("heading", { name: "At 200 %" }).waitFor();
    await dialog.waitFor({ state: "hidden" });
  });
});

test("whoever wants no motion sees none", async () => {
  await page.emulateMedia({ reducedMotion: "reduce" });
  await goTo(`/domains/${demo.domainId}/clients`);
  const moving = () =>
    page.evaluate<string[]>(
      `document.getAnimations()
        .filter((one) => one.effect.getComputedTiming().activeDuration > 50 && one.playState === "running")
        .map((one) => (one.animationName ?? one.transitionProperty) + " " + one.effect.target.className)`,
    );
  const looks: (readonly [string, () => Promise<void>])[] = [
    ["page", async () => {}],
    [
      "menu",
      () =>
        page
          .getByRole("button", { name: /^Actions for/ })
          .first()
          .click(),
    ],
    [
      "dialog",
      async () => {
        await page.keyboard.press("Escape");
        await button(page, "Create").click();
      },
    ],
    [
      "skeleton",
      async () => {
        await page.route("**/pats?*", () => {});
        await page.goto(`${app.url}/pats`);
        await page.locator("main [aria-busy=true]").waitFor();
      },
    ],
  ];
  for (const [name, look] of looks) {
    await look();
    expect(await moving(), name).toEqual([]);
  }
});

describe("where the system chooses the colours", () => {
  test("buttons, fields, states and the place one is at can still be told", async () => {
    await page.emulateMedia({ forcedColors: "active" });
    await goTo(`/domains/${demo.domainId}/clients`);
    const lineOf = async (element: Locator) => {
      const mark = (one: { toggleAttribute(name: string): boolean }) =>
        one.toggleAttribute("data-looked-at");
      await element.evaluate(mark);
      const line = await page.evaluate<string>(`{
        const { borderTopWidth, outlineWidth, outlineStyle } = getComputedStyle(document.querySelector("[data-looked-at]"));
        const isOutlined = outlineStyle !== "none" && parseFloat(outlineWidth) > 0;
        parseFloat(borderTopWidth) > 0 || isOutlined ? "line" : "none";
      }`);
      await element.evaluate(mark);
      return line;
    };
    expect(await lineOf(button(page, "Create"))).toBe("line");
    expect(await lineOf(page.getByLabel("Search Client"))).toBe("line");
    expect(await lineOf(page.locator("[class*=mantine-Badge-root]").first())).toBe("line");
    const here = page
      .getByRole("navigation", { name: "Main" })
      .getByRole("link", { name: "Clients" });
    expect(await lineOf(here)).toBe("line");
    const elsewhere = page
      .getByRole("navigation", { name: "Main" })
      .getByRole("link", { name: "Channels" });
    expect(await lineOf(elsewhere)).toBe("none");
    await page.keyboard.press("Tab");
    expect(await lineOf(page.locator(":focus"))).toBe("line");
  });

  test("the stones of a token and the bars of its use differ by more than colour", async () => {
    await page.emulateMedia({ forcedColors: "active" });
    await goTo(`/pats/${demo.tokenId}`);
    const backgrounds = await page.evaluate<string[]>(
      `[...document.querySelectorAll("[data-granted]")].filter((one) => one.matches("span, i, div")).map((one) => { const style = getComputedStyle(one); return one.dataset.granted + " " + style.backgroundColor + " " + (style.backgroundImage === "none" ? "plain" : "drawn"); })`,
    );
    const kinds = new Map(backgrounds.map((one) => [one.split(" ")[0], one]));
    expect(kinds.size).toBeGreaterThan(1);
    expect(new Set(kinds.values()).size).toBe(kinds.size);
    const fills = await page.evaluate<string[]>(
      `[...document.querySelector("figure g:has(rect)").querySelectorAll("rect[class]")].map((one) => getComputedStyle(one).fill)`,
    );
    expect(fills).toHaveLength(2);
    expect(new Set(fills).size).toBe(2);
  });
});

describe("on paper", () => {
  const textOnPaper = async () => {
    await page.emulateMedia({ media: "print" });
    return page.evaluate<string>("document.body.innerText");
  };

  test("the page of a new token holds everything but its secret", async () => {
    await goTo("/pats/new?name=for+the+folder");
    await button(page, "Create").click();
    const secret = (await page.getByTestId("secret").textContent()) ?? "";
    expect(secret.length).toBeGreaterThan(30);
    const text = await textOnPaper();
    expect(text).not.toContain(secret);
    expect(text).toContain("for the folder");
    expect(text).toContain("Expires");
    expect(text).not.toContain("Personal Access Tokens\nYour Invitations");
    // The call in the panel has the secret in it as well.
    expect(text).not.toMatch(/Bearer (?!\$)/);
  });

  test("a page is dark on white, whatever it is on the screen", async () => {
    await page.emulateMedia({ colorScheme: "dark" });
    await goTo(`/pats/${demo.tokenId}`);
    const scheme = () => page.locator("html").getAttribute("data-mantine-color-scheme");
    expect(await scheme()).toBe("dark");
    await page.emulateMedia({ colorScheme: "dark", media: "print" });
    await expect.poll(scheme).toBe("light");
    await page.emulateMedia({ colorScheme: "dark", media: "screen" });
    await expect.poll(scheme).toBe("dark");
  });
});
