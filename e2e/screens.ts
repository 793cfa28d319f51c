import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext, Page } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { newDataDir, removeDataDir, startServerProcess } from "./server-process.ts";

// `npm run screens [part of a name …]` renders every page into ./screens.
const folder = join(import.meta.dirname, "../screens");
const wanted = process.argv.slice(2);

const widths = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const schemes = ["light", "dark"] as const;

interface Screen {
  readonly name: string;
  readonly path: (demo: DemoData) => string;
  readonly isForStrangers?: boolean;
  /** What is to be done on the page before the picture. */
  readonly prepare?: (page: Page, demo: DemoData) => Promise<void>;
}

const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

const screens: readonly Screen[] = [
  { name: "sign-in", path: () => "/sign-in", isForStrangers: true },
  { name: "register", path: () => "/register", isForStrangers: true },
  { name: "domains", path: () => "/domains" },
  {
    name: "domains-create",
    path: () => "/domains",
    prepare: async (page) => {
      await button(page, "Create").click();
      await page.getByLabel("Name").fill("Harbour crane 3");
    },
  },
  { name: "domains-empty", path: () => "/domains?q=nothing" },
  { name: "domain-home", path: ({ domainId }) => `/domains/${domainId}` },
  { name: "pats", path: () => "/pats" },
  { name: "pats-all", path: () => "/pats?status=all" },
  { name: "pats-empty", path: () => "/pats?status=expired&q=nothing" },
  {
    name: "pats-status",
    path: () => "/pats?status=expired",
    prepare: (page) => button(page, "Status: Expired").click(),
  },
  {
    name: "pats-row-actions",
    path: () => "/pats",
    prepare: (page) => button(page, "Actions for ci deploy").click(),
  },
  {
    name: "pats-delete-all",
    path: () => "/pats",
    prepare: (page) => button(page, "Delete All").click(),
  },
  { name: "pats-create", path: () => "/pats/new" },
  {
    name: "pats-create-filled",
    path: ({ domainId, clientIds, channelId }) =>
      `/pats/new?name=night+report&duration=90d&domain=${domainId}&scopes=clients:view:*,clients:update_tags:*,domains:list_clients,channels:view:${channelId},clients:delete:${clientIds[0]}`,
  },
  {
    name: "pats-create-operations",
    path: () => "/pats/new",
    prepare: async (page) => {
      await page.getByRole("combobox", { name: "Entity Type" }).click();
      await page.getByRole("option", { name: "Clients" }).click();
      await page.getByRole("combobox", { name: "Operation" }).click();
    },
  },
  { name: "pat", path: ({ tokenId }) => `/pats/${tokenId}` },
  {
    name: "pat-add-scope",
    path: ({ tokenId }) => `/pats/${tokenId}?add=scope`,
    prepare: (page) => page.getByRole("dialog", { name: "Add scope" }).waitFor(),
  },
  {
    name: "pat-revoke",
    path: ({ tokenId }) => `/pats/${tokenId}`,
    prepare: (page) => button(page, "Revoke").click(),
  },
  {
    name: "pat-new-secret",
    path: () => "/pats/new?name=night+report&scopes=clients:view:*",
    prepare: async (page) => {
      await button(page, "Create").click();
      await page.getByText("Make sure to copy").waitFor();
    },
  },
  { name: "pat-not-found", path: () => "/pats/5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60" },
  { name: "profile", path: () => "/profile" },
  { name: "profile-password", path: () => "/profile?tab=password" },
  { name: "profile-sessions", path: () => "/profile?tab=sessions" },
  { name: "not-found", path: () => "/no/such/page" },
  {
    name: "account-menu",
    path: () => "/pats",
    prepare: (page) => page.getByRole("button", { name: "Account of Jane Doe" }).click(),
  },
];

const dataDir = await newDataDir();
const server = await startServerProcess(dataDir, {
  TESSERA_ADMIN_EMAIL: demoAdmin.email,
  TESSERA_ADMIN_PASSWORD: demoAdmin.password,
  TESSERA_LOG_LEVEL: "warn",
  TESSERA_USAGE_FLUSH_INTERVAL: "200ms",
});
const browser = await launchBrowser();
try {
  mkdirSync(folder, { recursive: true });
  const demo = await createDemoData(server.url);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  for (const [width, viewport] of Object.entries(widths)) {
    for (const colorScheme of schemes) {
      const settings = { viewport, colorScheme, reducedMotion: "reduce" } as const;
      const stranger = await browser.newContext(settings);
      const member = await browser.newContext(settings);
      await signIn(member, demo);
      for (const screen of screens) {
        if (wanted.length > 0 && !wanted.some((part) => screen.name.includes(part))) continue;
        const context = screen.isForStrangers === true ? stranger : member;
        await take(context, screen, demo, `${screen.name}-${colorScheme}-${width}.png`);
      }
      await stranger.close();
      await member.close();
    }
  }
} finally {
  await browser.close();
  await server.stop();
  await removeDataDir(dataDir);
}

async function signIn(context: BrowserContext, { domainId }: DemoData): Promise<void> {
  const page = await context.newPage();
  await page.goto(`${server.url}/sign-in?next=/domains/${domainId}`);
  await page.getByLabel("Email or username").fill(demoAdmin.email);
  await page.getByLabel("Password", { exact: true }).fill(demoAdmin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Water works" }).waitFor();
  await page.close();
}

async function take(
  context: BrowserContext,
  { path, prepare, name }: Screen,
  demo: DemoData,
  file: string,
): Promise<void> {
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  try {
    await page.goto(server.url + path(demo));
    await settle(page);
    await prepare?.(page, demo);
    await settle(page);
    await page.screenshot({ path: join(folder, file), fullPage: prepare === undefined });
    console.log(file, ...complaints);
  } catch (error) {
    await page.screenshot({ path: join(folder, file) });
    console.error(`${name}: ${error}`, ...complaints);
    process.exitCode = 1;
  }
  await page.close();
}

/** Until the page has its title, nothing says that it loads, and moving things stand still. */
async function settle(page: Page): Promise<void> {
  await page.locator("h1").first().waitFor();
  await page.waitForLoadState("networkidle");
  await page.waitForFunction("document.querySelector('[aria-busy=true]') === null");
  await page.waitForTimeout(200);
}
