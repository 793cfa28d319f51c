import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { BrowserContext } from "playwright-core";
import { startAppWithBrowser } from "./app-with-browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { type Screen, screens, settle } from "./pages.ts";
import { signIn } from "./sign-in.ts";

// `npm run screens [part of a name …]` renders every page into ./screens.
const folder = join(import.meta.dirname, "../screens");
const wanted = process.argv.slice(2);

const widths = { wide: { width: 1440, height: 900 }, narrow: { width: 390, height: 844 } } as const;
const schemes = ["light", "dark"] as const;

const app = await startAppWithBrowser();
try {
  mkdirSync(folder, { recursive: true });
  const demo = await createDemoData(app.url);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  for (const [width, viewport] of Object.entries(widths)) {
    for (const colorScheme of schemes) {
      const settings = { viewport, colorScheme, reducedMotion: "reduce" } as const;
      const stranger = await app.browser.newContext(settings);
      const member = await app.browser.newContext(settings);
      await signIn(member, app.url, demoAdmin, `/domains/${demo.domainId}`);
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
  await app.close();
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
    await page.goto(app.url + path(demo));
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
