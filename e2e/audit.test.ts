import { readFile } from "node:fs/promises";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { findViolations } from "./axe.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

const password = "a-password-of-ada";
const patience = { timeout: 20_000, interval: 100 };

let app: AppWithBrowser;
let admin: Client;
let page: Page;
let domainId: string;
let tokenId: string;

beforeAll(async () => {
  app = await startAppWithBrowser();
  admin = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  const domain = await admin.domains.create({
    body: { name: "Water works", route: "water-works" },
  });
  domainId = domain.id;
  const { id } = await admin.clients.create({ domainId, body: { name: "pump-01" } });
  await admin.clients.update({ domainId, id, body: { name: "pump-02" } });
  for (let count = 0; count < 12; count += 1) {
    await admin.clients.disable({ domainId, id });
    await admin.clients.enable({ domainId, id });
  }
  const scope = { domain_id: domainId, entity_type: "clients", entity_id: "*", operation: "view" };
  const token = await admin.tokens.create({
    body: { name: "night report", duration: "1h", scopes: [scope] },
  });
  tokenId = token.id;
  const reply = await fetch(`${app.url}/${domainId}/clients/${id}`, {
    method: "DELETE",
    headers: { authorization: `Bearer ${token.secret}` },
  });
  expect(reply.status).toBe(403);
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

const button = (name: string | RegExp) =>
  page.getByRole("button", { name, exact: typeof name === "string" });
const records = () => page.getByRole("list", { name: "Audit records" }).locator("> li");

test("a change and a refusal are found by filters in the address, opened, explained and downloaded", async () => {
  const refusals = async () => (await admin.audit.list_of_tokens()).records.length;
  await expect.poll(refusals, patience).toBe(1);
  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: "Audit trail" })
    .first()
    .click();
  await page.getByRole("heading", { name: "Audit trail" }).waitFor();
  await expect.poll(() => records().count(), patience).toBe(20);
  await button("Older").click();
  await page.waitForURL(/after=/);
  await expect.poll(() => records().count(), patience).toBeLessThan(20);
  await button("Newer").click();
  await expect.poll(() => page.url(), patience).not.toContain("after=");

  await button("Filters").click();
  const what = page.getByRole("combobox", { name: "What" });
  await what.fill("clients.update");
  const named = page.getByText("clients.update", { exact: true });
  await page.getByRole("option").filter({ has: named }).click();
  await button("Apply").click();
  await page.waitForURL(/operation=clients\.update$/);
  await expect.poll(() => records().count(), patience).toBe(1);
  await button(/^Details/).click();
  const cells = page.getByRole("table", { name: "What was changed" }).getByRole("cell");
  expect(await cells.allTextContents()).toEqual(["name", "pump-01", "pump-02"]);
  const [shown] = (
    await admin.audit.list_of_domain({ domainId, query: { operation: "clients.update" } })
  ).records;
  await page.getByText(shown?.hash ?? "no hash", { exact: true }).waitFor();

  const downloading = page.waitForEvent("download");
  await button("Download").click();
  await page.getByRole("menuitem", { name: /^JSON lines/ }).click();
  const file = await readFile(await (await downloading).path(), "utf8");
  expect(
    file
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).id),
  ).toEqual([shown?.id]);

  await page.goto(`${app.url}/pats/${tokenId}`);
  await page.getByRole("link", { name: "What it did" }).click();
  await page.getByText("because no scope of the token covers it").waitFor();
  expect(page.url()).toContain(`/pats/audit?token=${tokenId}`);
  await page.getByText("Token: night report").waitFor();
  expect(await records().getByText("Refused", { exact: true }).count()).toBe(1);
  await records().getByRole("link", { name: "Explain" }).click();
  await button("Ask").click();
  await page.getByText("No, it may not do this").waitFor();
  await page.getByText("No scope of the token covers it.").waitFor();
});

test("a domain's records are kept for longer than the server keeps them, and never shorter", async () => {
  await page.goto(`${app.url}/domains/${domainId}/audit`);
  await page.getByText(/kept for 400 days, as long as this server keeps/).waitFor();
  await button("Change how long they are kept").click();
  const days = page.getByRole("textbox", { name: "Days" });
  await days.fill("399");
  await button("Save").click();
  await page.getByText("Enter at least 400, or nothing").waitFor();
  await days.fill("99,999");
  await page.getByText(/3,?650/).waitFor();
  await days.fill("730");
  await button("Save").click();
  await page.getByText("Records of this domain are kept for 730 days.").waitFor();
  expect(await admin.audit.view_keeping({ domainId })).toMatchObject({ keep_days: 730 });
  await button("Change how long they are kept").click();
  await days.fill("");
  await button("Save").click();
  await page.getByText(/kept for 400 days, as long as this server keeps/).waitFor();
});

test("a member without the right sees no way to the trail, and the page itself says why", async () => {
  const email = "ada@example.test";
  const ada = await admin.users.register({
    body: {
      first_name: "Ada",
      last_name: "L",
      email,
      credentials: { username: "ada", secret: password },
    },
  });
  await admin.domains.roles.add({
    domainId,
    body: { role_name: "reader", optional_actions: ["read"], optional_members: [ada.id] },
  });
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const hers = await signIn(context, app.url, { email, password }, `/domains/${domainId}`);
  await hers.getByRole("heading", { name: "Water works" }).waitFor();
  await hers.getByRole("link", { name: "Clients" }).first().waitFor();
  expect(await hers.getByRole("link", { name: "Audit trail" }).count()).toBe(0);
  await hers.goto(`${app.url}/domains/${domainId}/audit`);
  await hers
    .getByText("Only people who may manage roles in this domain see its audit trail")
    .waitFor();
  await hers.goto(`${app.url}/audit`);
  await hers.getByText("Only administrators of the server see its audit trail").waitFor();
  expect(await hers.getByRole("list", { name: "Audit records" }).count()).toBe(0);
  expect(await hers.getByText("are kept for").count()).toBe(0);
  await context.close();
});

test("the pages have no fault that axe finds, and fit into 390 px, also opened", async () => {
  const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  for (const path of [`/domains/${domainId}/audit?outcome=refused`, "/audit", "/pats/audit"]) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await page.goto(app.url + path);
    await button(/^Details/)
      .first()
      .click();
    await button("Filters").click();
    await button("Apply").waitFor();
    expect(await findViolations(page), path).toEqual([]);
    await page.setViewportSize({ width: 390, height: 844 });
    await expect.poll(() => page.evaluate(excess), patience).toBe(0);
  }
});
