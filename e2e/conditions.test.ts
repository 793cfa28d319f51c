import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { signIn } from "./sign-in.ts";

let app: AppWithBrowser;
let api: Client;
let page: Page;
let domainId: string;
let clientId: string;
/** Of the token that the tests change. */
let token: { readonly id: string; readonly secret: string };

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  ({ id: domainId } = await api.domains.create({ body: { name: "Plant", route: "plant" } }));
  ({ id: clientId } = await api.clients.create({ domainId, body: { name: "pump" } }));
  const context = await app.browser.newContext({
    reducedMotion: "reduce",
    timezoneId: "Europe/Berlin",
  });
  page = await signIn(context, app.url, demoAdmin, `/domains/${domainId}`);
});
afterAll(() => app?.close());

const fold = () => page.getByRole("button", { name: "Only from · only when · only so often" });
const button = (name: string) => page.getByRole("button", { name, exact: true });
const dialog = () => page.getByRole("dialog", { name: "Only from · only when · only so often" });
const check = (name: string) => page.getByRole("checkbox", { name, exact: true });
const conditions = () => page.getByRole("region", { name: "Conditions" });
const statusOfPump = () => useToken(app.url, token.secret, `/${domainId}/clients/${clientId}`);

test("a token is made with conditions, told in short above Create, and each in a sentence on its page", async () => {
  await page.goto(`${app.url}/pats/new?name=gauge&scopes=clients:view:*`);
  await page.getByText("It works from everywhere, at all times, as often as wanted.").waitFor();
  expect(await check("These addresses and networks").count()).toBe(0);
  expect(await page.getByRole("status", { name: "Conditions" }).count()).toBe(0);
  await fold().click();
  await check("These addresses and networks").check();
  await page.getByLabel("Works from").fill("203.0.113.0/24");
  await page.getByText(/^Your address now is .*, which is not in the list\./).waitFor();
  await button("Add it").click();
  await page.getByText(/^Your address now is .*, which is in the list\.$/).waitFor();
  await check("At certain times of the week").check();
  expect(await page.getByRole("combobox", { name: "Time zone" }).inputValue()).toBe(
    "Europe/Berlin",
  );
  await button("Add a time").click();
  const second = page.getByRole("group", { name: "Time 2" });
  await second.getByLabel("From").fill("22:00");
  await second.getByLabel("To").fill("06:00");
  await second.getByText("Sat, Sun from 22:00 to 06:00 of the next day").waitFor();
  await check("A limited number of uses").check();
  const bar = page.getByRole("status", { name: "Conditions" });
  await bar.getByText("The conditions are not complete yet.").waitFor();
  await page.getByLabel("Maximum number of uses").fill("1,000");
  await bar
    .getByText(
      /^It works only from 2 addresses or networks, only at 2 times of the week, only 1,000 times in total\.$/,
    )
    .waitFor();
  await button("Create").click();
  await page.getByText("Make sure to copy").waitFor();

  const text = (await conditions().textContent()) ?? "";
  expect(text).toMatch(/Only from 203\.0\.113\.0\/24, (?:127\.0\.0\.1|::1)\./);
  expect(text).toContain(
    "Only Mon–Fri from 07:00 to 19:00; Sat, Sun from 22:00 to 06:00 of the next day, in the time zone Europe/Berlin.",
  );
  expect(text).toContain("1,000 times in total, on all servers together.");
  const { pats } = await api.tokens.list({ query: { name: "gauge" } });
  expect(pats[0]?.conditions).toMatchObject({
    max_uses: 1000,
    weekly: {
      timezone: "Europe/Berlin",
      windows: [
        { days: ["mon", "tue", "wed", "thu", "fri"], from: "07:00", to: "19:00" },
        { days: ["sat", "sun"], from: "22:00", to: "06:00" },
      ],
    },
  });
});

test("nothing is created while an entry is wrong, and each one is told in words", async () => {
  await page.goto(`${app.url}/pats/new?name=wrong`);
  await fold().click();
  await check("These addresses and networks").check();
  await page.getByLabel("Works from").fill("10.0.0.1\n10.0.0.300\nthe office");
  await check("A rate limit").check();
  await button("Create").click();
  await page.getByText("10.0.0.300, the office: must be an address or a network").waitFor();
  await page.getByText("Enter a number between 1 and 1,000,000", { exact: true }).waitFor();
  const focused = page.locator(":focus");
  expect(await focused.inputValue()).toContain("10.0.0.300");
  // What only the server knows is said at the same place.
  await page.getByLabel("Works from").fill("10.0.0.5/8");
  await page.getByLabel("Maximum uses").fill("600");
  await button("Create").click();
  await page
    .getByText("10.0.0.5/8 has bits beyond its network; write 10.0.0.0/8.")
    .first()
    .waitFor();
  expect((await api.tokens.list({ query: { name: "wrong" } })).total).toBe(0);
});

test("a token is limited to the addresses that it was seen from, from the next request on", async () => {
  token = await api.tokens.create({
    body: {
      name: "meter",
      duration: "1d",
      scopes: [{ domain_id: domainId, entity_type: "clients", entity_id: "*", operation: "view" }],
    },
  });
  expect(await statusOfPump()).toBe(200);
  await expect
    .poll(async () => (await api.tokens.view({ tokenId: token.id })).use_count)
    .toBeGreaterThan(0);
  await page.goto(`${app.url}/pats/${token.id}`);
  await conditions()
    .getByText(/^It works from everywhere/)
    .waitFor();
  await button("Edit conditions").click();
  await check("These addresses and networks").check();
  await dialog().getByText("Seen from one address").waitFor();
  await button("Limit to this").click();
  await dialog().getByText("which is in the list").waitFor();
  await button("Save").click();
  await conditions()
    .getByText(/^Only from (?:127\.0\.0\.1|::1)\.$/)
    .waitFor();
  expect(await statusOfPump()).toBe(200);

  await button("Edit conditions").click();
  await dialog().getByLabel("Works from").fill("203.0.113.7");
  await button("Save").click();
  await conditions().getByText("Only from 203.0.113.7.").waitFor();
  expect(await statusOfPump()).toBe(403);
});

test("a change that the server refuses is said at its field, and nothing is changed", async () => {
  await button("Edit conditions").click();
  await check("Not before a date").check();
  await dialog().getByLabel("Not before").last().fill("2099-01-01T00:00");
  await button("Save").click();
  await dialog()
    .getByText(/^Must be before the token ends/)
    .waitFor();
  expect(await page.locator(":focus").inputValue()).toBe("2099-01-01T00:00");
  expect((await api.tokens.view({ tokenId: token.id })).conditions).toEqual({
    addresses: { allow: ["203.0.113.7"] },
  });

  await check("Not before a date").uncheck();
  await check("These addresses and networks").uncheck();
  await button("Save").click();
  await conditions()
    .getByText(/^It works from everywhere/)
    .waitFor();
  expect(await statusOfPump()).toBe(200);
});
