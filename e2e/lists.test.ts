import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

const day = 86_400_000;
const patience = { timeout: 20_000 };

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
    viewport: { width: 1280, height: 800 },
  });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

const button = (name: string, place: Page | Locator = page) =>
  place.getByRole("button", { name, exact: true });
const dialog = (name: string) => page.getByRole("dialog", { name, exact: true });
const rowOf = (name: string) => page.getByRole("row").filter({ hasText: name });
const message = (text: string) => page.getByRole("alert").filter({ hasText: text });
const bar = () => page.getByRole("region", { name: "Selected" });
const choose = async (...names: string[]) => {
  for (const name of names) await page.getByRole("checkbox", { name: `Select ${name}` }).check();
};
const go = async (path: string) => {
  await page.goto(app.url + path);
  await page.getByRole("table").waitFor();
};
/** A token as it would be now had it been made so many days ago; its life is counted from then. */
async function tokenMadeBefore(name: string, daysAgo: number, lifetimeDays: number) {
  const left = `${Math.round((lifetimeDays - daysAgo) * 24 * 60)}m`;
  const token = await api.tokens.create({ body: { name, duration: left } });
  const database = new DatabaseSync(join(app.dataDir, "tessera.sqlite"), { timeout: 5000 });
  const [ago, id] = [daysAgo * day, token.id];
  database.prepare("update tokens set issued_at = issued_at - ? where id = ?").run(ago, id);
  database
    .prepare("update token_secrets set created_at = created_at - ? where token_id = ?")
    .run(ago, id);
  database.close();
  return token;
}
const namesOf = async () => (await api.tokens.list({ query: { status: "all" } })).pats;
const without = (name: string, place: Page | Locator = page) =>
  place.getByRole("link", { name, exact: true }).waitFor({ state: "detached" });

test("a card of a phone's list keeps its place while what the tokens may do is still read", async () => {
  const scopes = [
    { domain_id: domainId, entity_type: "clients", entity_id: "*", operation: "view" },
  ];
  for (const name of ["below", "above"]) {
    await api.tokens.create({ body: { name, duration: "1d", scopes } });
  }
  let letThrough = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    letThrough = resolve;
  });
  await page.route(/\/pats\/[^/]+\/scope/, async (route) => {
    await held;
    await route.continue();
  });
  await page.setViewportSize({ width: 390, height: 1400 });
  await go("/pats");
  const placeOf = () => button("Actions for below").boundingBox();
  await rowOf("below").getByText("1", { exact: true }).waitFor();
  const before = await placeOf();
  letThrough();
  await rowOf("above").getByText("Clients: 1 operation").waitFor({ state: "attached" });
  await rowOf("below").getByText("Clients: 1 operation").waitFor({ state: "attached" });
  expect(await placeOf()).toEqual(before);
  await page.unroute(/\/pats\/[^/]+\/scope/);
  await page.setViewportSize({ width: 1280, height: 800 });
  await api.tokens.delete_all();
});

test("a token is told by how it begins and ends, and marked in its last 30, 7 and 1 days", async () => {
  const { secret } = await tokenMadeBefore("month left", 70, 99.9);
  await tokenMadeBefore("week left", 84, 90.5);
  await tokenMadeBefore("day left", 89, 89.9);
  await api.tokens.create({ body: { name: "new one", duration: "30d" } });
  await go("/pats");
  await rowOf("month left")
    .getByText(`${secret.slice(0, 8)}…${secret.slice(-4)}`, { exact: true })
    .waitFor();
  await rowOf("month left").getByText("last 30 d").waitFor();
  await rowOf("week left").getByText("last 7 d").waitFor();
  await rowOf("day left").getByText("last day").waitFor();
  expect(await rowOf("new one").getByText(/^last/).count()).toBe(0);
});

test("tokens that end soon or that nobody uses are found by a filter that the address keeps", async () => {
  await button("Show: All").click();
  await page.getByRole("menuitemradio", { name: "Expire within 7 days" }).click();
  await without("month left");
  await page.getByRole("link", { name: "week left" }).waitFor();
  await page.reload();
  await page.getByRole("link", { name: "day left" }).waitFor();
  expect(await page.getByRole("link", { name: "new one" }).count()).toBe(0);
  await button("Show: Expire within 7 days").click();
  await page.getByRole("menuitemradio", { name: "Unused for 90 days" }).click();
  await page.getByText("No active tokens (unused for 90 days)").waitFor();
  await button("Show: Unused for 90 days").click();
  await page.getByRole("menuitemradio", { name: "Unused for 30 days" }).click();
  await page.getByRole("link", { name: "month left" }).waitFor();
  await api.tokens.delete_all();
});

test("several tokens are extended, revoked and deleted at once, and each that could not be says why", async () => {
  for (const name of ["one", "two", "three", "ended"]) {
    await api.tokens.create({ body: { name, duration: "24h" } });
  }
  const [ended] = (await namesOf()).filter(({ name }) => name === "ended");
  await api.tokens.revoke({ tokenId: ended?.id ?? "" });
  await go("/pats?status=all");
  await choose("one", "two", "ended");
  await button("Extend", bar()).click();
  const extending = dialog("Extend PATs");
  await button("Extend 3", extending).click();
  await extending.getByText("2 of 3 extended, 1 not").waitFor();
  await extending
    .getByRole("region", { name: "Not done" })
    .getByText("ended: The token has ended; regenerate it instead.")
    .waitFor();
  await button("Close", extending).last().click();
  await bar().getByText("1 selected").waitFor();
  const lifeOf = (name: string) => async () => {
    const token = (await namesOf()).find((one) => one.name === name);
    return Math.round((Date.parse(token?.expires_at ?? "") - Date.now()) / day);
  };
  expect(await Promise.all(["one", "two", "three", "ended"].map((name) => lifeOf(name)()))).toEqual(
    [90, 90, 1, 1],
  );

  await choose("three");
  await button("Revoke", bar()).click();
  await page.keyboard.press("Enter");
  await dialog("Revoke PATs").waitFor({ state: "hidden" });
  await button("Revoke", bar()).click();
  await button("Revoke 2", dialog("Revoke PATs")).click();
  await message("2 revoked").waitFor();
  await bar().waitFor({ state: "hidden" });
  expect((await namesOf()).filter(({ status }) => status === "active").length).toBe(2);

  await page.getByRole("checkbox", { name: "Select all on this page" }).check();
  await bar().getByText("4 selected").waitFor();
  await button("Delete", bar()).click();
  await dialog("Delete PATs").getByText("None of them was used").waitFor();
  await button("Delete 4", dialog("Delete PATs")).click();
  await message("4 deleted").waitFor();
  await page.getByText("No tokens yet").waitFor();
  expect(await namesOf()).toEqual([]);
});

test("when the last page is empty after a deletion the one before it shows, with filter and search as they were", async () => {
  for (let number = 1; number <= 11; number += 1) {
    await api.tokens.create({ body: { name: `batch ${number}`, duration: "30d" } });
  }
  await go("/pats?q=batch&order=issued_at&dir=desc&page=2");
  await page.getByText("Page 2 of 2").waitFor();
  await button("Actions for batch 1").click();
  await page.getByRole("menuitem", { name: "Delete" }).click();
  await button("Delete", dialog("Delete PAT")).click();
  await page.getByText("Page 1 of 1").waitFor();
  await page.getByRole("link", { name: "batch 11" }).waitFor();
  expect(new URL(page.url()).search).toBe("?q=batch&order=issued_at&dir=desc");
  expect(await page.getByText("10 rows").count()).toBe(1);
  await page.goto(`${app.url}/pats?q=batch&page=7`);
  await page.getByText("Page 1 of 1").waitFor();
  await page.goBack();
  await page.waitForURL(/order=issued_at/);
});

test("Ctrl and the middle button open a row in a tab of its own", async () => {
  const [token] = (await api.tokens.list({ query: { name: "batch 11" } })).pats;
  const place = rowOf("batch 11")
    .getByRole("cell")
    .last()
    .locator("xpath=preceding-sibling::td[1]");
  for (const [click, open] of [
    ["Ctrl", () => place.click({ modifiers: ["Control"] })],
    ["middle", () => place.click({ button: "middle" })],
  ] as const) {
    const opened = page.context().waitForEvent("page");
    await open();
    const tab = await opened;
    await tab.getByRole("heading", { name: "batch 11" }).waitFor();
    expect([click, new URL(tab.url()).pathname]).toEqual([click, `/pats/${token?.id}`]);
    await tab.close();
  }
  expect(new URL(page.url()).pathname).toBe("/pats");
  await place.click();
  await page.getByRole("heading", { name: "batch 11" }).waitFor();
});

test("at 1024 px what matters of a row is in view, names keep their words whole and tags theirs", async () => {
  await api.clients.create_bulk({
    domainId,
    body: [
      { name: "circulation pump Maschinenhaus", tags: ["Wasserwerk Nord", "production", "spare"] },
      { name: "valve", tags: ["W"] },
    ],
  });
  await api.tokens.create({
    body: { name: "provisioning of Maschinenhaus", description: "x ".repeat(90), duration: "90d" },
  });
  await tokenMadeBefore("Maschinenhaus, last week", 84, 90.97);
  await page.setViewportSize({ width: 1024, height: 768 });
  for (const [path, columns] of [
    ["/pats?q=Maschinenhaus", ["Name", "Status", "Scopes", "Expires At", "Last Used At"]],
    [`/domains/${domainId}/clients`, ["Name", "Tags", "Status", "Updated At"]],
  ] as const) {
    await go(path);
    for (const name of columns) {
      const header = page.getByRole("columnheader", { name });
      const box = await header.boundingBox();
      expect([name, (box?.x ?? 2000) + (box?.width ?? 0) <= 1024]).toEqual([name, true]);
    }
    const actions = await page
      .getByRole("button", { name: /^Actions for/ })
      .first()
      .boundingBox();
    expect((actions?.x ?? 2000) + (actions?.width ?? 0)).toBeLessThanOrEqual(1024);
    const linesOfWord = await page
      .getByRole("link", { name: /of Maschinenhaus|pump Maschinenhaus/ })
      .evaluate((link) => {
        const text = link.ownerDocument.createTreeWalker(link, 4).nextNode();
        const range = link.ownerDocument.createRange();
        const at = text.textContent.indexOf("Maschinenhaus");
        range.setStart(text, at);
        range.setEnd(text, at + "Maschinenhaus".length);
        return range.getClientRects().length;
      });
    expect(linesOfWord).toBe(1);
  }
  const tag = rowOf("circulation").getByText("Wasserwerk Nord");
  expect(await tag.evaluate(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)).toBe(
    true,
  );
  await page.setViewportSize({ width: 1280, height: 800 });
});

test("several clients are disabled, tagged, put into a group, connected and deleted at once", async () => {
  const group = await api.groups.create({ domainId, body: { name: "Hall A" } });
  const channel = await api.channels.create({ domainId, body: { name: "pressure" } });
  const own = ["circulation pump Maschinenhaus", "valve"];
  await go(`/domains/${domainId}/clients?status=all`);
  const clients = async () =>
    (await api.clients.list({ domainId, query: { status: "all" } })).clients;
  const run = async (
    action: string,
    title: string,
    told: string,
    fill?: (place: Locator) => Promise<void>,
  ) => {
    await choose(...own);
    await button(action, bar()).click();
    await fill?.(dialog(title));
    await dialog(title).getByRole("button", { name: / 2$/ }).click();
    await message(told).waitFor();
    await bar().waitFor({ state: "hidden" });
  };
  await run("Tag", "Tag clients", "2 tagged", async (place) => {
    await place
      .getByRole("textbox", { name: "Tags to add" })
      .or(place.getByLabel("Tags to add"))
      .first()
      .fill("checked");
    await page.keyboard.press("Enter");
  });
  expect((await clients()).map(({ tags }) => tags.at(-1))).toEqual(["checked", "checked"]);
  await run("Assign to group", "Assign to group", "2 assigned", async (place) => {
    await place.getByRole("combobox", { name: "Parent group" }).click();
    await page.getByRole("option", { name: "Hall A" }).click();
  });
  expect((await clients()).map((client) => client.parent_group_id)).toEqual([group.id, group.id]);
  await run("Connect", "Connect to channels", "2 connected", async (place) => {
    await place.getByRole("combobox", { name: "Channels" }).click();
    await page.getByRole("option", { name: "pressure" }).click();
    await page.keyboard.press("Escape");
  });
  const connected = await api.clients.list({ domainId, query: { channel: channel.id } });
  expect(connected.total).toBe(2);
  await run("Disable", "Disable clients", "2 disabled");
  expect((await clients()).map(({ status }) => status)).toEqual(["disabled", "disabled"]);
  await run("Enable", "Enable clients", "2 enabled");

  // One is gone by the time that it is to be deleted.
  const [gone] = (await clients()).filter(({ name }) => name === "valve");
  await choose(...own);
  await api.clients.delete({ domainId, id: gone?.id ?? "" });
  await button("Delete", bar()).click();
  await button("Delete 2", dialog("Delete clients")).click();
  await dialog("Delete clients").getByText("1 of 2 deleted, 1 not").waitFor();
  await dialog("Delete clients")
    .getByRole("region", { name: "Not done" })
    .getByText("valve")
    .waitFor();
  await button("Close", dialog("Delete clients")).last().click();
  await expect.poll(async () => (await clients()).length, patience).toBe(0);
});

test("several channels, and several groups, are tagged, put into a group, connected and deleted at once", async () => {
  const names = ["first", "second"];
  const hall = await api.groups.create({ domainId, body: { name: "Hall B" } });
  const meter = await api.clients.create({ domainId, body: { name: "meter" } });
  for (const name of names) {
    await api.channels.create({ domainId, body: { name } });
    await api.groups.create({ domainId, body: { name } });
  }
  const act = async (action: string, told: string, fill?: (place: Locator) => Promise<void>) => {
    await choose(...names);
    await button(action, bar()).click();
    const asked = page.getByRole("dialog");
    await fill?.(asked);
    await asked.getByRole("button", { name: / 2$/ }).click();
    await message(told).waitFor();
    await bar().waitFor({ state: "hidden" });
  };
  const pick = (field: string, option: string) => async (place: Locator) => {
    await place.getByRole("combobox", { name: field }).click();
    await page.getByRole("option", { name: option }).click();
    // Where several can be chosen the list stays open.
    if (await page.getByRole("listbox").isVisible()) await page.keyboard.press("Escape");
  };
  const own = <One extends { readonly name?: string }>(all: readonly One[]) =>
    all.filter(({ name = "" }) => names.includes(name));

  await go(`/domains/${domainId}/channels`);
  await act("Connect", "2 connected", pick("Clients", "meter"));
  const connected = await api.channels.list({ domainId, query: { client: meter.id } });
  expect(own(connected.channels)).toHaveLength(2);
  await act("Assign to group", "2 assigned", pick("Parent group", "Hall B"));
  const { channels } = await api.channels.list({ domainId });
  expect(own(channels).map((one) => one.parent_group_id)).toEqual([hall.id, hall.id]);
  await act("Delete", "2 deleted");
  expect(own((await api.channels.list({ domainId })).channels)).toEqual([]);

  await go(`/domains/${domainId}/groups`);
  await act("Tag", "2 tagged", async (place) => {
    await place.getByLabel("Tags to add").first().fill("checked");
    await page.keyboard.press("Enter");
  });
  await act("Assign to group", "2 assigned", pick("Parent group", "Hall B"));
  const { groups } = await api.groups.list({ domainId });
  expect(own(groups).map(({ tags, parent_id }) => [tags, parent_id])).toEqual([
    [["checked"], hall.id],
    [["checked"], hall.id],
  ]);
  await act("Delete", "2 deleted");
  expect(own((await api.groups.list({ domainId })).groups)).toEqual([]);
});
