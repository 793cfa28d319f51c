import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { Client, ScopeWire } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { findViolations } from "./axe.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

let app: AppWithBrowser;
let admin: Client;
let owner: Client;
let page: Page;
let domainId: string;
let roleId: string;
const ids: Record<string, string> = {};

const person = { email: "owner@example.com", password: demoAdmin.password };

beforeAll(async () => {
  app = await startAppWithBrowser();
  admin = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  const { id: ownerId } = await admin.users.register({
    body: {
      first_name: "Olive",
      last_name: "Doe",
      email: person.email,
      credentials: { username: "olive", secret: person.password },
    },
  });
  ({ id: domainId } = await admin.domains.create({ body: { name: "Plant", route: "plant" } }));
  const hall = await admin.groups.create({ domainId, body: { name: "Hall" } });
  const room = await admin.groups.create({
    domainId,
    body: { name: "Room", parent_id: hall.id },
  });
  const { clients } = await admin.clients.create_bulk({
    domainId,
    body: ["boiler", "pump", "valve"].map((name) => ({ name })),
  });
  for (const { name, id } of clients) ids[name] = id;
  await admin.clients.set_parent_group({
    domainId,
    id: ids.pump ?? "",
    body: { parent_group_id: room.id },
  });
  const role = await admin.domains.roles.add({
    domainId,
    body: {
      role_name: "operator",
      optional_actions: ["read", "client_read", "client_update", "group_read"],
      optional_members: [ownerId],
    },
  });
  roleId = role.id;
  owner = await signedInClient(app.url, person.email, person.password);
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, person, `/domains/${domainId}`);
});
afterAll(() => app?.close());

const scope = (operation: string, entity_id = "*", entity_type = "clients"): ScopeWire => ({
  domain_id: domainId,
  entity_type,
  entity_id,
  operation,
});

async function drawReach(scopes: ScopeWire[]) {
  const token = await owner.tokens.create({ body: { name: "reach", duration: "1h", scopes } });
  await page.goto(`${app.url}/pats/${token.id}`);
  await page.getByRole("button", { name: "Draw it" }).click();
  const tree = page.getByRole("list", { name: "Reached in Plant" });
  await tree.waitFor();
  return { tree, token };
}

test("a token's reach is drawn from the domain through its groups to the objects and what it may do with them", async () => {
  const { tree, token } = await drawReach([
    scope("view"),
    scope("update", ids.pump),
    scope("list_clients", domainId, "domains"),
  ]);
  const room = tree.getByRole("listitem").filter({ hasText: "Room" }).last();
  await room.getByRole("link", { name: "pump" }).waitFor();
  expect(await room.textContent()).toMatch(/View a client.*Update/);
  expect(await room.getByText("boiler").count()).toBe(0);
  await tree.getByText("2 clients").waitFor();
  await tree.getByText(/List .*clients/).waitFor();
  expect(await tree.getByText("not now").count()).toBe(0);

  // What it draws is what the token may do: each answer of the server's own decision.
  const asToken = (id: string | undefined, method: string, body?: object) =>
    fetch(`${app.url}/${domainId}/clients/${id}`, {
      method,
      headers: { authorization: `Bearer ${token.secret}`, "content-type": "application/json" },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }).then(({ status }) => status);
  expect(await asToken(ids.boiler, "GET")).toBe(200);
  expect(await asToken(ids.pump, "PATCH", { name: "pump" })).toBe(200);
  expect(await asToken(ids.boiler, "PATCH", { name: "boiler" })).toBe(403);
});

test("what the owner may not do at this moment is drawn as such", async () => {
  await admin.domains.roles.remove_actions({
    domainId,
    roleId,
    body: { actions: ["client_update"] },
  });
  const { tree } = await drawReach([scope("view"), scope("update")]);
  await tree.getByText("2 clients").waitFor();
  const marks = await tree.locator(".mantine-Badge-root").allTextContents();
  expect([...new Set(marks)].toSorted()).toEqual([
    "Update client information · not now",
    "View a client",
  ]);
});

test("a token without scopes reaches nothing, and nothing is drawn", async () => {
  const token = await owner.tokens.create({ body: { name: "none", duration: "1h", scopes: [] } });
  await page.goto(`${app.url}/pats/${token.id}`);
  await page.getByText("No scopes").waitFor();
  expect(await page.getByRole("button", { name: "Draw it" }).count()).toBe(0);
});

test("on a client it is drawn who reaches it, by which role in which group, and what that opens", async () => {
  const { groups } = await admin.groups.list({ domainId });
  const hallId = groups.find(({ name }) => name === "Hall")?.id ?? "";
  const { id: ownerId } = await owner.users.profile();
  await admin.groups.roles.add({
    domainId,
    id: hallId,
    body: {
      role_name: "mechanics",
      optional_actions: ["subgroup_client_update"],
      optional_members: [ownerId],
    },
  });
  await owner.tokens.create({ body: { name: "gauge", duration: "1h", scopes: [scope("view")] } });
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const asAdmin = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
  await asAdmin.goto(`${app.url}/domains/${domainId}/clients/${ids.pump}`);
  await asAdmin.getByRole("link", { name: "Reach", exact: true }).click();
  const line = asAdmin
    .getByRole("list", { name: "Who reaches pump" })
    .getByRole("listitem")
    .filter({ hasText: "Olive Doe" })
    .first();
  await line.getByRole("link", { name: "Hall" }).waitFor();
  const text = (await line.textContent()) ?? "";
  expect(text).toMatch(/mechanics.*a role in a group above: Hall/);
  expect(text).toMatch(/operator.*a role in the domain/);
  expect(text).toMatch(/Update client information/);
  expect(text).not.toMatch(/Delete a client/);
  // Administrators of the domain are told how many tokens there are, and nobody which.
  expect(text).toMatch(/tokens? reach/);
  expect(await asAdmin.getByText("gauge").count()).toBe(0);
  await asAdmin.getByText("None of your active tokens has a scope on it.").waitFor();
  expect(await findViolations(asAdmin)).toEqual([]);
  await context.close();
});

test("on a client one's own tokens are drawn with their scopes, and what they may not do now", async () => {
  await owner.tokens.create({
    body: {
      name: "meter",
      duration: "1h",
      scopes: [scope("view"), scope("delete", ids.boiler)],
    },
  });
  await page.goto(`${app.url}/domains/${domainId}/clients/${ids.boiler}/reach`);
  const line = page
    .getByRole("list", { name: "Your tokens that reach boiler" })
    .getByRole("listitem")
    .filter({ hasText: "meter" })
    .first();
  await line.getByRole("link", { name: "meter" }).waitFor();
  expect(await line.textContent()).toMatch(
    /A scope on every client.*A scope on this client.*View a client.*Delete a client · not now/,
  );
  // Who may not see the members is told so.
  await page.getByText("Your role does not show you the members").waitFor();
});
