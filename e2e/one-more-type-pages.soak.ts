import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type AppWithSensors, startAppWithSensors } from "./app-with-sensors.ts";
import { signIn } from "./sign-in.ts";

let app: AppWithSensors;
let domainId: string;
let page: Page;

beforeAll(async () => {
  app = await startAppWithSensors();
  domainId = await app.server.newDomain(app.server.admin);
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, app.server.admin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

const button = (name: string) => page.getByRole("button", { name, exact: true });
const dialog = () => page.getByRole("dialog");
const stored = async () => {
  const path = `/${domainId}/sensors?status=all`;
  const { sensors } = (await app.server.admin.call("GET", path)).body;
  return sensors.map(({ name, tags }: { name: string; tags: string[] }) => ({ name, tags }));
};

test("an entity of one more type is created, listed, edited and deleted in its pages", async () => {
  await page.getByRole("link", { name: "Sensors", exact: true }).first().click();
  await button("Create a sensor").click();
  await dialog().getByLabel("Name").fill("Probe 1");
  await dialog().getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { level: 1, name: "Probe 1" }).waitFor();

  await button("Edit name").click();
  await page.getByLabel("Name", { exact: true }).fill("Probe 2");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { level: 1, name: "Probe 2" }).waitFor();
  await button("Edit tags").click();
  await page.getByRole("combobox", { name: "Tags" }).fill("hot");
  await page.keyboard.press("Enter");
  await button("Save tags").click();
  await button("Edit tags").waitFor();
  expect(await stored()).toEqual([{ name: "Probe 2", tags: ["hot"] }]);

  await page.getByRole("link", { name: "Sensors", exact: true }).first().click();
  await page.getByRole("link", { name: "Probe 2" }).waitFor();
  await button("Actions for Probe 2").click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await dialog().getByRole("button", { name: "Delete" }).click();
  await page.getByText("No sensors yet").waitFor();
  expect(await stored()).toEqual([]);
});
