import type { BrowserContext, Locator, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { builtInEntityTypes, type Client, createClient } from "../packages/sdk/src/index.ts";
import { exampleCatalogueYaml } from "../packages/server/src/testing/example-catalogue.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

// One test for each heading of the user guide's page on personal access tokens, in its words and through
// the real pages; the names are the guide's own example.
const jane = {
  firstName: "Jane",
  lastName: "Doe",
  username: "janedoe",
  email: "janedoe@example.com",
  password: "a-password-of-jane",
};

const patience = { timeout: 20_000, interval: 100 };

let app: AppWithBrowser;
let api: Client;
let domainId: string;
let clientId: string;
let otherClientId: string;
/** Jane's browser, in which each test opens its first page anew. */
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  app = await startAppWithBrowser(
    { TESSERA_ADMIN_EMAIL: "admin@example.test" },
    exampleCatalogueYaml(),
  );
  await registerAndCreateDomain();
  api = await signedInClient(app.url, jane.email, jane.password);
  const { domains } = await api.domains.list();
  domainId = domains[0]?.id ?? "";
  const { clients } = await api.clients.create_bulk({
    domainId,
    body: [{ name: "Client 1" }, { name: "Client 2" }],
  });
  clientId = clients.find(({ name }) => name === "Client 1")?.id ?? "";
  otherClientId = clients.find(({ name }) => name === "Client 2")?.id ?? "";
  await api.channels.create({ domainId, body: { name: "Channel 1" } });
  context = await app.browser.newContext({ reducedMotion: "reduce", timezoneId: "UTC" });
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  page = await signIn(context, app.url, jane, `/domains/${domainId}`);
});
afterAll(() => app?.close());
afterEach(() => api.tokens.delete_all());

async function registerAndCreateDomain(): Promise<void> {
  const stranger = await app.browser.newContext({ reducedMotion: "reduce" });
  const entrance = await stranger.newPage();
  await entrance.goto(app.url);
  await entrance.getByRole("link", { name: "Sign up" }).click();
  await entrance.getByLabel("First name").fill(jane.firstName);
  await entrance.getByLabel("Last name").fill(jane.lastName);
  await entrance.getByLabel("Username").fill(jane.username);
  await entrance.getByLabel("Email address").fill(jane.email);
  await entrance.getByLabel("Password", { exact: true }).fill(jane.password);
  await entrance.getByLabel("Confirm password").fill(jane.password);
  await button(entrance, "Sign up").click();
  await entrance.getByText("Your account is ready").waitFor();
  await entrance.getByLabel("Password", { exact: true }).fill(jane.password);
  await button(entrance, "Sign in").click();
  await entrance.getByText("No domains found").waitFor();
  await button(entrance, "Create a domain").click();
  await entrance.getByLabel("Name").fill("New York");
  await button(entrance.getByRole("dialog"), "Create").click();
  await heading(entrance, "New York").waitFor();
  await stranger.close();
}

type Place = Pick<Page, "getByRole">;
const button = (place: Place, name: string) => place.getByRole("button", { name, exact: true });
const heading = (place: Place, name: string) => place.getByRole("heading", { name, exact: true });
const link = (place: Place, name: string) => place.getByRole("link", { name, exact: true });
const dialog = (name: string) => page.getByRole("dialog", { name, exact: true });
const tokensTable = () => page.getByRole("table", { name: "Personal access tokens" });
const scopesTable = () => page.getByRole("table", { name: "Scopes" });
const rowOf = (name: string) => page.getByRole("row").filter({ hasText: name });
const secret = () => page.getByTestId("secret");
const textOf = async (place: Locator) => (await place.textContent()) ?? "";

/** Chooses in a list that opens under a field. */
async function choose(field: string, option: string, place: Place = page): Promise<void> {
  await place.getByRole("combobox", { name: field }).click();
  await page.getByRole("option", { name: option }).first().click();
}

async function chooseOperations(place: Place, ...operations: string[]): Promise<void> {
  for (const operation of operations) {
    const field = place.getByRole("combobox", { name: "Operation" });
    await field.fill(operation);
    await page
      .getByRole("option")
      .filter({ has: page.getByText(operation, { exact: true }) })
      .click();
    await field.fill("");
  }
  await page.keyboard.press("Escape");
}

/** A token as the guide makes one, through the API where the test is about something else. */
async function makeToken(name: string, duration = "24h"): Promise<{ id: string; secret: string }> {
  return api.tokens.create({
    body: {
      name,
      duration,
      scopes: [
        { domain_id: domainId, entity_type: "clients", entity_id: clientId, operation: "view" },
      ],
    },
  });
}

const statusOfClient = (token: string, id = clientId) =>
  useToken(app.url, token, `/${domainId}/clients/${id}`);

describe("Overview", () => {
  test("to access personal access tokens, one clicks on Personal Access Tokens on the avatar at the top right", async () => {
    await page.getByRole("button", { name: "Account menu" }).click();
    await page.getByRole("menuitem", { name: "Personal Access Tokens" }).click();
    await heading(page, "Personal Access Tokens").waitFor();
    expect(new URL(page.url()).pathname).toBe("/pats");
    await page.getByText("No tokens yet").waitFor();
  });
});

describe("Create a PAT", () => {
  test("+ Create PAT leads to the creation page, and the token made there opens exactly its scopes", async () => {
    await page.goto(`${app.url}/pats`);
    await link(page, "Create PAT").first().click();
    await heading(page, "Create PAT").waitFor();
    await page.getByLabel("Name").fill("access_clients");
    await choose("Duration", "7 days");
    expect(await textOf(page.getByText("The token will expire on"))).toMatch(/20\d\d, \d\d:\d\d/);
    await page.getByLabel("Description").fill("Reads one client");
    await choose("Entity Type", "Clients");
    await page.getByRole("combobox", { name: "Entity", exact: true }).fill("Client 1");
    await page.getByRole("option", { name: "Client 1" }).click();
    await chooseOperations(page, "view");
    const summary = page.getByRole("region", { name: "Summary" });
    await summary.getByText("On the client Client 1 of New York").waitFor();
    await summary.getByText("View a client").waitFor();
    await button(page, "Create").click();

    await heading(page, "access_clients").waitFor();
    const token = await textOf(secret());
    expect(token).toMatch(/^pat_[0-9A-Za-z]{22}_[0-9A-Za-z]{49}$/);
    expect(await statusOfClient(token)).toBe(200);
    expect(await statusOfClient(token, otherClientId)).toBe(403);
    expect(await useToken(app.url, token, `/${domainId}/clients`)).toBe(403);
  });

  test.each(builtInEntityTypes)(
    "$title exposes its own set of operations, each with its description",
    async (type) => {
      await page.goto(`${app.url}/pats/new`);
      await choose("Entity Type", type.title);
      await page.getByRole("combobox", { name: "Operation" }).click();
      for (const { name, summary } of type.operations) {
        const option = page
          .getByRole("option")
          .filter({ has: page.getByText(name, { exact: true }) });
        expect(await textOf(option)).toContain(summary);
      }
      expect(await page.getByRole("option").count()).toBe(type.operations.length);
    },
  );

  test("the operations of another service, once configured, are chosen like all others", async () => {
    await page.goto(`${app.url}/pats/new?name=alarm+desk`);
    await choose("Entity Type", "Rules");
    await page.getByRole("textbox", { name: "Entity", exact: true }).fill("*");
    await chooseOperations(page, "alarm_acknowledge");
    const summary = page.getByRole("region", { name: "Summary" });
    await summary.getByText("On every rule of New York").waitFor();
    await summary.getByText("Acknowledge an alarm").waitFor();
    await button(page, "Create").click();
    await heading(page, "alarm desk").waitFor();
    const credentials = { kind: "bearer", token: await textOf(secret()) } as const;
    const { service } = createClient({ baseUrl: app.url, credentials });
    const question = { domain_id: domainId, entity_type: "rules", entity_id: "night-shift" };
    const answers = await service.authorize({
      body: ["alarm_acknowledge", "delete"].map((operation) => ({ ...question, operation })),
    });
    expect([answers].flat().map(({ allowed }) => allowed)).toEqual([true, false]);
  });

  test("the Domain entity scope is automatically locked to the current domain", async () => {
    await page.goto(`${app.url}/pats/new`);
    await choose("Entity Type", "Domain");
    const entity = page.getByRole("textbox", { name: "Entity", exact: true });
    await expect.poll(() => entity.inputValue(), patience).toBe("New York");
    expect(await entity.isEditable()).toBe(false);
  });

  test("the duration can also be a date and a time of one's own", async () => {
    await page.goto(`${app.url}/pats/new?name=until+then`);
    await choose("Duration", "Custom date and time");
    await button(page, "Create").click();
    await page.getByText("Choose how long the token is valid").waitFor();
    const inTwoDays = new Date(Date.now() + 2 * 86_400_000).toISOString().slice(0, 11);
    await page.getByLabel("Expires on").fill(`${inTwoDays}12:30`);
    await page.getByText("The token will expire on").waitFor();
    await button(page, "Create").click();
    await heading(page, "until then").waitFor();
    const [token] = (await api.tokens.list()).pats;
    expect(token?.expires_at.slice(0, 16)).toBe(`${inTwoDays}12:30`);
  });

  test("a link fills in the form and never sends it", async () => {
    await page.goto(`${app.url}/pats/new?name=from+a+link&scopes=clients:view:*,clients:veiw:*`);
    await page.getByText("A link has filled in this form").waitFor();
    expect(await page.getByLabel("Name").inputValue()).toBe("from a link");
    await page.getByText('did you mean "view"').waitFor();
    await page.getByText("On every client of New York").waitFor();
    expect((await api.tokens.list({ query: { status: "all" } })).total).toBe(0);
    await button(page, "Create").click();
    await heading(page, "from a link").waitFor();
    expect((await api.tokens.list()).total).toBe(1);
  });

  test("a link fills in conditions, and says which of them cannot be read", async () => {
    const { total } = await api.tokens.list();
    const bad = "allow_from=10.0.0.0/8,office&only_at=someday&max_uses=lots&rate=600";
    await page.goto(`${app.url}/pats/new?name=limited&scopes=clients:view:*&${bad}`);
    const alert = page.getByRole("alert", { name: "A part of the link cannot be read" });
    await alert.waitFor();
    const told = (await alert.textContent()) ?? "";
    for (const parameter of ["allow_from=", "only_at=", "max_uses=", "rate="]) {
      expect(told).toContain(parameter);
    }
    await button(page, "Create").click();
    await page.getByText("Enter a number between 1 and 1,000,000,000").first().waitFor();
    expect((await api.tokens.list()).total).toBe(total);

    const good = {
      allow_from: "10.0.0.0/8,2001:db8::/32",
      only_at: "mon-fri 07:00-19:00;sat 22:00-24:00",
      ...{ timezone: "Europe/Berlin", max_uses: "1000", rate: "600/1m" },
    };
    const link = new URLSearchParams({ name: "limited", scopes: "clients:view:*", ...good });
    await page.goto(`${app.url}/pats/new?${link}`);
    expect(await page.getByLabel("Works from").inputValue()).toBe("10.0.0.0/8\n2001:db8::/32");
    await button(page, "Create").click();
    await heading(page, "limited").waitFor();
    const [token] = (await api.tokens.list()).pats;
    expect(token?.conditions).toEqual({
      addresses: { allow: ["10.0.0.0/8", "2001:db8::/32"] },
      weekly: {
        timezone: "Europe/Berlin",
        windows: [
          { days: ["mon", "tue", "wed", "thu", "fri"], from: "07:00", to: "19:00" },
          { days: ["sat"], from: "22:00", to: "24:00" },
        ],
      },
      max_uses: 1000,
      rate: { limit: 600, per: "1m" },
    });
  });

  test("says what is missing and keeps what was entered when the server cannot be reached", async () => {
    await page.goto(`${app.url}/pats/new`);
    await button(page, "Create").click();
    await page.getByText("Enter a name").waitFor();
    await page.getByLabel("Name").fill("patient");
    await page.route("**/pats", (route) => route.abort());
    await button(page, "Create").click();
    await page.getByText("The server cannot be reached").waitFor();
    await page.unroute("**/pats");
    expect(await page.getByLabel("Name").inputValue()).toBe("patient");
    await button(page, "Create").click();
    await heading(page, "patient").waitFor();
  });

  test("a preset begins with everything the person may do, and rows can be removed", async () => {
    await page.goto(`${app.url}/pats/new`);
    await button(page, "Everything I may do").click();
    await page.getByText("On every group of New York").waitFor();
    await page.getByText("In the domain New York").waitFor();
    await button(page, "Remove scope 1").click();
    await page.getByText("On every client of New York").waitFor({ state: "hidden" });
  });
});

describe("Create a PAT, beyond one's own rights", () => {
  test("is marked, and the preset of all one's rights leaves it out", async () => {
    const person = { email: "reader@example.com", password: "a-password-to-read" };
    const { id } = await createClient({ baseUrl: app.url }).users.register({
      body: {
        first_name: "New",
        last_name: "Reader",
        email: person.email,
        credentials: { username: "reader", secret: person.password },
      },
    });
    await api.domains.roles.add({
      domainId,
      body: {
        role_name: "readers",
        optional_actions: ["read", "client_read", "channel_read"],
        optional_members: [id],
      },
    });
    const other = await app.browser.newContext({ reducedMotion: "reduce" });
    const reading = await signIn(other, app.url, person, `/domains/${domainId}`);
    await heading(reading, "New York").waitFor();
    await reading.goto(`${app.url}/pats/new?name=too+much&scopes=clients:view:*,clients:delete:*`);
    const note = reading.getByRole("note");
    await note.waitFor();
    expect(await textOf(note)).toContain("Exceeds your own rights: delete.");

    await button(reading, "Everything I may do").click();
    await reading.getByText("On every channel of New York").waitFor();
    const summary = reading.getByRole("region", { name: "Summary" });
    await summary.getByText("View a client").waitFor();
    expect(await textOf(summary)).not.toContain("Delete a client");
    expect(await reading.getByRole("note").count()).toBe(0);
    await other.close();
  });
});

describe("View a PAT", () => {
  test("after it is created the secret is displayed once, can be copied, and is gone once the page is reloaded", async () => {
    await page.goto(`${app.url}/pats/new?name=shown+once&scopes=clients:view:${clientId}`);
    await button(page, "Create").click();
    const token = await textOf(secret());
    await link(page, "All domains").click();
    await dialog("Leave without copying the token?").waitFor();
    await button(page, "Cancel").click();
    await button(page, "Copy").click();
    await button(page, "Copied").waitFor();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(token);
    await page.reload();
    await heading(page, "shown once").waitFor();
    await scopesTable().waitFor();
    expect(await secret().count()).toBe(0);
    expect(await page.content()).not.toContain(token);
  });

  test("a call is shown that works as it stands", async () => {
    await page.goto(`${app.url}/pats/new?name=try+it&scopes=clients:view:*,clients:update_tags:*`);
    await button(page, "Create").click();
    const token = await textOf(secret());
    const calls = page.locator("pre").filter({ hasText: clientId });
    const call = calls.first();
    await call.waitFor();
    expect(await textOf(calls.nth(1))).toMatch(/-X PATCH .+"new-tag"/s);
    const [header, url = ""] = [...(await textOf(call)).matchAll(/"([^"]+)"/g)].map(
      ([, quoted]) => quoted,
    );
    expect(header).toBe(`Authorization: Bearer ${token}`);
    expect(await useToken("", token, url)).toBe(200);
  });

  test("copying works on plain HTTP too, where browsers offer no clipboard to scripts", async () => {
    const plain = await context.newPage();
    await plain.addInitScript(
      "Object.defineProperty(Navigator.prototype, 'clipboard', { value: undefined })",
    );
    await plain.goto(`${app.url}/pats/new?name=plain+http`);
    await button(plain, "Create").click();
    const token = await textOf(plain.getByTestId("secret"));
    await button(plain, "Copy").click();
    await button(plain, "Copied").waitFor();
    await plain.close();
    expect(await page.evaluate("navigator.clipboard.readText()")).toBe(token);
  });

  test("an existing PAT is viewed by clicking on the row, or View in the row actions", async () => {
    await makeToken("client_create");
    await page.goto(`${app.url}/pats`);
    await rowOf("client_create").getByText("Not used yet").click();
    await heading(page, "client_create").waitFor();
    await page.goBack();
    await button(page, "Actions for client_create").click();
    await page.getByRole("menuitem", { name: "View" }).click();
    await heading(page, "client_create").waitFor();
  });

  test("a PAT that was refused says when and for what, in the list and on its page", async () => {
    const { id, secret: token } = await makeToken("too_narrow");
    expect(await statusOfClient(token, otherClientId)).toBe(403);
    await page.goto(`${app.url}/pats`);
    await rowOf("too_narrow")
      .getByText(/^Refused .+ for clients:view$/)
      .waitFor();
    await page.goto(`${app.url}/pats/${id}`);
    const use = page.getByRole("region", { name: "Use" });
    await use.getByText("tried 1 × clients:view").waitFor();
    await use.getByText(/^View a client, because no scope covers it · last /).waitFor();
    expect(await use.getByText("Not used yet").count()).toBe(0);
    expect(await use.getByText("Times refused").locator("..").textContent()).toBe("Times refused1");
    expect(await statusOfClient(token)).toBe(200);
    await page.reload();
    await use.getByText("Times used").locator("..").getByText("1", { exact: true }).waitFor();
    await page.goto(`${app.url}/pats`);
    await rowOf("too_narrow").waitFor();
    expect(await rowOf("too_narrow").getByText("Refused").count()).toBe(0);
    expect(await statusOfClient(token, otherClientId)).toBe(403);
    await page.goto(`${app.url}/pats/${id}`);
    await use.getByText(/^Refused just now for clients:view$/).waitFor();
    const last = use.getByText("Last used", { exact: true }).locator("..");
    await expect.poll(() => last.locator("time").count()).toBe(2);
    await button(page, "Regenerate").click();
    const question = dialog("Regenerate PAT");
    await question.getByText(/^It was used, and last refused just now from 127/).waitFor();
  });

  test("name and description are edited in place", async () => {
    const { id } = await makeToken("old name");
    await page.goto(`${app.url}/pats/${id}`);
    await button(page, "Edit name").click();
    await page.getByRole("textbox", { name: "Name" }).fill("new name");
    await page.keyboard.press("Enter");
    await heading(page, "new name").waitFor();
    await button(page, "Edit description").click();
    await page.getByRole("textbox", { name: "Description" }).fill("what it is for");
    await button(page, "Save description").click();
    // The text stands in the field as well, before it is saved.
    await expect
      .poll(() => api.tokens.view({ tokenId: id }))
      .toMatchObject({ name: "new name", description: "what it is for" });
    await page.getByText("what it is for").waitFor();
  });

  test("the table is searched by name and by id, sorted, and its address keeps all of it", async () => {
    const { id } = await makeToken("alpha");
    await makeToken("beta");
    await page.goto(`${app.url}/pats`);
    await page.getByRole("searchbox", { name: "Search PAT" }).fill("alph");
    await rowOf("beta").waitFor({ state: "detached" });
    await rowOf("alpha").waitFor();
    await page.getByRole("searchbox", { name: "Search PAT" }).fill("");
    await page.getByRole("button", { name: "Search in" }).click();
    await page.getByRole("menuitemradio", { name: "ID" }).click();
    await page.getByRole("searchbox", { name: "Search PAT" }).fill(id);
    await rowOf("beta").waitFor({ state: "detached" });
    await page.getByRole("searchbox", { name: "Search PAT" }).fill("");
    await rowOf("beta").waitFor();
    await button(page, "Name").click();
    await expect
      .poll(() => textOf(tokensTable().getByRole("row").nth(1)), patience)
      .toContain("alpha");
    await button(page, "Name").click();
    await expect
      .poll(() => textOf(tokensTable().getByRole("row").nth(1)), patience)
      .toContain("beta");
    await page.reload();
    await expect
      .poll(() => textOf(tokensTable().getByRole("row").nth(1)), patience)
      .toContain("beta");
    await button(page, "View").click();
    await page.getByRole("checkbox", { name: "Description" }).uncheck();
    await page.keyboard.press("Escape");
    expect(await page.getByRole("columnheader", { name: "Description" }).count()).toBe(0);
  });
});

describe("Manage scopes: Add a scope", () => {
  test("Add Scope defines additional permissions, which the token has at once", async () => {
    const token = await makeToken("for grpc");
    await page.goto(`${app.url}/pats/${token.id}`);
    await button(page, "Add Scope").click();
    const form = dialog("Add scope");
    await choose("Entity Type", "Channels", form);
    await form.getByRole("combobox", { name: "Entity", exact: true }).fill("Channel 1");
    await page.getByRole("option", { name: "Channel 1" }).click();
    await chooseOperations(form, "view", "delete");
    await button(form, "Add").click();
    await form.waitFor({ state: "hidden" });
    await scopesTable().getByText("Channel 1").first().waitFor();
    expect(await scopesTable().getByRole("row").count()).toBe(1 + 3);
    const channelId = (await api.channels.list({ domainId })).channels[0]?.id;
    expect(await useToken(app.url, token.secret, `/${domainId}/channels/${channelId}`)).toBe(200);
  });
});

describe("Manage scopes: Delete a scope", () => {
  test("the trash icon deletes one, Delete All removes all scopes", async () => {
    const token = await makeToken("narrower");
    const scope = { domain_id: domainId, entity_type: "clients", entity_id: otherClientId };
    await api.tokens.add_scopes({
      tokenId: token.id,
      body: { scopes: ["view", "update", "disable"].map((operation) => ({ ...scope, operation })) },
    });
    await page.goto(`${app.url}/pats/${token.id}`);
    await button(page, "Delete scope clients view Client 1").click();
    await button(dialog("Delete scope"), "Delete").click();
    await scopesTable().getByText("Client 1").waitFor({ state: "detached" });
    expect(await statusOfClient(token.secret)).toBe(403);
    expect(await statusOfClient(token.secret, otherClientId)).toBe(200);
    await button(page, "Delete All").click();
    await button(dialog("Delete all scopes"), "Delete All").click();
    await page.getByText("Without scopes this token can do nothing").waitFor();
    expect(await statusOfClient(token.secret, otherClientId)).toBe(403);
  });
});

describe("Revoke a PAT", () => {
  test("Revoke in the status row makes it inactive, and a real HTTP call with it is refused", async () => {
    const token = await makeToken("to be revoked");
    expect(await statusOfClient(token.secret)).toBe(200);
    await page.goto(`${app.url}/pats/${token.id}`);
    await button(page, "Revoke").click();
    await button(dialog("Revoke PAT"), "Revoke").click();
    await page.getByText("Revoked just now").waitFor();
    await button(page, "Regenerate").waitFor();
    expect(await statusOfClient(token.secret)).toBe(401);
  });
});

describe("Regenerate a PAT", () => {
  test("after revocation, Regenerate with a new duration makes a new secret and keeps all other details", async () => {
    const token = await makeToken("renewed");
    await api.tokens.revoke({ tokenId: token.id });
    await page.goto(`${app.url}/pats/${token.id}`);
    await button(page, "Regenerate").click();
    await choose("Duration", "30 days", dialog("Regenerate PAT"));
    await button(dialog("Regenerate PAT"), "Regenerate").click();
    const renewed = await textOf(secret());
    expect(renewed).not.toBe(token.secret);
    await heading(page, "renewed").waitFor();
    await scopesTable().getByText("Client 1").waitFor();
    expect(await statusOfClient(renewed)).toBe(200);
    expect(await statusOfClient(token.secret)).toBe(401);
  });

  test("an expired token is found through the status filter, viewed by a click, and regenerated", async () => {
    const token = await makeToken("short lived", "1s");
    await expect.poll(() => statusOfClient(token.secret), patience).toBe(401);
    await page.goto(`${app.url}/pats`);
    await page.getByText("No active tokens").waitFor();
    await button(page, "Status: Active").click();
    await page.getByRole("menuitemradio", { name: "Expired" }).click();
    await link(page, "short lived").click();
    await heading(page, "short lived").waitFor();
    await button(page, "Regenerate").click();
    await choose("Duration", "24 hours", dialog("Regenerate PAT"));
    await button(dialog("Regenerate PAT"), "Regenerate").click();
    expect(await statusOfClient(await textOf(secret()))).toBe(200);
    await page.getByText(/Expires in 2[34] h/).waitFor();
  });
});

test("a token that ended with its owner's account is restored by the owner, with the secret it has", async () => {
  const john = { email: "john@example.com", password: "a-password-of-john" };
  const admin = await signedInClient(app.url, "admin@example.test", demoAdmin.password);
  const { id } = await admin.users.register({
    body: {
      first_name: "John",
      last_name: "Roe",
      email: john.email,
      credentials: { username: "johnroe", secret: john.password },
    },
  });
  const before = await signedInClient(app.url, john.email, john.password);
  const johns = await before.domains.create({ body: { name: "Boston", route: "boston" } });
  const read = { domain_id: johns.id, entity_type: "domains", entity_id: johns.id };
  const token = await before.tokens.create({
    body: { name: "nightly", duration: "24h", scopes: [{ ...read, operation: "read" }] },
  });
  const use = () => useToken(app.url, token.secret, `/domains/${johns.id}`);
  expect(await use()).toBe(200);
  await admin.users.disable({ userId: id });
  await admin.users.enable({ userId: id });
  expect(await use()).toBe(401);

  const browser = await app.browser.newContext({ reducedMotion: "reduce" });
  const mine = await signIn(browser, app.url, john, "/pats?status=revoked");
  await button(mine, "Actions for nightly").click();
  await mine.getByRole("menuitem", { name: "Restore" }).waitFor();
  await mine.keyboard.press("Escape");
  await link(mine, "nightly").click();
  await mine.getByText("because your account was disabled").waitFor();
  await button(mine, "Restore").click();
  const question = mine.getByRole("dialog", { name: "Restore PAT", exact: true });
  await question.getByText("works again with the secret it has").waitFor();
  expect(await use()).toBe(401);
  await button(question, "Restore").click();
  await button(mine, "Revoke").waitFor();
  expect(await use()).toBe(200);
  await browser.close();
});

describe("Delete a PAT", () => {
  test("Delete in the row actions deletes one", async () => {
    const token = await makeToken("not needed");
    await makeToken("still needed");
    await page.goto(`${app.url}/pats/${token.id}`);
    await heading(page, "not needed").waitFor();
    await link(page, "Personal Access Tokens").first().click();
    await button(page, "Actions for not needed").click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await button(dialog("Delete PAT"), "Delete").click();
    await rowOf("not needed").waitFor({ state: "detached" });
    await rowOf("still needed").waitFor();
    await page.goBack();
    await page.getByText("There is no such token, or it has been deleted.").waitFor();
    expect(await statusOfClient(token.secret)).toBe(401);
  });

  test("Delete All removes all PATs, after it has said how many and the word was typed", async () => {
    const tokens = [await makeToken("one"), await makeToken("two")];
    await page.goto(`${app.url}/pats`);
    await button(page, "Delete All").click();
    const question = dialog("Delete all PATs");
    await question.getByText("All 2 of your tokens").waitFor();
    expect(await button(question, "Delete All").isDisabled()).toBe(true);
    await question.getByRole("textbox").fill("delete");
    await button(question, "Delete All").click();
    await page.getByText("No tokens yet").waitFor();
    for (const token of tokens) expect(await statusOfClient(token.secret)).toBe(401);
  });
});
