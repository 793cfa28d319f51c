import { AxeBuilder } from "@axe-core/playwright";
import type { Browser, BrowserContext } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { launchBrowser } from "./browser.ts";
import { createDemoData, type DemoData, demoAdmin } from "./demo-data.ts";
import { screens, settle } from "./pages.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";
import { signIn } from "./sign-in.ts";

let dataDir: string;
let server: ServerProcess;
let browser: Browser;
let demo: DemoData;

beforeAll(async () => {
  dataDir = await newDataDir();
  server = await startServerProcess(dataDir, {
    TESSERA_ADMIN_EMAIL: demoAdmin.email,
    TESSERA_ADMIN_PASSWORD: demoAdmin.password,
    TESSERA_LOG_LEVEL: "warn",
    TESSERA_USAGE_FLUSH_INTERVAL: "200ms",
  });
  demo = await createDemoData(server.url);
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await removeDataDir(dataDir);
});

describe.each(["light", "dark"] as const)(
  "in the %s theme axe finds nothing wrong",
  (colorScheme) => {
    let stranger: BrowserContext;
    let member: BrowserContext;
    beforeAll(async () => {
      const settings = {
        colorScheme,
        reducedMotion: "reduce",
        viewport: { width: 1280, height: 900 },
      } as const;
      stranger = await browser.newContext(settings);
      member = await browser.newContext(settings);
      await (await signIn(member, server.url, demoAdmin, `/domains/${demo.domainId}`)).close();
    });

    it.each(screens)("with $name", async ({ path, prepare, isForStrangers }) => {
      const page = await (isForStrangers === true ? stranger : member).newPage();
      await page.goto(server.url + path(demo));
      await settle(page);
      await prepare?.(page, demo);
      await settle(page);
      const { violations, passes } = await new AxeBuilder({ page }).analyze();
      expect(passes.length).toBeGreaterThan(10);
      expect(
        violations.flatMap(({ id, nodes }) =>
          nodes.map(({ target, failureSummary }) => `${id}: ${target.join(" ")} ${failureSummary}`),
        ),
      ).toEqual([]);
      await page.close();
    });
  },
);
