import type { Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
/** A browser whose clock is wrong by that. */
const ahead = 3 * day;
const patience = { timeout: 20_000 };

let app: AppWithBrowser;
let api: Client;
let page: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  const context = await app.browser.newContext({
    reducedMotion: "reduce",
    timezoneId: "Asia/Tokyo",
    viewport: { width: 1280, height: 800 },
  });
  await context.addInitScript(`{
    const now = Date.now.bind(Date);
    const Real = Date;
    Date = class extends Real {
      constructor(...parts) { parts.length === 0 ? super(now() + ${ahead}) : super(...parts); }
      static now() { return now() + ${ahead}; }
    };
  }`);
  page = await signIn(context, app.url, demoAdmin, "/pats/new?name=until+then");
});
afterAll(() => app?.close());

const heading = (name: string) => page.getByRole("heading", { name, exact: true });
/** Where it is another day than in UTC now. */
const farTimezone = new Date().getUTCHours() < 10 ? "Pacific/Pago_Pago" : "Pacific/Kiritimati";
/** As the field for date and time writes it in Tokyo, where clocks are never changed. */
const inTokyo = (at: number) => new Date(at + 9 * hour).toISOString().slice(0, 16);

test("a moment of one's own is kept as it was chosen, whatever the browser's clock says", async () => {
  const chosen = Math.ceil((Date.now() + 2 * hour) / minute) * minute;
  await page.getByRole("combobox", { name: "Duration" }).click();
  await page.getByRole("option", { name: "Custom" }).click();
  await page.getByLabel("Expires on").fill(inTokyo(chosen));
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await heading("until then").waitFor();
  const [token] = (await api.tokens.list()).pats;
  expect(Date.parse(token?.expires_at ?? "")).toBe(chosen);
  await page.getByText(/^Expires in (1 h 59 min|2 h)/).waitFor();
  expect(await page.getByText("Expired", { exact: true }).count()).toBe(0);
});

test("a moment that has passed on the server is refused where it is chosen", async () => {
  await api.tokens.delete_all();
  await page.goto(`${app.url}/pats/new?name=too+late`);
  await page.getByRole("combobox", { name: "Duration" }).click();
  await page.getByRole("option", { name: "Custom" }).click();
  await page.getByLabel("Expires on").fill(inTokyo(Date.now() - 5 * minute));
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.getByText("Choose a time in the future").waitFor();
  expect((await api.tokens.list({ query: { status: "all" } })).total).toBe(0);
});

test("what was done just now is said to be so, and the exact time with its zone is told on focus as on hover", async () => {
  const { id } = await api.tokens.create({ body: { name: "fresh", duration: "7d" } });
  await page.goto(`${app.url}/pats/${id}`);
  const issued = page.locator("time", { hasText: "just now" }).first();
  await issued.waitFor();
  const exact = /^\w{3}, \w{3} \d+, \d{4}, \d\d:\d\d GMT\+9$/;
  await issued.focus();
  await page.getByRole("tooltip").getByText(exact).waitFor();
  await heading("fresh").click();
  await page.getByRole("tooltip").waitFor({ state: "hidden" });
  await page.getByText("Expires in 7 days").hover();
  await page.getByRole("tooltip").getByText(exact).waitFor();
});

test("a chart of use has an axis, refusals apart from uses, and has the days of the reader", async () => {
  const { id: domainId } = await api.domains.create({ body: { name: "Plant", route: "plant" } });
  const { id: clientId } = await api.clients.create({ domainId, body: { name: "pump" } });
  const { id, secret } = await api.tokens.create({
    body: {
      name: "busy",
      duration: "7d",
      scopes: [{ domain_id: domainId, entity_type: "clients", entity_id: "*", operation: "view" }],
    },
  });
  for (let count = 0; count < 3; count += 1) {
    expect(await useToken(app.url, secret, `/${domainId}/clients/${clientId}`)).toBe(200);
  }
  expect(await useToken(app.url, secret, `/${domainId}/clients`)).toBe(403);
  await expect
    .poll(async () => (await api.tokens.view({ tokenId: id })).refused_count, patience)
    .toBe(1);
  const reader = await app.browser.newContext({ timezoneId: farTimezone });
  const read = await signIn(reader, app.url, demoAdmin, `/pats/${id}`);
  const chart = read.getByRole("figure", { name: "Last 30 days" });
  await chart.getByText("3 uses and 1 refusal in all").waitFor();
  await chart
    .getByText(`Each day from midnight to midnight, ${farTimezone.replace("_", " ")}`)
    .waitFor();
  await read
    .getByText(/^Operations, objects and refusals are counted by days in UTC, the chart by days in/)
    .waitFor();
  await chart.getByText("Refused").first().waitFor();
  expect(await chart.getByTestId("axis").allTextContents()).toEqual(["4", "2", "0"]);
  const today = new Intl.DateTimeFormat("en", {
    month: "short",
    day: "numeric",
    timeZone: farTimezone,
  }).format(new Date());
  expect(await chart.getByRole("list").textContent()).toBe(`${today}: 3 uses, 1 refusal`);
  await reader.close();
});
