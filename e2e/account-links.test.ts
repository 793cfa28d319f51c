import type { BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect } from "vitest";
import { openSmtpSink, type SmtpSink } from "../packages/server/src/testing/smtp-sink.ts";
import { type AppWithBrowser, startAppWithBrowser } from "./app-with-browser.ts";
import { findViolations } from "./axe.ts";
import { demoAdmin, signedInClient } from "./demo-data.ts";
import { freePort } from "./free-port.ts";
import { testInTurns } from "./in-turns.ts";
import { settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

const test = testInTurns();

const patience = { timeout: 20_000, interval: 100 };
const oldPassword = "a-password-of-ada";
const newPassword = "another-one-of-ada";

let sink: SmtpSink;
/** Sends mail, and wants addresses to be proven. */
let app: AppWithBrowser;
let withoutMail: AppWithBrowser;
let context: BrowserContext;
let page: Page;
let people = 0;

beforeAll(async () => {
  sink = await openSmtpSink();
  const port = await freePort();
  app = await startAppWithBrowser({
    TESSERA_PORT: String(port),
    TESSERA_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
    TESSERA_MAIL_FROM: "Tessera <tessera@example.test>",
    TESSERA_PUBLIC_URL: `http://127.0.0.1:${port}`,
    TESSERA_REQUIRE_VERIFIED_EMAIL: "true",
  });
  withoutMail = await startAppWithBrowser();
});
afterEach(() => context?.close());
afterAll(async () => {
  await app?.close();
  await withoutMail?.close();
  await sink?.close();
});

const button = (name: string) => page.getByRole("button", { name, exact: true });
const heading = (name: string) => page.getByRole("heading", { name, exact: true });

async function openPage({ browser, url }: AppWithBrowser, path: string): Promise<void> {
  context = await browser.newContext({ reducedMotion: "reduce" });
  page = await context.newPage();
  await page.goto(url + path);
}

/** Somebody whose address is not proven. */
async function newPerson({ url }: AppWithBrowser) {
  people += 1;
  const username = `ada${people}`;
  const email = `${username}@example.test`;
  const admin = await signedInClient(url, demoAdmin.email, demoAdmin.password);
  const credentials = { username, secret: oldPassword };
  await admin.users.register({ body: { first_name: "Ada", last_name: "L", email, credentials } });
  return { username, email, password: oldPassword };
}

/** The link of the last mail to that address. */
async function linkTo(email: string, subject: string): Promise<string> {
  const find = () =>
    sink.mails
      .filter(({ to, head }) => to.includes(email) && head.includes(`Subject: ${subject}`))
      .map(({ text }) => /^http:\/\/\S+#token=\S+$/m.exec(text)?.[0])
      .at(-1);
  await expect.poll(find, patience).toBeDefined();
  return find() ?? "";
}

const canSignIn = (username: string, password: string) =>
  signedInClient(app.url, username, password).then(
    () => true,
    () => false,
  );

/** In the light theme and in the dark, and on a narrow screen. */
async function expectAccessible(): Promise<void> {
  await settle(page);
  expect(await findViolations(page)).toEqual([]);
  await page.emulateMedia({ colorScheme: "dark" });
  await expect.poll(() => findViolations(page, ["color-contrast"]), patience).toEqual([]);
  await page.emulateMedia({ colorScheme: "light" });
}

describe("a forgotten password", () => {
  test("is replaced by the link in a mail, which works once", async () => {
    const { username, email } = await newPerson(app);
    await openPage(app, "/sign-in");
    await page.getByRole("link", { name: "Forgot your password?" }).click();
    await page.getByLabel("Email address").fill("nobody");
    await button("Send the link").click();
    await page.getByText("Must be an email address").waitFor();
    await page.getByLabel("Email address").fill(email);
    await page.keyboard.press("Enter");
    await page.getByRole("status").getByText("a mail is on its way").waitFor();
    await button("Send again").waitFor();
    await expectAccessible();

    const link = await linkTo(email, "Choose a new password");
    await page.goto(link);
    await page.getByLabel("New password").fill(newPassword);
    await page.getByLabel("Confirm password").fill("not the same");
    await button("Change the password").click();
    await page.getByText("The passwords differ").waitFor();
    expect(await canSignIn(username, newPassword)).toBe(false);
    await page.getByLabel("Confirm password").fill(newPassword);
    await page.keyboard.press("Enter");
    await page.getByText("Your password is changed").waitFor();
    expect(await canSignIn(username, newPassword)).toBe(true);
    expect(await canSignIn(username, oldPassword)).toBe(false);

    await page.goto(link);
    await page.getByLabel("New password").fill("a-third-one-of-ada");
    await page.getByLabel("Confirm password").fill("a-third-one-of-ada");
    await button("Change the password").click();
    await page.getByText("This link does not work, or no longer works").waitFor();
    expect(await canSignIn(username, newPassword)).toBe(true);
    await page.getByRole("link", { name: "Ask for a new one" }).click();
    await heading("Forgot your password?").waitFor();
  });

  test("where no mail is sent leads to the administrator, who makes a link that is shown once", async () => {
    const { username, email } = await newPerson(withoutMail);
    await openPage(withoutMail, "/password/forgot");
    await page.getByText("This server sends no mail").waitFor();
    await page.getByText("Ask its administrator for a reset link").waitFor();
    expect(await page.getByLabel("Email address").count()).toBe(0);
    await context.close();

    context = await withoutMail.browser.newContext({ reducedMotion: "reduce" });
    page = await signIn(context, withoutMail.url, demoAdmin, "/users");
    await button(`Actions for ${username}`).click();
    await page.getByRole("menuitem", { name: "Reset link" }).click();
    await page.getByRole("dialog").getByText(email).waitFor();
    await page.keyboard.press("Enter");
    const link = (await page.getByTestId("reset-link").textContent()) ?? "";
    expect(link.startsWith(`${withoutMail.url}/password/reset#token=`)).toBe(true);
    await page.keyboard.press("Escape");
    await page.getByText("The link is shown only this once").waitFor();
    await page.keyboard.press("Escape");
    await button("Copy").click();
    await button("Done").click();
    await page.getByTestId("reset-link").waitFor({ state: "hidden" });

    await page.goto(link);
    await page.getByLabel("New password").fill(newPassword);
    await page.getByLabel("Confirm password").fill(newPassword);
    await button("Change the password").click();
    await page.getByText("Your password is changed").waitFor();
    await signedInClient(withoutMail.url, username, newPassword);
  });
});

describe("an email address", () => {
  test("is proven before anything else where that is required: the page waits for the link, and goes on by itself", async () => {
    const person = await newPerson(app);
    context = await app.browser.newContext({ reducedMotion: "reduce" });
    page = await signIn(context, app.url, person, "/pats");
    await heading("Verify your email address").waitFor();
    await button("Send the link").click();
    await page.getByRole("status").getByText("A mail is on its way").waitFor();
    await button("Send again").waitFor();
    await expectAccessible();

    const link = await linkTo(person.email, "Verify your email address");
    const other = await context.newPage();
    await other.goto(link);
    await other.getByRole("button", { name: "Yes, it is mine" }).click();
    await other.getByRole("status").getByText("Your email address is verified").waitFor();
    await heading("Personal Access Tokens").waitFor();
    await other.reload();
    await other.getByRole("button", { name: "Yes, it is mine" }).click();
    await other.getByText("This link does not work, or no longer works").waitFor();
    await other.getByRole("link", { name: "your profile" }).click();
    await other.getByText(/^Verified/).waitFor();
  });

  test("is not proven where no mail is sent, and the profile says so", async () => {
    const person = await newPerson(withoutMail);
    context = await withoutMail.browser.newContext({ reducedMotion: "reduce" });
    page = await signIn(context, withoutMail.url, person, "/profile");
    await page.getByText("This server sends no mail, so addresses are not verified here").waitFor();
    expect(await button("Send the link").count()).toBe(0);
  });
});
