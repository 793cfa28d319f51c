import { type Browser, chromium } from "playwright-core";
import { findChromium } from "../scripts/installed-programs.mjs";

/** An installed browser, or the one that Playwright brought; it asks nobody on the internet for anything. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = findChromium();
  return chromium.launch({
    ...(executablePath === undefined ? {} : { executablePath }),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      // Fewer processes to start and to talk to: a sixth of the work.
      "--in-process-gpu",
      "--enable-features=NetworkServiceInProcess2",
      // Code made faster does not pay for pages that live a second.
      "--js-flags=--no-maglev --no-turbofan --single-threaded-gc --min-semi-space-size=16",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}
