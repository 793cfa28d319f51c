import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { ConsoleMessage, Page } from "playwright-core";
import { ageScopes } from "./aged-scopes.ts";
import { startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { type Screen, screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";
import { stateScreens } from "./state-pages.ts";

// `npm run screens [part of a name …]` renders every page into ./screens.
const folder = join(import.meta.dirname, "../screens");
const wanted = process.argv.slice(2);

const isWanted = ({ name }: Screen) =>
  wanted.length === 0 || wanted.some((part) => name.includes(part));

const widths = { wide: { width: 1280, height: 800 }, narrow: { width: 390, height: 844 } } as const;
const schemes = ["light", "dark"] as const;

const app = await startAppWithBrowser();
try {
  mkdirSync(folder, { recursive: true });
  const demo = await createDemoData(app.url);
  ageScopes(app.dataDir, demo.tokenId);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  for (const [width, viewport] of Object.entries(widths)) {
    for (const colorScheme of schemes) {
      const settings = { viewport, colorScheme, reducedMotion: "reduce" } as const;
      const strangers = await app.browser.newContext(settings);
      const members = await app.browser.newContext(settings);
      const stranger = await strangers.newPage();
      const member = await signIn(members, app.url, demoAdmin, `/domains/${demo.domainId}`);
      for (const screen of screens) {
        if (!isWanted(screen)) continue;
        const page = screen.isForStrangers === true ? stranger : member;
        await take(page, screen, demo, `${screen.name}-${colorScheme}-${width}.png`);
      }
      for (const screen of stateScreens) {
        if (!isWanted(screen)) continue;
        const alone = await app.browser.newContext(settings);
        const page = await signIn(alone, app.url, demoAdmin);
        await take(page, screen, demo, `${screen.name}-${colorScheme}-${width}.png`);
        await alone.close();
      }
      await strangers.close();
      await members.close();
    }
  }
} finally {
  await app.close();
}

async function take(
  page: Page,
  { path, prepare, name, isInMotion }: Screen,
  demo: DemoData,
  file: string,
): Promise<void> {
  const complaints: string[] = [];
  const note = (message: ConsoleMessage) => {
    if (message.type() === "error") complaints.push(message.text());
  };
  const noteError = (error: Error) => complaints.push(String(error));
  page.on("console", note).on("pageerror", noteError);
  try {
    await page.goto(app.url + path(demo));
    await settle(page);
    await prepare?.(page, demo);
    if (isInMotion !== true) await settle(page);
    await page.screenshot({ path: join(folder, file), fullPage: prepare === undefined });
    console.log(file, ...complaints);
  } catch (error) {
    await page.screenshot({ path: join(folder, file) });
    console.error(`${name}: ${error}`, ...complaints);
    process.exitCode = 1;
  }
  page.off("console", note).off("pageerror", noteError);
}
