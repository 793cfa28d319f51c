import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client, ScopeWire } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

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
