import { readFile } from "node:fs/promises";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, beforeEach, describe, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const button = (place: Page | Locator, name: string) =>
  place.getByRole("button", { name, exact: true });

let app: AppWithBrowser;
let page: Page;
let api: Client;
let domainId: string;

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
let round = 0;
beforeEach(async () => {
  round += 1;
  const route = `import-${round}`;
  ({ id: domainId } = await api.domains.create({ body: { name: route, route } }));
});

async function open(content: Buffer | string, name = "clients.csv"): Promise<Locator> {
  await page.goto(`${app.url}/domains/${domainId}/clients`);
  await button(page, "Upload").click();
  const dialog = page.getByRole("dialog", { name: "Upload Clients" });
  await dialog
    .locator("input[type=file]")
    .setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(content) });
  return dialog;
}

const createdClients = async () =>
  (await api.clients.list({ domainId, query: { order: "name", dir: "asc" } })).clients;
const namesCreated = async () => (await createdClients()).map(({ name }) => name);

async function downloadBy(opener: Locator): Promise<Buffer> {
  const [download] = await Promise.all([page.waitForEvent("download"), opener.click()]);
  return readFile(await download.path());
}

const cellTexts = (dialog: Locator) =>
  dialog.getByRole("region", { name: "First rows" }).getByRole("cell").allTextContents();

describe("before anything is created", () => {
  test("the first rows are shown as they were read, and columns can be mapped or ignored", async () => {
    const lines = Array.from({ length: 8 }, (_, index) => `Pumpe ${index + 1};rot;a,b;${index}`);
    const dialog = await open(`sep=;\r\nGerät;tgas;Etikett;name\r\n${lines.join("\r\n")}\r\n`);
    await dialog.getByText("The first 5 of 8, as they were read").waitFor();
    expect((await cellTexts(dialog)).slice(0, 4)).toEqual(["Pumpe 1", "rot", "a,b", "0"]);
    await dialog.getByText(/These columns are ignored: Gerät.*, tgas \(is it tags\?\)/).waitFor();
    const column = (title: string) => dialog.getByLabel(`The column ${title} is`);
    await column("Gerät").selectOption("name");
    await dialog.getByText("Two columns are name: ignore one of them.").waitFor();
    expect(await button(dialog, "Create 8 clients").count()).toBe(0);
    await column("name").selectOption("Ignored");
    await column("Etikett").selectOption("tags");
    expect(await namesCreated()).toEqual([]);

    await button(dialog, "Create 8 clients").click();
    await dialog.getByText("8 created, 0 failed, 0 left").waitFor();
    const [first] = await createdClients();
    expect(first).toMatchObject({ name: "Pumpe 1", tags: ["a", "b"] });
  });

  test("a JSON file is shown as well", async () => {
    const dialog = await open('[{"name":"Pump","tags":["a"]},{"name":"Valve"}]', "clients.json");
    await dialog.getByText("As it was read").waitFor();
    expect(await cellTexts(dialog)).toEqual(["Pump", '["a"]', "Valve", ""]);
    expect(await namesCreated()).toEqual([]);
  });
});

describe("the letters of a file are read right", () => {
  const text = "name,tags\nKühlgerät 5°,süd\n";
  test.each([
    ["UTF-8", Buffer.from(text), "UTF-8"],
    ["UTF-16", Buffer.from(`\uFEFF${text}`, "utf16le"), "UTF-16"],
    ["Windows-1252", Buffer.from(text, "latin1"), "Windows-1252, western Europe"],
  ])("in %s, without a question", async (_, bytes, label) => {
    const dialog = await open(bytes);
    await dialog.getByText(`Read as ${label}.`).waitFor();
    await button(dialog, "Create 1 client").click();
    await dialog.getByText("1 created, 0 failed, 0 left").waitFor();
    expect(await createdClients()).toMatchObject([{ name: "Kühlgerät 5°", tags: ["süd"] }]);
  });

  test("after a question where they could be others, and nothing is created before", async () => {
    const dialog = await open(Buffer.from("name\nGénérateur à gaz\n", "latin1"));
    await dialog.getByText("Which of these reads right?").waitFor();
    expect(await button(dialog, "Create 1 client").count()).toBe(0);
    await dialog.getByText("Gйnйrateur а gaz").waitFor();
    await dialog.getByRole("radio", { name: "Générateur à gaz" }).check();
    await button(dialog, "Create 1 client").click();
    await dialog.getByText("1 created, 0 failed, 0 left").waitFor();
    expect(await namesCreated()).toEqual(["Générateur à gaz"]);
  });
});

test("every end of a line is read, and empty columns at the end are none", async () => {
  const dialog = await open("name,tags,,\ra,,,\nb,x,,\r\n\r\rc,,,");
  await button(dialog, "Create 3 clients").click();
  await dialog.getByText("3 created, 0 failed, 0 left").waitFor();
  expect(await namesCreated()).toEqual(["a", "b", "c"]);
});

test("what is handed back for sending again is what was given, to the byte; the report for people is another file", async () => {
  const head = 'sep=;\r\nname;key;"Hall; row";status\r\n';
  const wrong = ['+5V rail;=2+3;"a;\r\nb";brokën\r\n', " -12V  ; @secret ;;wrong\n"];
  const right = "=SUM(1);+my-own-secret;;enabled\r\n";
  const made = "-24V;;;enabled\r";
  const given = Buffer.from(head + wrong[0] + right + made + wrong[1], "latin1");
  const dialog = await open(given);
  const western = dialog.getByText("Read as Windows-1252");
  await western.waitFor();
  await button(dialog, "Create 2 clients").click();
  await dialog.getByText("2 created, 2 failed, 0 left").waitFor();
  expect(await namesCreated()).toEqual(["-24V", "=SUM(1)"]);

  const remaining = await downloadBy(button(dialog, "Download what is left"));
  expect(remaining.toString("latin1")).toBe(head + wrong.join(""));
  const report = await downloadBy(button(dialog, "Download the report"));
  const rows = report.toString("utf8").replace("\uFEFF", "").split("\r\n");
  const [, first, second, third, fourth] = rows;
  expect(first).toMatch(/^3,'\+5V rail,failed,,,"status: must be/);
  expect(second).toMatch(/^5,'=SUM\(1\),created,[0-9a-f-]{36},as in the file,$/);
  expect(third).toMatch(/^6,'-24V,created,[0-9a-f-]{36},[0-9a-f-]{36},$/);
  expect(fourth).toMatch(/^7,'-12V,failed/);
});
