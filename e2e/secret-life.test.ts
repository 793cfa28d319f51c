import type { BrowserContext, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect } from "vitest";
import type { Client } from "../packages/sdk/src/index.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { demoAdmin, signedInClient, useToken } from "./demo-data.ts";
import { testInTurns } from "./in-turns.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

let app: AppWithBrowser;
let api: Client;
let domainId: string;
let context: BrowserContext;
let page: Page;

beforeAll(async () => {
  app = await startAppWithBrowser();
  api = await signedInClient(app.url, demoAdmin.email, demoAdmin.password);
  const domain = await api.domains.create({ body: { name: "Water works", route: "water-works" } });
  domainId = domain.id;
  context = await app.browser.newContext({ reducedMotion: "reduce" });
  page = await signIn(context, app.url, demoAdmin);
});
afterAll(() => app?.close());

const button = (name: string, place: Pick<Page, "getByRole"> = page) =>
  place.getByRole("button", { name, exact: true });
const dialog = () => page.getByRole("dialog", { name: "Regenerate PAT" });
const news = () => page.getByRole("region", { name: "Rotation" }).getByRole("status");
const secrets = () => page.getByRole("region", { name: "Secrets" });

/** A token with its page open. */
async function openToken(name: string) {
  const scopes = [
    { domain_id: domainId, entity_type: "domains", entity_id: domainId, operation: "list_clients" },
  ];
  const token = await api.tokens.create({ body: { name, duration: "30d", scopes } });
  await page.goto(`${app.url}/pats/${token.id}`);
  return token;
}

const statusOf = (secret: string) => useToken(app.url, secret, `/${domainId}/clients`);

/** Goes through the dialog; resolves to the new secret. */
async function regenerate(way: string): Promise<string> {
  await button("Regenerate").click();
  await dialog().getByRole("radio", { name: way }).check();
  await button("Regenerate", dialog()).click();
  return (await page.getByTestId("secret").textContent()) ?? "";
}

describe("a token that works gets a new secret", () => {
  test("where one program uses it the page waits for the first use, and says by itself that the old secret is dead", async () => {
    const token = await openToken("one program");
    const fresh = await regenerate("One program uses it");
    expect(await page.evaluate("document.activeElement.ariaLabel")).toBe("New token");
    await news().getByText("Waiting for the first use").waitFor();
    expect(await statusOf(token.secret)).toBe(200);

    expect(await statusOf(fresh)).toBe(200);
    await news().getByText("Switched: the old secret is dead").waitFor();
    expect(await statusOf(token.secret)).toBe(401);
    await button("Copy", page.getByRole("region", { name: "New token" })).click();
    await button("Revoke").click();
    await button("Revoke", page.getByRole("dialog", { name: "Revoke PAT" })).click();
    await page.getByText("Revoked just now").waitFor();
    for (const over of ["The new one is in use", "Make sure to copy", "Authorization: Bearer"]) {
      expect(await page.getByText(over).count(), over).toBe(0);
    }
    await page.reload();
    await secrets().getByText("Still tried by 127.0.0.1, once, last just now").waitFor();
    expect(await news().count()).toBe(0);
  });

  test("where several machines use it both secrets work, the table says so, and only a leak goes on from there", async () => {
    const token = await openToken("several machines");
    await button("Regenerate").click();
    await dialog().getByRole("radio", { name: "Several machines use it" }).check();
    await dialog().getByRole("combobox", { name: "Both work for" }).click();
    await page.getByRole("option", { name: "1 hour" }).click();
    await button("Regenerate", dialog()).click();
    const fresh = (await page.getByTestId("secret").textContent()) ?? "";
    await news().getByText("Both secrets work until").waitFor();
    expect(await statusOf(fresh)).toBe(200);
    await news().getByText("The new secret is in use").waitFor();
    expect(await button("Cancel the rotation").count()).toBe(0);
    expect(await statusOf(token.secret)).toBe(200);
    await button("Copy", page.getByRole("region", { name: "New token" })).click();

    await page.goto(`${app.url}/pats?q=several`);
    const row = page.getByRole("row").filter({ hasText: "several machines" });
    await row.getByText("two secrets").waitFor();
    await button("Actions for several machines").click();
    await page.getByRole("menuitem", { name: "Regenerate" }).click();
    await dialog().getByText("Until then only “It leaked” is possible").waitFor();
    const deadline = dialog().getByRole("radio", { name: "Several machines use it" });
    expect(await deadline.isDisabled()).toBe(true);
    await button("Regenerate", dialog()).click();
    const last = (await page.getByTestId("secret").textContent()) ?? "";
    expect(await statusOf(fresh)).toBe(401);
    expect(await statusOf(token.secret)).toBe(401);
    expect(await statusOf(last)).toBe(200);
    await secrets().getByText("Works", { exact: true }).waitFor();
    await button("Copy", page.getByRole("region", { name: "New token" })).click();
  });

  test("that nobody has used is taken back, and the one before works on", async () => {
    const token = await openToken("never mind");
    const fresh = await regenerate("One program uses it");
    await button("Cancel the rotation").click();
    await button("Discard the new secret").click();
    await news().getByText("The new secret is discarded").waitFor();
    await page.getByTestId("secret").waitFor({ state: "hidden" });
    expect(await statusOf(fresh)).toBe(401);
    expect(await statusOf(token.secret)).toBe(200);
    await secrets().getByText("Discarded", { exact: true }).first().waitFor();
    expect((await api.tokens.view({ tokenId: token.id })).secrets).toMatchObject([
      { state: "live" },
      { state: "discarded" },
    ]);
  });
});
