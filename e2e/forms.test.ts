import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

let app: AppWithBrowser;
let api: Client;
let domainId: string;
let page: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  domainId = (await api.domains.create({ body: { name: "New York", route: "new-york" } })).id;
  const context = await app.browser.newContext({
    reducedMotion: "reduce",
    viewport: { width: 390, height: 700 },
  });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

const patience = { timeout: 20_000 };
const button = (name: string, place: Page | Locator = page) =>
  place.getByRole("button", { name, exact: true });
const dialog = (name: string) => page.getByRole("dialog", { name, exact: true });
const message = (text: string) => page.getByRole("alert").filter({ hasText: text });
const go = async (path: string) => {
  await page.goto(app.url + path);
  await page.getByRole("heading", { level: 1 }).waitFor();
};
const newToken = (name: string) =>
  api.tokens.create({
    body: {
      name,
      duration: "24h",
      scopes: ["view", "update"].map((operation) => ({
        domain_id: domainId,
        entity_type: "clients",
        entity_id: "*",
        operation,
      })),
    },
  });
/** The element with the focus: `body` when it is lost. */
const focused = () =>
  page.evaluate(`(() => {
    const element = document.activeElement;
    if (element === document.body) return "body";
    return element.getAttribute("aria-label") ?? element.labels?.[0]?.textContent ?? element.textContent;
  })()`) as Promise<string>;
const expectFocus = (text: string) => expect.poll(focused, patience).toContain(text);
const isInView = (place: Locator) =>
  place.evaluate((element) => {
    const { top, bottom } = element.getBoundingClientRect();
    return top >= 0 && bottom <= element.ownerDocument.documentElement.clientHeight;
  });
/** Its last line is what one sees at its place. */
const isUncovered = (place: Locator) =>
  place.evaluate((element) => {
    const { left, bottom } = element.getBoundingClientRect();
    return element.contains(element.ownerDocument.elementFromPoint(left + 4, bottom - 2));
  });

test("a form that cannot be sent says all that is wrong, and the first of it is in view with the focus", async () => {
  await go("/pats/new");
  await page.getByRole("combobox", { name: "Entity Type" }).click();
  await page.getByRole("option", { name: "Clients" }).click();
  await button("Create").click();
  await expectFocus("Name");
  expect(await isInView(page.getByLabel("Name"))).toBe(true);
  await page.getByText("Enter a name").waitFor();
  await page.getByText("Choose what it may do").waitFor();
  const described = await page.getByLabel("Name").getAttribute("aria-describedby");
  const told = await page.locator(`[id="${described?.split(" ").at(-1)}"]`).textContent();
  expect(`${told}${described}`).toMatch(/Enter a name|error/);
  expect((await api.tokens.list({ query: { status: "all" } })).total).toBe(0);

  await go(`/domains/${domainId}/channels`);
  await button("Create").first().click();
  const form = dialog("Create Channel");
  await form.getByRole("textbox", { name: "Route" }).fill("1 x");
  await button("Create", form).click();
  await form.getByText("Enter a name").waitFor();
  await form.getByText("Must be a letter followed by up to 35 letters, digits").waitFor();
  await expectFocus("Name");
  expect((await api.channels.list({ domainId })).total).toBe(0);
});

test("what is wrong with a text is said in view, not behind the buttons that stay below", async () => {
  await go(`/domains/${domainId}/clients`);
  await button("Create").first().click();
  const form = dialog("Create Client");
  await form.getByLabel("Name").fill("meter");
  await form.getByLabel("Metadata").fill('{\n"hall": 2,,\n}');
  const reason = form.getByText("Line 2:");
  await expect.poll(() => isUncovered(reason), patience).toBe(true);
  await form.getByLabel("Name").scrollIntoViewIfNeeded();
  await button("Create", form).click();
  await expectFocus("Metadata");
  await expect.poll(() => isUncovered(reason), patience).toBe(true);
});

test("what the server refuses is told at its field, which is in view with the focus", async () => {
  await api.channels.create({ domainId, body: { name: "one", route: "taken" } });
  await go(`/domains/${domainId}/channels`);
  await button("Create").first().click();
  const form = dialog("Create Channel");
  await form.getByLabel("Name").fill("two");
  await form.getByRole("textbox", { name: "Route" }).fill("taken");
  await button("Create", form).click();
  await expectFocus("Route");
  expect((await api.channels.list({ domainId })).total).toBe(1);
});

test("what is entered in a dialog is not thrown away by Escape or a click beside it", async () => {
  await go(`/domains/${domainId}/channels`);
  await button("Create").first().click();
  const form = dialog("Create Channel");
  await form.waitFor();
  await page.keyboard.press("Escape");
  await form.waitFor({ state: "hidden" });
  await button("Create").first().click();
  await form.getByLabel("Name").fill("water");
  await page.keyboard.press("Escape");
  await button("Go on editing", dialog("Discard what you entered?")).click();
  expect(await form.getByLabel("Name").inputValue()).toBe("water");
  await page.mouse.click(4, 350);
  await button("Discard", dialog("Discard what you entered?")).click();
  await form.waitFor({ state: "hidden" });
  await expectFocus("Create");

  const { id } = await newToken("tagged");
  await go(`/pats/${id}`);
  await button("Edit name").click();
  const name = page.getByRole("textbox", { name: "Name" });
  await name.fill("other");
  await name.press("Escape");
  await page.getByText("Not saved yet").waitFor();
  expect(await name.inputValue()).toBe("other");
  await name.press("Escape");
  await page.getByRole("heading", { name: "tagged" }).waitFor();
  await expectFocus("Edit name");
});

test("leaving the form for a token asks for whatever is entered, also half a scope or a date", async () => {
  for (const enter of [
    async () => {
      await page.getByRole("combobox", { name: "Entity Type" }).click();
      await page.getByRole("option", { name: "Clients" }).click();
    },
    async () => {
      await page.getByRole("combobox", { name: "Duration" }).click();
      await page.getByRole("option", { name: "Custom" }).click();
    },
  ]) {
    await go("/pats/new");
    await enter();
    await page.getByRole("link", { name: "Cancel" }).click();
    const question = dialog("Leave without creating the token?");
    await button("Cancel", question).click();
    await question.waitFor({ state: "hidden" });
    await page.getByRole("link", { name: "Cancel" }).click();
    await button("Leave", question).click();
    await page.waitForURL("**/pats");
  }
});

test("a new secret is in view, has the focus and is read aloud, and no message lies over it", async () => {
  const { id } = await newToken("renewed");
  await api.tokens.revoke({ tokenId: id });
  await go(`/pats/${id}`);
  await button("Edit name").click();
  await page.getByRole("textbox", { name: "Name" }).fill("renewed again");
  await page.keyboard.press("Enter");
  await message("Saved").waitFor();
  await page.evaluate("window.scrollTo(0, document.body.scrollHeight)");
  await button("Regenerate").click();
  await button("Regenerate", dialog("Regenerate PAT")).click();
  const place = page.getByRole("region", { name: "New token" });
  await expectFocus("New token");
  await expect.poll(() => isInView(place.getByTestId("secret")), patience).toBe(true);
  expect(await place.getByRole("alert").textContent()).toContain("Make sure to copy");
  expect(await message("Saved").count()).toBe(0);
  await button("Copy", place).click();
});

test("a red question says when and from where the token was used, and Enter alone does nothing", async () => {
  const { id, secret } = await newToken("old job");
  expect(await useToken(app.url, secret, `/${domainId}/clients`)).toBe(403);
  const used = await newToken("in use");
  const client = await api.clients.create({ domainId, body: { name: "pump" } });
  expect(await useToken(app.url, used.secret, `/${domainId}/clients/${client.id}`)).toBe(200);
  await expect
    .poll(async () => (await api.tokens.view({ tokenId: used.id })).use_count, patience)
    .toBe(1);
  await go(`/pats/${used.id}`);
  await button("Delete").click();
  const question = dialog("Delete PAT");
  await question.getByText(/Last used just now from 127\.0\.0\.1|from ::1/).waitFor();
  await expectFocus("Cancel");
  await page.keyboard.press("Enter");
  await question.waitFor({ state: "hidden" });
  expect((await api.tokens.view({ tokenId: used.id })).status).toBe("active");
  await expectFocus("Delete");
  expect((await api.tokens.view({ tokenId: id })).status).toBe("active");
});

test("what was done is said, and the focus stays where it was done", async () => {
  const { id } = await newToken("scoped");
  await go(`/pats/${id}`);
  await button("Delete scope clients view All").click();
  await button("Delete", dialog("Delete scope")).click();
  await message("The scope is deleted").waitFor();
  await expectFocus("Scopes");
  expect((await api.tokens.view({ tokenId: id })).scopes_count).toBe(1);

  await newToken("left over");
  await go("/pats");
  await button("Actions for scoped").click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await button("Delete", dialog("Delete PAT")).click();
  await message("is deleted").waitFor();
  await expect.poll(focused, patience).toContain("Personal access tokens");

  const client = await api.clients.create({ domainId, body: { name: "valve" } });
  await go(`/domains/${domainId}/clients/${client.id}`);
  await button("Edit tags").click();
  await page.getByRole("combobox", { name: "Tags" }).fill("hot");
  await page.keyboard.press("Enter");
  await button("Save tags").click();
  await message("Saved").waitFor();
  await expectFocus("Edit tags");
});

test("all that can be known of a form is said at once, also what the server would tell one by one", async () => {
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  const entrance = await context.newPage();
  await entrance.goto(`${app.url}/register`);
  await entrance.getByLabel("Last name").fill("Doe");
  await entrance.getByLabel("Username").fill("lucy doe");
  await entrance.getByLabel("Email address").fill("lucy");
  await entrance.getByLabel("Password", { exact: true }).fill("short");
  await button("Sign up", entrance).click();
  for (const problem of [
    "Enter your first name",
    "Must be 1 to 32 letters, digits",
    "Must be an email address",
    "At least 8 characters.",
    "The passwords differ",
  ]) {
    await entrance.locator(".mantine-InputWrapper-error", { hasText: problem }).waitFor();
  }
  await context.close();
  expect((await api.users.list({ query: { status: "all" } })).total).toBe(1);
});

test("Disconnect is a question that Escape answers with no, and what was done is said", async () => {
  const client = await api.clients.create({ domainId, body: { name: "meter" } });
  const channel = await api.channels.create({ domainId, body: { name: "readings" } });
  await api.channels.connect({
    domainId,
    id: channel.id,
    body: { client_ids: [client.id], types: ["publish"] },
  });
  const connected = async () =>
    (await api.channels.list({ domainId, query: { client: client.id } })).total;
  await go(`/domains/${domainId}/clients/${client.id}/connections`);
  await button("Disconnect readings").click();
  await dialog("Disconnect channel").getByText("Messages stop at once").waitFor();
  expect(await focused()).not.toBe("Disconnect");
  await page.keyboard.press("Escape");
  await dialog("Disconnect channel").waitFor({ state: "hidden" });
  expect(await connected()).toBe(1);
  await button("Disconnect readings").click();
  await button("Disconnect", dialog("Disconnect channel")).click();
  await message("Disconnected").waitFor();
  expect(await connected()).toBe(0);
});

test("a file that is chosen is not thrown away by closing the dialog unasked", async () => {
  await go(`/domains/${domainId}/clients`);
  await button("Upload").click();
  const upload = dialog("Upload Clients");
  await upload.locator("input[type=file]").setInputFiles({
    name: "pumps.csv",
    mimeType: "text/csv",
    buffer: Buffer.from("name\nfirst\nsecond\n"),
  });
  await upload.getByText("2 clients in the file").waitFor();
  await page.keyboard.press("Escape");
  await button("Go on editing", dialog("Discard what you entered?")).click();
  await upload.getByText("2 clients in the file").waitFor();
  await page.keyboard.press("Escape");
  await button("Discard", dialog("Discard what you entered?")).click();
  await upload.waitFor({ state: "hidden" });
});
