import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { findViolations } from "./axe.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const patience = { timeout: 20_000, interval: 100 };
const password = "a-password-of-ada";

let app: AppWithBrowser;
let api: Client;
let page: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  const admin = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  const email = "ada@example.test";
  const credentials = { username: "ada", secret: password };
  const ada = await admin.users.register({
    body: { first_name: "Ada", last_name: "L", email, credentials },
  });
  // Two things of which she is told.
  await admin.users.make_reset_link({ userId: ada.id });
  const domain = await admin.domains.create({
    body: { name: "Water works", route: "water-works" },
  });
  const { roles } = await admin.domains.roles.list({ domainId: domain.id });
  await admin.invitations.send({
    domainId: domain.id,
    body: { invitee_user_id: ada.id, role_id: roles[0]?.id ?? "" },
  });
  api = await signedInClient(app.url, email, password);
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, { email, password }, "/pats");
});
afterAll(() => app?.close());

const button = (name: string | RegExp, place: Pick<Page, "getByRole"> = page) =>
  place.getByRole("button", { name });
const unread = async () => (await api.notices.list()).unread;

test("the bell counts what is unread, and by keyboard one notice is read, or all", async () => {
  await expect.poll(unread, patience).toBe(2);
  await page.reload();
  await button("Notices, 2 unread").focus();
  await page.keyboard.press("Enter");
  const list = page.getByRole("list", { name: "Notices" });
  await list.getByText("You are invited to a domain").waitFor();
  await list.getByText("A link to a new password was made").waitFor();
  expect(await findViolations(page)).toEqual([]);
  await page.setViewportSize({ width: 390, height: 844 });
  const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  await expect.poll(() => page.evaluate(excess), patience).toBe(0);
  await page.setViewportSize({ width: 1280, height: 900 });
  await button("Mark as read: A link to a new password was made").focus();
  await page.keyboard.press("Enter");
  await button("Notices, 1 unread").waitFor();
  expect(await unread()).toBe(1);
  await button("Mark all as read").click();
  await page.getByRole("button", { name: "Notices", exact: true }).waitFor();
  expect(await unread()).toBe(0);
  await list.getByText("You are invited to a domain").waitFor();
  // The button that had the focus is gone: for a moment nothing has it.
  await page.evaluate("document.activeElement.blur()");
  await page.keyboard.press("Escape");
  await list.waitFor({ state: "hidden" });
  await expect
    .poll(() => page.evaluate("document.activeElement.ariaLabel"), patience)
    .toBe("Notices");
});

test("all that one was told has a page of its own, also what is older than the bell shows", async () => {
  tellOften(15);
  await page.goto(`${app.url}/pats`);
  await button(/^Notices, \d+ unread/).click();
  await page.getByRole("link", { name: "All notices" }).click();
  await page.getByRole("heading", { name: "Notices", exact: true }).waitFor();
  const items = page.getByRole("list", { name: "Notices" }).getByRole("listitem");
  await expect.poll(() => items.count(), patience).toBe(10);
  expect(await findViolations(page)).toEqual([]);
  await button("Next page").click();
  await expect.poll(() => items.count(), patience).toBeLessThan(10);
  await page.getByRole("radiogroup", { name: "Which notices" }).getByText("Unread").click();
  await page.waitForURL(/status=unread$/);
  await button("Mark all as read").click();
  await page.getByText("Nothing of this kind").waitFor();
  expect(await unread()).toBe(0);
  await page.goBack();
  await expect.poll(() => page.url(), patience).toContain("page=2");
});

/** As many sign-ins as if they had come from new places. */
function tellOften(count: number): void {
  const database = new DatabaseSync(join(app.dataDir, "tessera.sqlite"), { timeout: 5000 });
  const insert = database.prepare(
    "insert into notices (id, user_id, kind, cause, created_at) select ?, id, 'new_sign_in', ?, ? from users where username = 'ada'",
  );
  for (let index = 0; index < count; index += 1) {
    insert.run(crypto.randomUUID(), `place ${index}`, Date.now() - index * 3_600_000);
  }
  database.close();
}

test("the profile says what comes by mail and that none is sent, and keeps what is chosen", async () => {
  await page.goto(`${app.url}/profile?tab=notices`);
  await page.getByText("This server sends no mail").waitFor();
  const choice = page.getByRole("switch", { name: "A token of yours ends soon" });
  expect(await choice.isChecked()).toBe(true);
  await choice.focus();
  await page.keyboard.press("Space");
  await page.getByText("Saved").waitFor();
  expect((await api.notices.settings()).by_mail.token_expiring).toBe(false);
  expect(await page.getByRole("switch", { name: "Your password was changed" }).count()).toBe(0);
  await page.reload();
  await expect.poll(() => choice.isChecked(), patience).toBe(false);
});

test("a calendar address is shown once, made anew and removed, and each ends the one before", async () => {
  const shown = async () => (await page.getByTestId("calendar-address").textContent()) ?? "";
  const statusOf = async (address: string) => (await fetch(address)).status;
  await page.goto(`${app.url}/profile?tab=notices`);
  await button("Make an address").click();
  const first = await shown();
  expect(first.startsWith(app.url)).toBe(true);
  expect(await statusOf(first)).toBe(200);
  await page.reload();
  await button("New address").click();
  expect(await page.getByTestId("calendar-address").count()).toBe(0);
  await button("Make a new address", page.getByRole("dialog")).click();
  const second = await shown();
  expect([await statusOf(first), await statusOf(second)]).toEqual([404, 200]);
  await page.getByRole("button", { name: "Remove", exact: true }).click();
  await button("Remove", page.getByRole("dialog")).click();
  await button("Make an address").waitFor();
  expect(await statusOf(second)).toBe(404);
});
