import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleCatalogueYaml } from "../packages/server/src/testing/example-catalogue.ts";
import { sampled } from "../packages/server/src/testing/soak.ts";
import { findViolations } from "./axe.ts";
import { launchBrowser } from "./browser.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

let dataDir: string;
let server: ServerProcess;
let browser: Browser;

beforeAll(async () => {
  dataDir = await newDataDir();
  const settings = join(dataDir, "tessera.yaml");
  await writeFile(settings, exampleCatalogueYaml());
  server = await startServerProcess(dataDir, {
    TESSERA_CONFIG: settings,
    TESSERA_ADMIN_PASSWORD: "first-admin-pass-1",
  });
  browser = await launchBrowser();
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await removeDataDir(dataDir);
});

describe.each(sampled(["light", "dark"] as const, 2))(
  "the reference page in the %s theme",
  (colorScheme) => {
    let page: Page;
    const requested: string[] = [];
    const complaints: string[] = [];

    beforeAll(async () => {
      page = await browser.newPage({ colorScheme });
      page.on("request", (request) => requested.push(request.url()));
      page.on("console", (message) => complaints.push(message.text()));
      await page.goto(`${server.url}/docs`);
    });
    afterAll(() => page.close());

    test("asks no other host for anything", () => {
      expect(requested).toEqual([`${server.url}/docs`, `${server.url}/docs/reference.css`]);
      expect(complaints).toEqual([]);
    });

    test.each([390, 1280])("at %i px is whole", async (width) => {
      await page.setViewportSize({ width, height: 844 });
      const [content, window] = await page.evaluate<[number, number]>(
        "[document.documentElement.scrollWidth, innerWidth]",
      );
      expect(content).toBeLessThanOrEqual(window);
    });

    test("leads from the contents to an operation, and from a scope to its requests", async () => {
      const contents = page.getByRole("navigation", { name: "Contents" });
      await contents.getByText("Personal access tokens", { exact: true }).click();
      await contents.getByRole("link", { name: "Create a personal access token" }).click();
      expect(page.url()).toBe(`${server.url}/docs#tokens.create`);
      await page.getByRole("link", { name: "POST /{domainId}/channels/connect" }).first().click();
      expect(page.url()).toBe(`${server.url}/docs#channels.connect_many`);
      expect(await page.getByText("rules:alarm_acknowledge").count()).toBe(1);
    });

    test("has nothing in which axe finds a fault", async () => {
      // One of each kind is enough: axe takes a minute for the hundred and fifty operations.
      await page.evaluate(
        "for (const alike of document.querySelectorAll('article:not(:first-of-type), nav li li + li')) alike.remove()",
      );
      expect(await findViolations(page)).toEqual([]);
    });
  },
);
