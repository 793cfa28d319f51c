import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { findViolations } from "./axe.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

let app: AppWithBrowser;
let api: Client;
let page: Page;
let domainId: string;
const ids: Record<string, string> = {};

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  ({ id: domainId } = await api.domains.create({ body: { name: "Plant", route: "plant" } }));
  const { clients } = await api.clients.create_bulk({
    domainId,
    body: ["pump", "fan"].map((name) => ({ name })),
  });
  const { channels } = await api.channels.create_bulk({
    domainId,
    body: ["flow", "heat", "noise"].map((name) => ({ name })),
  });
  for (const { name, id } of [...clients, ...channels]) ids[name] = id;
  await connect("pump", "flow", ["publish"]);
  await connect("fan", "flow", ["subscribe"]);
  const context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

const connect = (client: string, channel: string, types: ("publish" | "subscribe")[]) =>
  api.channels.connect({
    domainId,
    id: ids[channel] ?? "",
    body: { client_ids: [ids[client] ?? ""], types },
  });

const connectionOf = async (client: string, channel: string) => {
  const query = { client: ids[client] ?? "", status: "all" } as const;
  const { channels } = await api.channels.list({ domainId, query });
  return channels.find(({ name }) => name === channel)?.connection_types ?? [];
};

async function openGraph(type: string, name: string) {
  await page.goto(`${app.url}/domains/${domainId}/${type}/${ids[name]}/connections`);
  await page.getByRole("button", { name: "Draw the graph" }).click();
  await node(name).waitFor();
}

const node = (name: string) => page.getByRole("button", { name: new RegExp(`^${name}\\b`) });
const dialog = () => page.getByRole("dialog");

async function drag(from: string, to: string) {
  const [start, end] = [await node(from).boundingBox(), await node(to).boundingBox()];
  if (start === null || end === null) throw new Error("a node is not there");
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(end.x + 30, end.y + end.height / 2, { steps: 8 });
  await page.mouse.up();
}

test("dragging from a client to a channel connects them, in the chosen ways", async () => {
  await openGraph("clients", "pump");
  await drag("pump", "heat");
  await dialog().getByText("pump with heat").waitFor();
  expect(await dialog().getByRole("button", { name: "Connect" }).isDisabled()).toBe(true);
  await dialog().getByRole("checkbox", { name: "Publish" }).check();
  await dialog().getByRole("checkbox", { name: "Subscribe" }).check();
  await dialog().getByRole("button", { name: "Connect" }).click();
  await dialog().waitFor({ state: "detached" });
  expect(await connectionOf("pump", "heat")).toEqual(["Publish", "Subscribe"]);
  await page.locator("g[class*=edge]").nth(1).waitFor();
});

test("dragging to nothing, to the same side, or letting go with Escape changes nothing", async () => {
  await openGraph("channels", "flow");
  await page.getByRole("button", { name: /^fan\b/ }).waitFor();
  await drag("pump", "fan");
  const start = await node("pump").boundingBox();
  if (start === null) throw new Error("no such node");
  await page.mouse.move(start.x + 40, start.y + 10);
  await page.mouse.down();
  await page.mouse.move(start.x + 300, start.y + 250, { steps: 5 });
  await page.mouse.up();
  await page.mouse.move(start.x + 40, start.y + 10);
  await page.mouse.down();
  const end = await node("flow").boundingBox();
  await page.mouse.move((end?.x ?? 0) + 30, (end?.y ?? 0) + 10, { steps: 5 });
  await page.keyboard.press("Escape");
  await page.mouse.up();
  expect(await dialog().count()).toBe(0);
});

test("by keys alone two are chosen and connected, and the focus comes back to the graph", async () => {
  await openGraph("clients", "pump");
  await node("pump").focus();
  await page.keyboard.press("Enter");
  await page.getByText("is chosen. Choose a channel to connect it with.").waitFor();
  await page.keyboard.press("Escape");
  await page.getByText("Drag from one side to the other").waitFor();
  await page.keyboard.press("Enter");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("End");
  expect(await page.evaluate("document.activeElement.textContent")).toBe("noise, not connected");
  await page.keyboard.press("Enter");
  await dialog().getByText("pump with noise").waitFor();
  await dialog().getByRole("checkbox", { name: "Publish" }).focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("Enter");
  await dialog().waitFor({ state: "detached" });
  expect(await connectionOf("pump", "noise")).toEqual(["Publish"]);
  await page.waitForFunction("document.activeElement.textContent.startsWith('noise')");
});

test("one way of a connection, or all of it, is taken away at its line and by keys", async () => {
  await openGraph("clients", "pump");
  const hit = page.locator("g[class*=edge]").filter({ has: page.locator("path:nth-child(3)") });
  await hit.locator("path").first().dispatchEvent("click");
  await dialog().getByText("pump with heat").waitFor();
  await dialog().getByRole("checkbox", { name: "Publish" }).uncheck();
  await dialog().getByRole("button", { name: "Change" }).click();
  await dialog().waitFor({ state: "detached" });
  expect(await connectionOf("pump", "heat")).toEqual(["Subscribe"]);
  await node("heat").click();
  await node("pump").focus();
  await page.keyboard.press("Enter");
  await dialog().getByRole("checkbox", { name: "Subscribe" }).uncheck();
  await dialog().getByRole("button", { name: "Disconnect" }).click();
  await dialog().waitFor({ state: "detached" });
  expect(await connectionOf("pump", "heat")).toEqual([]);
  expect(await connectionOf("pump", "flow")).toEqual(["Publish"]);
});

test("what a channel is connected with is drawn when it is asked for, and can be connected too", async () => {
  await openGraph("clients", "pump");
  expect(await node("fan").count()).toBe(0);
  await node("flow").click();
  await page.getByRole("button", { name: "Show its clients" }).click();
  await node("fan").waitFor();
  expect(await page.locator("g[class*=edge]").count()).toBeGreaterThanOrEqual(2);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Show the list" }).click();
  await page.getByRole("table", { name: "Connected channels" }).waitFor();
});

test("a refusal is told in the dialog, and nothing is connected", async () => {
  const { id } = await api.channels.create({
    domainId,
    body: { name: "closed", status: "disabled" },
  });
  ids.closed = id;
  await openGraph("clients", "pump");
  await drag("pump", "closed");
  await dialog().getByRole("checkbox", { name: "Publish" }).check();
  await dialog().getByRole("button", { name: "Connect" }).click();
  await dialog().getByRole("alert").getByText("is disabled").waitFor();
  expect(await connectionOf("pump", "closed")).toEqual([]);
  await api.channels.delete({ domainId, id });
});

test("two hundred are drawn, the rest is counted, axe finds nothing, and a phone has room", async () => {
  const names = Array.from({ length: 250 }, (_, index) => `c-${String(index).padStart(3, "0")}`);
  await api.channels.create_bulk({ domainId, body: names.map((name) => ({ name })) });
  await api.channels.create({ domainId, body: { name: `${"ו".repeat(120)}🚀${"W".repeat(120)}` } });
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await openGraph("clients", "pump");
    await page.getByText(/more are not drawn: the graph shows up to 200/).waitFor();
    expect(await page.locator("[data-node]").count()).toBeLessThanOrEqual(200);
    expect(await findViolations(page)).toEqual([]);
  }
  await page.setViewportSize({ width: 390, height: 844 });
  const excess = "document.documentElement.scrollWidth - document.documentElement.clientWidth";
  await expect.poll(() => page.evaluate(excess)).toBe(0);
  await page.getByLabel("Show only").fill("noise");
  await drag("pump", "noise");
  await dialog().getByText("pump with noise").waitFor();
});
