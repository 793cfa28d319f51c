import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });
const heading = (page: Page, name: string) => page.getByRole("heading", { name, exact: true });

let app: AppWithBrowser;
let page: Page;
let api: Client;
let round = 0;

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  page = await signIn(
    await app.browser.newContext({ reducedMotion: "reduce" }),
    app.url,
    demoAdmin,
  );
});
afterAll(() => app?.close());

async function newDomain(): Promise<string> {
  round += 1;
  const route = `first-run-${round}`;
  return (await api.domains.create({ body: { name: route, route } })).id;
}

const step = (title: string) =>
  page
    .getByRole("region", { name: /First steps|up and running/ })
    .getByRole("listitem")
    .filter({
      has: page.getByRole("heading", { name: new RegExp(`^${title}`) }),
    });
const isDone = (title: string) => step(title).getAttribute("data-done");

describe("the home of an empty domain", () => {
  test("leads to a first call, whose step turns green when it was really made", async () => {
    const domainId = await newDomain();
    await page.goto(`${app.url}/domains/${domainId}`);
    await page.getByLabel("Name of the client").fill("boiler");
    await button(page, "Create client").click();
    await button(page, "Create channel").click();
    await button(page, "Connect them").click();
    await button(page, "Create this token").click();
    await page.getByText("Waiting for the first call").waitFor();
    const [client] = (await api.clients.list({ domainId })).clients;
    expect(client?.name).toBe("boiler");
    expect((await api.channels.list({ domainId, query: { client: client?.id } })).total).toBe(1);
    for (const title of ["A client", "A channel", "A connection", "A token"]) {
      expect(await isDone(title)).toBe("true");
    }
    expect(await isDone("The first call")).toBe("false");

    const call = await page.getByTestId("first-call").textContent();
    const { stdout } = await promisify(execFile)("sh", ["-c", `${call} --silent`]);
    expect(JSON.parse(stdout)).toMatchObject({ id: client?.id, name: "boiler" });
    await page.getByRole("status").getByText("It was called").waitFor({ timeout: 15_000 });
    expect(await isDone("The first call")).toBe("true");
    await heading(page, "You are up and running").waitFor();

    // Whoever has done it all sees it no more.
    await page.reload();
    await heading(page, "From programs").waitFor();
    await page.getByRole("link", { name: "View all clients" }).waitFor();
    await page.waitForLoadState("networkidle");
    expect(await heading(page, "First steps").count()).toBe(0);
  });

  test("can hide the way, for good", async () => {
    const domainId = await newDomain();
    await page.goto(`${app.url}/domains/${domainId}`);
    await button(page, "Hide the first steps").click();
    await heading(page, "First steps").waitFor({ state: "hidden" });
    await page.reload();
    await heading(page, "From programs").waitFor();
    await page.waitForLoadState("networkidle");
    expect(await heading(page, "First steps").count()).toBe(0);
  });

  test("has links to the reference of the API, the command line and gateways", async () => {
    await page.goto(`${app.url}/domains/${await newDomain()}`);
    const reference = page.getByRole("link", { name: "API reference" });
    expect((await fetch(new URL((await reference.getAttribute("href")) ?? "", app.url))).ok).toBe(
      true,
    );
    await page.getByRole("link", { name: "Gateways" }).click();
    await heading(page, "Gateways").waitFor();
    await heading(page, "Command line").waitFor();
    const openApi = await page.getByRole("link", { name: "OpenAPI" }).getAttribute("href");
    const document = await (await fetch(new URL(openApi ?? "", app.url))).json();
    expect(document).toMatchObject({ openapi: expect.stringMatching(/^3/) });
  });
});

test("the numbers on a domain's page are the domain's", async () => {
  const [here, other] = [await newDomain(), await newDomain()];
  const newToken = (domain_id: string) =>
    api.tokens.create({
      body: {
        name: "numbers",
        duration: "1h",
        scopes: [{ domain_id, entity_type: "domains", entity_id: domain_id, operation: "read" }],
      },
    });
  const [first] = [await newToken(here), await newToken(here)];
  await newToken(other);
  for (let count = 0; count < 3; count += 1) {
    expect(await useToken(app.url, first.secret, `/domains/${here}`)).toBe(200);
  }
  const tokens = page.getByRole("region", { name: "Your tokens for this domain" });
  const uses = page.getByRole("region", { name: "Their use in the last 30 days" });
  // What was counted is told once it is written down.
  await expect
    .poll(async () => {
      const { days } = await api.tokens.usage_of_all({ query: { days: 1, domain: here } });
      return days[0]?.uses;
    })
    .toBe(3);
  await page.goto(`${app.url}/domains/${here}`);
  await tokens.getByText("2 tokens").waitFor();
  await uses.getByText("3 uses in all").waitFor();
  await page.goto(`${app.url}/domains/${other}`);
  await tokens.getByText("1 token", { exact: true }).waitFor();
  await uses.getByText("0 uses in all").waitFor();
});

describe("the users of the server", () => {
  const row = (username: string) => page.getByRole("row").filter({ hasText: username });
  const secret = demoAdmin.password;
  const register = (username: string) =>
    api.users.register({
      body: {
        first_name: username,
        last_name: "Doe",
        email: `${username}@example.com`,
        credentials: { username, secret },
      },
    });
  const choose = async (username: string, item: string) => {
    await page.getByRole("button", { name: `Actions for ${username}` }).click();
    await page.getByRole("menuitem", { name: item }).click();
  };

  test("are found by an administrator, with their role, state, tokens and last use", async () => {
    await register("ruthdoe");
    const asRuth = await signedInClient(app.url, "ruthdoe", secret);
    const token = await asRuth.tokens.create({ body: { name: "ci", duration: "1h", scopes: [] } });
    await asRuth.tokens.create({ body: { name: "spare", duration: "1h", scopes: [] } });
    await useToken(app.url, token.secret, "/domains");
    await page.getByRole("link", { name: "Users", exact: true }).click();
    await page.getByLabel("Search User").fill("ruth");
    await page.getByText("1 row").waitFor();
    const texts = await row("ruthdoe").getByRole("cell").allTextContents();
    expect(texts.slice(0, 5)).toEqual([
      "ruthdoeruthdoe Doe",
      "ruthdoe@example.com",
      "User",
      "enabled",
      "2",
    ]);
    await page.getByRole("button", { name: /^Search in/ }).click();
    await page.getByRole("menuitemradio", { name: "Email" }).click();
    await page.getByLabel("Search User").fill("ruthdoe@");
    await row("ruthdoe").waitFor();
  });

  test("are disabled and enabled, with what it does to their tokens said before", async () => {
    await register("otisdoe");
    const asOtis = await signedInClient(app.url, "otisdoe", secret);
    const token = await asOtis.tokens.create({ body: { name: "ci", duration: "1h", scopes: [] } });
    await page.goto(`${app.url}/users?q=otis`);
    await choose("otisdoe", "Disable");
    const dialog = page.getByRole("dialog", { name: "Disable this account?" });
    await dialog.getByText("their token stops working at once").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(await useToken(app.url, token.secret, "/domains")).not.toBe(401);
    await choose("otisdoe", "Disable");
    await dialog.getByRole("button", { name: "Disable" }).click();
    await page.getByText("The account is disabled").waitFor();
    expect(await useToken(app.url, token.secret, "/domains")).toBe(401);
    await choose("otisdoe", "Enable");
    await page.getByRole("dialog").getByRole("button", { name: "Enable" }).click();
    await page.getByText("The account is enabled").waitFor();
    expect((await api.users.list({ query: { username: "otis" } })).users[0]?.status).toBe(
      "enabled",
    );
  });

  test("are made administrators and ordinary users again", async () => {
    await register("vickydoe");
    const roleOf = async () =>
      (await api.users.list({ query: { username: "vickydoe" } })).users[0]?.role;
    await page.goto(`${app.url}/users?q=vicky`);
    await choose("vickydoe", "Make an administrator");
    await page.getByRole("dialog").getByRole("button", { name: "Make an administrator" }).click();
    await page.getByText("They are an administrator now").waitFor();
    expect(await roleOf()).toBe("admin");
    await choose("vickydoe", "Make an ordinary user");
    await page.getByRole("dialog").getByRole("button", { name: "Make an ordinary user" }).click();
    await page.getByText("They are an ordinary user now").waitFor();
    expect(await roleOf()).toBe("user");
  });

  test("are shown to no ordinary user: there is no link, and the page says why", async () => {
    await register("noradoe");
    const context = await app.browser.newContext({ reducedMotion: "reduce" });
    const person = { email: "noradoe@example.com", password: secret };
    const own = await signIn(context, app.url, person, "/users");
    await own.getByText("Only administrators of the server see its users").waitFor();
    expect(await own.getByRole("link", { name: "Users", exact: true }).count()).toBe(0);
    await context.close();
  });
});
