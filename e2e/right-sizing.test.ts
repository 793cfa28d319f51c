import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client, ScopeWire } from "../packages/sdk/src/index.ts";
import { ageScopes } from "./aged-scopes.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

let app: AppWithBrowser;
let api: Client;
let page: Page;
let domainId: string;
let pumpId: string;
let token: { readonly id: string; readonly secret: string };

const scope = (operation: string, entity_id = "*"): ScopeWire => ({
  domain_id: domainId,
  entity_type: "clients",
  entity_id,
  operation,
});

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  ({ id: domainId } = await api.domains.create({ body: { name: "Plant", route: "plant" } }));
  ({ id: pumpId } = await api.clients.create({ domainId, body: { name: "pump" } }));
  token = await api.tokens.create({
    body: {
      name: "meter",
      duration: "1d",
      scopes: [scope("view"), scope("update_tags")],
      conditions: { addresses: { allow: ["127.0.0.0/8", "::1"] } },
    },
  });
  for (let count = 0; count < 2; count += 1) await use(`/${domainId}/clients/${pumpId}`);
  for (let count = 0; count < 3; count += 1) await use(`/${domainId}/channels`);
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
  await page.goto(`${app.url}/pats/${token.id}`);
});
afterAll(() => app?.close());

const use = (path: string) => useToken(app.url, token.secret, path);
const button = (name: string) => page.getByRole("button", { name, exact: true });
const list = (name: string) => page.getByRole("list", { name });
const textOf = async (name: string) => (await list(name).textContent()) ?? "";

async function choose(field: string, option: string): Promise<void> {
  await page.getByRole("combobox", { name: field, exact: true }).click();
  await page.getByRole("option", { name: option }).first().click();
}

test("the token's page draws what it did, with what and from where", async () => {
  const kinds = page.getByRole("radiogroup", { name: "Uses by" });
  await list("Uses by operation").waitFor();
  expect(await textOf("Uses by operation")).toMatch(/View a client.*2/);
  await kinds.getByText("With what").click();
  await list("Uses by object").getByText("pump").waitFor();
  expect(await textOf("Uses by object")).toMatch(/pump.*client · last.*2/);
  await kinds.getByText("From where").click();
  await list("Uses by address").waitFor();
  expect(await textOf("Uses by address")).toMatch(/^(?:127\.0\.0\.1|::1).*5$/);
  // Day by day it is told to those who see no bars, too.
  const days = page.getByRole("figure", { name: "Last 30 days" });
  expect(await days.textContent()).toMatch(/: 2 uses, 3 refusals/);
});

test("explained is yes or no, by the step that fails and with what helps", async () => {
  await button("May it do this?").click();
  await button("Ask").click();
  await page.getByText("Choose a type").waitFor();
  await choose("Entity Type", "Clients");
  await choose("Entity", "pump");
  await choose("Operation", "View a client");
  await button("Ask").click();
  await page.getByText("Yes, it may do this").waitFor();
  expect(await list("What was checked").getByRole("img", { name: "failed" }).count()).toBe(0);

  await page.getByLabel("From address").fill("203.0.113.7");
  expect(await page.getByText("Yes, it may do this").count()).toBe(0);
  await button("Ask").click();
  await page.getByText("No, it may not do this").waitFor();
  const last = list("What was checked").getByRole("listitem").last();
  expect(await last.textContent()).toContain("The token does not work from 203.0.113.7.");

  await page.getByLabel("From address").fill("");
  await page.getByLabel("At", { exact: true }).fill("2099-01-01T00:00");
  await button("Ask").click();
  await page.getByText("The token has expired.").waitFor();

  await page.getByLabel("At", { exact: true }).fill("");
  await choose("Operation", "Delete a client");
  await button("Ask").click();
  await page.getByText("No scope of the token covers it.").waitFor();
  await button("Add this scope").click();
  await page.getByRole("dialog").getByText("delete", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "hidden" });
  // Nothing of all that was a use.
  expect((await api.tokens.view({ tokenId: token.id })).use_count).toBe(2);
  expect((await api.clients.list({ domainId })).total).toBe(1);
});

test("what it tried in vain names the scope that is missing, and a click adds it", async () => {
  await page.getByText("tried 3 × domains:list_channels").waitFor();
  await button("Add scope for domains:list_channels").click();
  const dialog = page.getByRole("dialog", { name: "Add scope" });
  await dialog.getByText("list_channels", { exact: true }).waitFor();
  await dialog.getByRole("button", { name: "Add", exact: true }).click();
  await page.getByText("it has a scope for that now").waitFor();
  expect(await use(`/${domainId}/channels`)).toBe(200);
});

test("in the form for a new token the map of what it reaches narrows with its scopes", async () => {
  await page.goto(`${app.url}/pats/new?domain=${domainId}&scopes=clients:view:*`);
  await page.getByText("What it would reach now").click();
  const tree = list("Reached in Plant");
  await tree.getByRole("link", { name: "pump" }).waitFor();
  const scopes = page.getByRole("group", { name: "Scope 1" });
  await scopes.getByRole("button", { name: "Remove view" }).click();
  await tree.waitFor({ state: "detached" });
});

test("the scopes are narrowed to what was used, with the proof, and one click brings them back", async () => {
  const { id: valveId } = await api.clients.create({ domainId, body: { name: "valve" } });
  token = await api.tokens.create({
    body: { name: "old meter", duration: "1d", scopes: [scope("view"), scope("update_tags")] },
  });
  for (let count = 0; count < 2; count += 1) await use(`/${domainId}/clients/${pumpId}`);
  await page.goto(`${app.url}/pats/${token.id}`);
  await button("Narrow …").click();
  await page.getByText("Nothing can be judged yet").waitFor();
  await page.getByText("The token was made just now.").waitFor();
  ageScopes(app.dataDir, token.id);
  const scopesNow = async () =>
    (await api.tokens.list_scopes({ tokenId: token.id })).scopes
      .map(({ operation, entity_id }) => `${operation} ${entity_id}`)
      .toSorted();
  await page.goto(`${app.url}/pats/${token.id}`);
  const table = page.getByRole("table", { name: "Scopes" });
  const row = (operation: string) => table.getByRole("row").filter({ hasText: operation });
  await row("update_tags").getByText("never", { exact: true }).waitFor();
  await row("View a client").getByText("2", { exact: true }).waitFor();

  await button("Narrow …").click();
  await page.getByText("0 of 2 recorded uses would be refused.").waitFor();
  const part = (name: string) => page.getByRole("region", { name, exact: true });
  expect(await part("Dropped").textContent()).toMatch(/every client.*Not used in 90 days\./);
  await part("Narrowed").getByText("pump").waitFor();
  expect(await part("Narrowed").textContent()).toMatch(/View a client.*every client → only pump/);
  expect(await scopesNow()).toEqual(["update_tags *", "view *"]);
  await button("Apply").click();
  await page.getByText("The scopes are narrowed", { exact: true }).waitFor();
  expect(await scopesNow()).toEqual([`view ${pumpId}`]);
  expect(await use(`/${domainId}/clients/${pumpId}`)).toBe(200);
  expect(await use(`/${domainId}/clients/${valveId}`)).toBe(403);

  // The way back is there for whoever comes later, too.
  await button("Done").click();
  await button("Narrow …").click();
  await page.getByText("The scopes were narrowed").waitFor();
  await button("Undo").click();
  await page.getByText("The scopes are as they were before").waitFor();
  expect(await scopesNow()).toEqual(["update_tags *", "view *"]);
  expect(await use(`/${domainId}/clients/${valveId}`)).toBe(200);
});

test("an administrator comes from the domain's page to what members' tokens may do there", async () => {
  await page.goto(`${app.url}/domains/${domainId}`);
  const section = page.getByRole("region", { name: "Members' tokens" });
  await section.getByRole("link").click();
  const row = list("Members' tokens").getByRole("listitem").first();
  await row.waitFor();
  const { starts_with, ends_with } = await api.tokens.view({ tokenId: token.id });
  expect(await textOf("Members' tokens")).toContain(`${starts_with}…${ends_with}`);
  expect(await textOf("Members' tokens")).not.toContain("meter");
  const shown = page.getByRole("radiogroup", { name: "Which tokens are shown" });
  await shown.getByText(/^Never used/).click();
  await page.getByText("None of them").waitFor();
});
