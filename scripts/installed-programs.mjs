import { accessSync, constants, readdirSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import process from "node:process";

/**
 * The folder that holds both `initdb` and `postgres`, or undefined. Debian keeps the server
 * programs off PATH, one folder a version; the newest wins.
 * @returns {string | undefined}
 */
export function findPostgresFolder() {
  const folders = [
    ...pathFolders(),
    ...subfolders("/usr/lib/postgresql", "bin"),
    ...subfolders("/opt/homebrew/opt", "bin", "postgresql"),
    ...subfolders("/usr/local/opt", "bin", "postgresql"),
    ...subfolders("/usr", "bin", "pgsql-"),
  ];
  return folders.find(
    (folder) => isProgram(join(folder, "postgres")) && isProgram(join(folder, "initdb")),
  );
}

/**
 * A Chromium without a window, which does the same in half the time; undefined where there is none.
 * @returns {string | undefined}
 */
export function findHeadlessChromium() {
  return findOnPath("chromium-headless-shell");
}

/**
 * An installed Chromium or Chrome, or undefined.
 * @returns {string | undefined}
 */
export function findChromium() {
  const names = ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome"];
  const candidates = [
    findHeadlessChromium(),
    ...names.map(findOnPath),
    "/snap/bin/chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ];
  return candidates.find((file) => file !== undefined && isProgram(file));
}

/**
 * nginx, or undefined; Debian keeps it in /usr/sbin, which a user's PATH leaves out.
 * @returns {string | undefined}
 */
export function findNginx() {
  return findOnPath("nginx") ?? ["/usr/sbin/nginx", "/usr/local/sbin/nginx"].find(isProgram);
}

/**
 * Caddy, or undefined.
 * @returns {string | undefined}
 */
export function findCaddy() {
  return findOnPath("caddy");
}

/**
 * PgBouncer, or undefined; Debian keeps it in /usr/sbin as well.
 * @returns {string | undefined}
 */
export function findPgBouncer() {
  const places = ["/usr/sbin/pgbouncer", "/usr/local/sbin/pgbouncer"];
  return findOnPath("pgbouncer") ?? places.find(isProgram);
}

/**
 * A program on PATH, or undefined.
 * @param {string} name
 * @returns {string | undefined}
 */
export function findOnPath(name) {
  return pathFolders()
    .map((folder) => join(folder, name))
    .find(isProgram);
}

function pathFolders() {
  return (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== "");
}

/**
 * `parent/<name>/last` for every folder whose name starts with `prefix`, newest version first.
 * @param {string} parent
 * @param {string} last
 */
function subfolders(parent, last, prefix = "") {
  try {
    return readdirSync(parent)
      .filter((name) => name.startsWith(prefix))
      .sort((a, b) => b.localeCompare(a, "en", { numeric: true }))
      .map((name) => join(parent, name, last));
  } catch {
    return [];
  }
}

/** @param {string} file */
function isProgram(file) {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
