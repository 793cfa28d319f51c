import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin, useToken } from "./demo-data.ts";

let app: AppWithBrowser;
let demo: DemoData;

beforeAll(async () => {
  app = await startAppWithBrowser();
  demo = await createDemoData(app.url);
});
afterAll(() => app?.close());

const maximumTabs = 80;

/** What a screen reader would call the focused element, about. */
const focusedName = `(() => {
  const element = document.activeElement;
  return element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent ?? "";
})()`;

/** Presses Tab until the focus is on the element of that name. */
async function tabTo(page: Page, name: string): Promise<void> {
  for (let count = 0; count < maximumTabs; count += 1) {
    const found = String(await page.evaluate(focusedName));
    if (found.replace("*", "").trim() === name) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(
    `no way by Tab to “${name}”; the focus is on “${await page.evaluate(focusedName)}”`,
  );
}

/** Opens the list of the focused field and goes down to the option. */
async function pick(page: Page, option: string): Promise<void> {
  const selected = page
    .getByRole("option", { name: option })
    .and(page.locator("[data-active=true]"));
  for (let count = 0; count < maximumTabs && !(await selected.isVisible()); count += 1) {
    await page.keyboard.press("ArrowDown");
    await page.getByRole("option", { name: option }).waitFor();
  }
  await page.keyboard.press("Enter");
}

test("the keyboard alone signs in, makes a token, copies it, gives it a new secret and revokes it", async () => {
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await context.newPage();
  const press = (key: string) => page.keyboard.press(key);

  await page.goto(app.url);
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
  await page.keyboard.type(demoAdmin.email);
  await tabTo(page, "Password");
  await page.keyboard.type(demoAdmin.password);
  await press("Enter");

  await page.getByRole("heading", { name: "Domains" }).waitFor();
  await page.getByText("water-works").waitFor();
  await tabTo(page, "Skip to the content");
  await press("Enter");
  await press("Shift+Tab");
  expect(await page.evaluate(focusedName)).toContain("Account menu");
  await press("Enter");
  await page.getByRole("menuitem", { name: "Profile" }).waitFor();
  await press("ArrowDown");
  await press("Enter");

  await page.getByRole("heading", { name: "Personal Access Tokens" }).waitFor();
  await tabTo(page, "Create PAT");
  await press("Enter");
  await page.getByRole("heading", { name: "Create PAT" }).waitFor();
  await page.keyboard.type("made by keyboard");
  await tabTo(page, "Domain");
  await pick(page, "Water works");
  await tabTo(page, "Entity Type");
  await pick(page, "Clients");
  await tabTo(page, "Entity");
  await pick(page, "All clients");
  await tabTo(page, "Operation");
  await page.keyboard.type("view");
  await pick(page, "View a client");
  await press("Escape");
  await page.getByText("On every client of Water works").waitFor();
  await tabTo(page, "Create");
  await press("Enter");

  await page.getByRole("heading", { name: "made by keyboard" }).waitFor();
  await tabTo(page, "Copy");
  await press("Enter");
  await page.getByRole("button", { name: "Copied" }).waitFor();
  const copied = async () => String(await page.evaluate("navigator.clipboard.readText()"));
  const first = await copied();
  const path = `/${demo.domainId}/clients/${demo.clientIds[0]}`;
  expect(await useToken(app.url, first, path)).toBe(200);

  await tabTo(page, "Regenerate");
  await press("Enter");
  await page.getByRole("dialog", { name: "Regenerate PAT" }).waitFor();
  while ((await page.evaluate("document.activeElement.type")) !== "radio") await press("Tab");
  await press("ArrowDown");
  await press("ArrowUp");
  expect(await page.getByRole("radio", { name: "One program uses it" }).isChecked()).toBe(true);
  await tabTo(page, "Regenerate");
  await press("Enter");
  await page.getByText("Waiting for the first use").waitFor();
  await page.getByRole("button", { name: "Copy", exact: true }).waitFor();
  await tabTo(page, "Copy");
  await press("Enter");
  await expect.poll(copied).not.toBe(first);
  const token = await copied();
  expect(await useToken(app.url, token, path)).toBe(200);
  await page.getByText("Switched: the old secret is dead").waitFor();
  expect(await useToken(app.url, first, path)).toBe(401);

  await tabTo(page, "Revoke");
  await press("Enter");
  await page.getByRole("dialog", { name: "Revoke PAT" }).waitFor();
  await tabTo(page, "Revoke");
  await press("Enter");
  await page.getByText("Revoked just now").waitFor();
  expect(await useToken(app.url, token, path)).toBe(401);
  await context.close();
});
