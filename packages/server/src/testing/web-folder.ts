import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder like that of the built web app: its page, an icon and a script. Whoever makes it removes it. */
export function makeWebFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tessera-web-"));
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html>the web app");
  writeFileSync(join(folder, "favicon.svg"), "<svg/>");
  writeFileSync(join(folder, "assets", "main-1.js"), "// the app");
  return folder;
}
