import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { newDataDir, printedAdmin, removeDataDir, startServerProcess } from "./server-process.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

let app: AppWithBrowser;
beforeAll(async () => {
  app = await startAppWithBrowser({ TESSERA_ACCESS_TOKEN_LIFETIME: "2s" });
});
afterAll(() => app?.close());

test("the administrator of the first start is asked for another password until there is one, puts that away for the session, and no stranger is told", async () => {
  const dataDir = await newDataDir();
  const server = await startServerProcess(dataDir);
  try {
    const admin = printedAdmin(server.output());
    const context = await app.browser.newContext({ reducedMotion: "reduce" });
    const stranger = await context.newPage();
    await stranger.goto(server.url);
    await heading(stranger, "Sign in").waitFor();
    expect(await (await fetch(`${server.url}/instance`)).text()).not.toContain("initial");

    const page = await signIn(context, server.url, admin);
    const notice = page.getByRole("alert").filter({ hasText: "Your password was printed" });
    await button(page, "Hide this until you sign in again").click();
    await notice.waitFor({ state: "hidden" });
    await page.reload();
    await page.getByRole("link", { name: "Profile" }).click();
    await page.getByText("Still the one that was printed").waitFor();
    expect(await notice.count()).toBe(0);
    await page.getByRole("button", { name: "Account menu" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await heading(page, "Sign in").waitFor();
    await page.getByLabel("Email or username").fill(admin.email);
    await page.getByRole("textbox", { name: "Password" }).fill(admin.password);
    await button(page, "Sign in").click();
    await notice.getByRole("link", { name: "Choose your own password" }).click();
    await page.getByLabel("Current password").fill(admin.password);
    await page.getByLabel("New password").fill("a-password-of-my-own");
    await page.getByLabel("Confirm password").fill("a-password-of-my-own");
    await button(page, "Update").click();
    await page.getByText("Your password is changed").waitFor();
    await page.getByText("Your password was printed").waitFor({ state: "hidden" });

    await page.getByRole("button", { name: "Account menu" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await heading(page, "Sign in").waitFor();
    await context.close();
  } finally {
    await server.stop();
    await removeDataDir(dataDir);
  }
});

describe("a session", () => {
  const newPage = async (next?: string) =>
    signIn(await app.browser.newContext({ reducedMotion: "reduce" }), app.url, demoAdmin, next);

  test("goes on silently when its access token has run out", async () => {
    const page = await newPage();
    await page.waitForTimeout(2500);
    await page.getByRole("link", { name: "Personal Access Tokens" }).click();
    await page.getByText("No tokens yet").waitFor();
    await page.waitForTimeout(2500);
    await page.reload();
    await page.getByText("No tokens yet").waitFor();
    await page.context().close();
  });

  test("that was ended elsewhere asks for the password and loses nothing that was typed", async () => {
    const page = await newPage("/pats/new");
    await page.getByLabel("Name").fill("kept");
    const api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
    const { refresh_tokens } = await api.sessions.list();
    for (const { id, current } of refresh_tokens) {
      if (!current) await api.sessions.revoke({ body: { token_id: id } });
    }
    await page.waitForTimeout(2500);
    await button(page, "Create").click();
    const dialog = page.getByRole("dialog", { name: "Your session has ended" });
    await dialog.getByRole("textbox").fill(demoAdmin.password);
    await dialog.getByRole("button", { name: "Sign in" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(await page.getByLabel("Name").inputValue()).toBe("kept");
    await button(page, "Create").click();
    await heading(page, "kept").waitFor();
    await page.context().close();
  });

  test("ends on the server when one signs out", async () => {
    const page = await newPage();
    const before = await page.context().cookies([app.url, `${app.url}/session`]);
    await page.getByRole("button", { name: "Account menu" }).click();
    await page.getByRole("menuitem", { name: "Sign out" }).click();
    await heading(page, "Sign in").waitFor();
    const cookie = before.map(({ name, value }) => `${name}=${value}`).join("; ");
    const stolen = await fetch(`${app.url}/users/profile`, { headers: { cookie } });
    expect(stolen.status).toBe(401);
    await page.goto(`${app.url}/pats`);
    await heading(page, "Sign in").waitFor();
    await page.context().close();
  });

  test("is listed in the profile, and can be ended from another one", async () => {
    const other = await newPage();
    const page = await newPage("/profile?tab=sessions");
    await page.getByText("This session").waitFor();
    const before = await page.getByRole("button", { name: /^Sign out/ }).count();
    await page
      .getByRole("button", { name: /^Sign out/ })
      .first()
      .click();
    await page.getByText("The session has ended").waitFor();
    await expect
      .poll(() => page.getByRole("button", { name: /^Sign out/ }).count(), { timeout: 20_000 })
      .toBe(before - 1);
    await page.context().close();
    await other.context().close();
  });

  test("that finds the server gone says so, and goes on when it is back", async () => {
    const page = await newPage();
    await page.route("**/domains?*", (route, request) =>
      request.isNavigationRequest() ? route.continue() : route.abort(),
    );
    await page.goto(`${app.url}/domains?q=water`);
    await page.getByText("The server cannot be reached").waitFor();
    await button(page, "Try again").click();
    await page.getByText("The server cannot be reached").waitFor();
    await page.unroute("**/domains?*");
    await page.getByText("No domain matches").waitFor();
    await page.context().close();
  });
});

describe("a change of the account some time after signing in", () => {
  let confirming: AppWithBrowser;
  beforeAll(async () => {
    confirming = await startAppWithBrowser({ TESSERA_PASSWORD_CONFIRMATION_LIFETIME: "2s" });
  });
  afterAll(() => confirming?.close());

  /** Somebody who changes the email when the password was given too long ago. */
  async function changeEmail(email: string) {
    const context = await confirming.browser.newContext({ reducedMotion: "reduce" });
    const page = await signIn(context, confirming.url, demoAdmin, "/profile");
    await page.waitForTimeout(2100);
    await button(page, "Edit email").click();
    await page.getByRole("textbox", { name: "Email" }).fill(email);
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog", { name: "Confirm with your password" });
    await dialog.waitFor();
    const storedEmail = async () => {
      const api = await signedInClient(confirming.url, "admin", demoAdmin.password);
      return (await api.users.profile()).email;
    };
    return { page, dialog, storedEmail };
  }

  test("asks for the password, and then goes on by itself", async () => {
    const { page, dialog, storedEmail } = await changeEmail("jane@example.org");
    await dialog.getByLabel("Your password").fill("not-the-password");
    await dialog.getByRole("button", { name: "Confirm" }).click();
    await dialog.getByText("This is not your password").waitFor();
    expect(await storedEmail()).toBe(demoAdmin.email);
    await dialog.getByLabel("Your password").fill(demoAdmin.password);
    await page.keyboard.press("Enter");
    await dialog.waitFor({ state: "hidden" });
    await page.getByRole("tabpanel").getByText("jane@example.org").waitFor();
    expect(await storedEmail()).toBe("jane@example.org");
    const api = await signedInClient(confirming.url, "admin", demoAdmin.password);
    const { id } = await api.users.profile();
    await api.users.update_email({ userId: id, body: { email: demoAdmin.email } });
    await page.context().close();
  });

  test("is not made when the dialog is closed, and what was typed stays", async () => {
    const { page, dialog, storedEmail } = await changeEmail("other@example.org");
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "hidden" });
    await page.getByText("This was not done").waitFor();
    expect(await page.getByRole("textbox", { name: "Email" }).inputValue()).toBe(
      "other@example.org",
    );
    expect(await storedEmail()).toBe(demoAdmin.email);
    await page.context().close();
  });
});

describe("a person", () => {
  let page: Page;
  beforeAll(async () => {
    const settings = { reducedMotion: "reduce", colorScheme: "light" } as const;
    page = await signIn(await app.browser.newContext(settings), app.url, demoAdmin);
  });
  afterAll(() => page.context().close());

  test("is signed in with cookies that no script can read", async () => {
    const readCookies = () => page.context().cookies([app.url, `${app.url}/session`]);
    // The access cookie lives for two seconds here; what a page asks for renews it when it has run out.
    await expect
      .poll(async () => {
        await page.goto(`${app.url}/pats`);
        await heading(page, "Personal Access Tokens").waitFor();
        return (await readCookies()).map(({ name }) => name).sort();
      })
      .toEqual(["tessera_access", "tessera_device", "tessera_refresh"]);
    expect(await page.evaluate("document.cookie")).toBe("");
    const cookies = await readCookies();
    expect(cookies.every(({ httpOnly, sameSite }) => httpOnly && sameSite === "Strict")).toBe(true);
  });

  test("says of a wrong password that it is wrong, and keeps the session", async () => {
    await page.goto(`${app.url}/profile?tab=password`);
    await page.getByLabel("Current password").fill("not-the-password");
    await page.getByLabel("New password").fill("a-password-of-my-own");
    await page.getByLabel("Confirm password").fill("a-password-of-my-own");
    await button(page, "Update").click();
    await page.getByText("This is not your current password").waitFor();
    await page.goto(`${app.url}/pats`);
    await heading(page, "Personal Access Tokens").waitFor();
  });

  test("changes names in place and remembers the theme", async () => {
    await page.goto(`${app.url}/profile`);
    await button(page, "Edit first name").click();
    await page.getByRole("textbox", { name: "First name" }).fill("Jane");
    await page.keyboard.press("Enter");
    await page.getByText("Welcome Jane").waitFor();
    await page.getByRole("tab", { name: "Preferences" }).click();
    await page.getByText("Dark", { exact: true }).click();
    const scheme = "document.documentElement.getAttribute('data-mantine-color-scheme')";
    await expect.poll(() => page.evaluate(scheme)).toBe("dark");
    await page.reload({ waitUntil: "commit" });
    await expect.poll(() => page.evaluate(scheme)).toBe("dark");
  });
});
