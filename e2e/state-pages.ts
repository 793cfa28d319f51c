import type { Page, Route } from "playwright-core";
import type { Screen } from "./pages.ts";

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

const held = () => new Promise<void>(() => {});

/** What a page shows when something is in its way; each is looked at in a window of its own. */
export const stateScreens: readonly Screen[] = [
  {
    name: "state-session-ended",
    path: () => "/pats/new",
    prepare: async (page) => {
      await page.getByLabel("Name").fill("kept");
      const refuse = (route: Route) =>
        route.fulfill({ status: 401, json: { error: "unauthenticated", message: "No session" } });
      await page.route(/\/(?:pats|session)(?:\/|$)/, refuse);
      await button(page, "Create").click();
      await page.getByRole("dialog", { name: "Your session has ended" }).waitFor();
    },
  },
  {
    name: "state-sign-out-unsaved",
    path: () => "/pats/new",
    prepare: async (page) => {
      await page.getByLabel("Name").fill("unsaved");
      await page.getByRole("button", { name: "Account menu" }).click();
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await page.getByRole("dialog", { name: "Sign out and lose" }).waitFor();
    },
  },
  {
    name: "state-somebody-else",
    path: () => "/pats/new",
    prepare: async (page) => {
      await page.evaluate(`{
        localStorage.setItem("tessera-person", "somebody else");
        dispatchEvent(new StorageEvent("storage", { key: "tessera-person" }));
      }`);
      await page
        .getByRole("dialog", { name: "This browser is signed in as somebody else now" })
        .waitFor();
    },
  },
  {
    name: "state-server-away",
    path: () => "/pats",
    prepare: async (page) => {
      await page.context().setOffline(true);
      await page.getByRole("link", { name: "Profile" }).dispatchEvent("click");
      await page.getByRole("status").getByText("The server cannot be reached").waitFor();
    },
  },
  {
    name: "state-slow-rows",
    path: () => "/profile",
    isInMotion: true,
    prepare: async (page) => {
      await page.route("**/pats?*", held);
      await page.getByRole("link", { name: "Personal Access Tokens" }).dispatchEvent("click");
      await page.locator("main [aria-busy=true]").waitFor();
    },
  },
  {
    name: "state-slow-start",
    path: () => "/profile",
    isInMotion: true,
    prepare: async (page) => {
      await page.route("**/assets/*.js", held);
      await page.reload({ waitUntil: "commit" });
      await page.getByRole("status", { name: "Tessera is loading" }).waitFor();
    },
  },
  {
    name: "state-mosaic-names",
    path: ({ domainId }) => `/pats/new?domain=${domainId}&scopes=clients:view:*`,
    prepare: async (page) => {
      await button(page, "Show names").click();
      await page.getByText("Delete a client", { exact: true }).scrollIntoViewIfNeeded();
    },
  },
  {
    name: "state-mosaic-names-of-token",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: async (page) => {
      const names = button(page, "Show names");
      if (await names.isVisible()) await names.click();
      await page.getByText("Delete a client", { exact: true }).first().scrollIntoViewIfNeeded();
    },
  },
  {
    name: "state-phone-menu",
    path: () => "/pats",
    prepare: async (page) => {
      const opener = page.getByRole("button", { name: "Open the menu" });
      if (await opener.isVisible()) await opener.click();
    },
  },
];
