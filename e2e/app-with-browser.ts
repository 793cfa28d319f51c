import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { launchBrowser } from "./browser.ts";
import { demoAdmin } from "./demo-data.ts";
import { newDataDir, removeDataDir, startServerProcess } from "./server-process.ts";

/** A server with a fresh database on SQLite, and a browser to look at it. */
export interface AppWithBrowser {
  readonly url: string;
  /** Where its database is. */
  readonly dataDir: string;
  readonly browser: Browser;
  close(): Promise<void>;
}

/** `configuration`: what tessera.yaml holds. */
export async function startAppWithBrowser(
  settings: Readonly<Record<string, string>> = {},
  configuration = "",
): Promise<AppWithBrowser> {
  const dataDir = await newDataDir();
  const configurationFile = join(dataDir, "tessera.yaml");
  await writeFile(configurationFile, configuration);
  const server = await startServerProcess(dataDir, {
    TESSERA_CONFIG: configurationFile,
    TESSERA_ADMIN_EMAIL: demoAdmin.email,
    TESSERA_ADMIN_PASSWORD: demoAdmin.password,
    TESSERA_LOG_LEVEL: "warn",
    TESSERA_USAGE_FLUSH_INTERVAL: "200ms",
    ...settings,
  });
  const browser = await launchBrowser();
  return {
    url: server.url,
    dataDir,
    browser,
    close: async () => {
      await browser.close();
      await server.stop();
      await removeDataDir(dataDir);
    },
  };
}
