import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { builtInEntityTypes, createCatalogue } from "../packages/contract/src/index.ts";
import { sensors } from "../packages/server/src/testing/sensors.ts";
import { startApp, type TestApp } from "../packages/server/src/testing/start-app.ts";
import { openTestSqlite } from "../packages/server/src/testing/test-databases.ts";
import { launchBrowser } from "./browser.ts";
import { newDataDir, removeDataDir } from "./server-process.ts";

const root = join(import.meta.dirname, "..");

/** A server and its web app, both built with one more entity type. */
export interface AppWithSensors {
  readonly url: string;
  readonly server: TestApp;
  readonly browser: Browser;
  close(): Promise<void>;
}

export async function startAppWithSensors(): Promise<AppWithSensors> {
  const webFolder = await newDataDir();
  await buildWebApp(webFolder);
  const server = await startApp(
    { name: "SQLite", open: openTestSqlite },
    {
      catalogue: createCatalogue([], [...builtInEntityTypes, sensors]),
      build: { webFolder },
    },
  );
  const url = await server.address();
  const browser = await launchBrowser();
  return {
    url,
    server,
    browser,
    close: async () => {
      await browser.close();
      await server.close();
      await removeDataDir(webFolder);
    },
  };
}

async function buildWebApp(outDir: string): Promise<void> {
  const vite = join(root, "node_modules/.bin/vite");
  const options = ["--config", "one-more-type.config.ts", "--outDir", outDir];
  const child = spawn(process.execPath, [vite, "build", "--logLevel", "error", ...options], {
    cwd: join(root, "packages/web"),
    stdio: ["ignore", "inherit", "inherit"],
  });
  const [code] = await once(child, "exit");
  if (code !== 0) throw new Error("The web app with one more entity type could not be built.");
}
