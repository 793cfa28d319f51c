// Runs on the Node that npm happens to have (20 is enough), before anything is installed.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import {
  findCaddy,
  findChromium,
  findHeadlessChromium,
  findNginx,
  findOnPath,
  findPgBouncer,
  findPostgresFolder,
} from "./installed-programs.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const programs = join(root, "node_modules", ".bin");
const oldestNodeMajor = 26;

const testPrograms = [
  {
    name: "PostgreSQL",
    debianPackage: "postgresql",
    isFound: () => findPostgresFolder() !== undefined,
  },
  { name: "nginx", debianPackage: "nginx-light", isFound: () => findNginx() !== undefined },
  ...["zsh", "fish", "dash"].map((shell) => ({
    name: shell,
    debianPackage: shell,
    isFound: () => findOnPath(shell) !== undefined,
  })),
  {
    name: "PgBouncer",
    debianPackage: "pgbouncer",
    isFound: () => findPgBouncer() !== undefined,
  },
  { name: "Chromium", debianPackage: "chromium", isFound: () => findChromium() !== undefined },
];

/**
 * Not every Debian has them. With the first the browser's tests cost half as much; without the second its configuration is
 * not tested.
 */
const welcomePrograms = [
  { debianPackage: "chromium-headless-shell", isFound: () => findHeadlessChromium() !== undefined },
  { debianPackage: "caddy", isFound: () => findCaddy() !== undefined },
];

const usage = "usage: node scripts/setup.mjs [--for-tests] [--run <file> [argument…]]";

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

/** @param {string[]} options */
async function main(options) {
  const runAt = options.indexOf("--run");
  const own = runAt === -1 ? options : options.slice(0, runAt);
  const [file, ...passedOn] = runAt === -1 ? [] : options.slice(runAt + 1);
  if (own.some((option) => option !== "--for-tests")) throw new Error(usage);
  if (runAt !== -1 && file === undefined) throw new Error(usage);

  const isForTests = own.includes("--for-tests");
  installPackages({ isForTests });
  const node = requireNode();
  buildWebApp(node);
  if (isForTests) await installTestPrograms(node);
  if (file !== undefined) await run(node, [join(root, file), ...passedOn]);
}

/**
 * What only tests and checks need may have been left out (NODE_ENV=production, npm ci --omit=dev), except for them.
 * @param {{ isForTests: boolean }} purpose
 */
function installPackages({ isForTests }) {
  if (packagesMatchLock({ isForTests })) return;
  console.log("Installing the packages of package-lock.json (npm ci) …");
  // The npm to use is the one that started this; the pinned Node is about to be replaced.
  const path = (process.env.PATH ?? "").split(delimiter).filter((folder) => folder !== programs);
  const done = spawnSync("npm", isForTests ? ["ci", "--include=dev"] : ["ci"], {
    cwd: root,
    env: { ...process.env, PATH: path.join(delimiter) },
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (done.status !== 0) throw new Error("npm ci failed: its message is above.");
}

/**
 * npm keeps a list of what it installed; what is missing from it may be for other platforms, or for development.
 * @param {{ isForTests: boolean }} purpose
 */
function packagesMatchLock({ isForTests }) {
  const wanted = lockedPackages(join(root, "package-lock.json"));
  const installed = lockedPackages(join(root, "node_modules", ".package-lock.json"));
  if (installed.size === 0) return false;
  for (const [place, { version, integrity, optional, dev, devOptional }] of wanted) {
    const found = installed.get(place);
    const isDispensable = optional || devOptional || (dev && !isForTests);
    if (found === undefined && isDispensable) continue;
    if (found?.version !== version || found?.integrity !== integrity) return false;
  }
  return [...installed.keys()].every((place) => wanted.has(place));
}

/**
 * @typedef {{ version?: string, integrity?: string, optional?: boolean, dev?: boolean, devOptional?: boolean }} LockedPackage
 * @param {string} file
 * @returns {Map<string, LockedPackage>} by the folder under node_modules
 */
function lockedPackages(file) {
  if (!existsSync(file)) return new Map();
  const { packages } = JSON.parse(readFileSync(file, "utf8"));
  const entries = Object.entries(packages).filter(([place]) => place.includes("node_modules/"));
  return new Map(entries);
}

/** The pinned Node where there is one for this platform, else one on PATH that is new enough. */
function requireNode() {
  const candidates = [
    join(programs, process.platform === "win32" ? "node.exe" : "node"),
    process.execPath,
  ];
  const node = candidates.find((file) => nodeMajor(file) >= oldestNodeMajor);
  if (node !== undefined) return node;
  const lacking = complaintOf(candidates[0] ?? "");
  if (lacking !== undefined) {
    throw new Error(
      `The Node ${oldestNodeMajor} that npm installed does not run here: ${lacking}. Install what it lacks (of libatomic.so.1 on Debian: apt-get install libatomic1), or Node ${oldestNodeMajor} or newer, and try again.`,
    );
  }
  throw new Error(
    `Tessera needs Node ${oldestNodeMajor}, which npm has no package of for ${process.platform}-${process.arch}: install Node ${oldestNodeMajor} or newer and try again.`,
  );
}

/**
 * What a program that is there and does not run says of it: a small system lacks a library.
 * @param {string} file
 */
function complaintOf(file) {
  if (!existsSync(file)) return undefined;
  const { status, stderr, error } = spawnSync(file, ["--version"], { encoding: "utf8" });
  if (status === 0) return undefined;
  return stderr?.trim().split("\n").at(-1) || (error?.message ?? "it ends at once");
}

/** @param {string} file */
function nodeMajor(file) {
  if (!existsSync(file)) return 0;
  const answer = spawnSync(file, ["--version"], { encoding: "utf8" });
  return Number(/^v(\d+)/.exec(answer.stdout ?? "")?.[1] ?? 0);
}

/** @param {string} node */
function buildWebApp(node) {
  const web = join(root, "packages", "web");
  if (!existsSync(join(web, "index.html"))) return;
  const stamp = join(web, "dist", ".built-from");
  const sources = hashOfWebSources(web);
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === sources) return;
  console.log("Building the web app …");
  const vite = join(root, "node_modules", "vite", "bin", "vite.js");
  const done = spawnSync(node, [vite, "build", "--logLevel", "warn"], {
    cwd: web,
    stdio: "inherit",
  });
  if (done.status !== 0) throw new Error("The web app did not build: the message is above.");
  writeFileSync(stamp, sources);
}

/** @param {string} web */
function hashOfWebSources(web) {
  const files = [
    ...filesUnder(web),
    ...filesUnder(join(root, "packages", "contract")),
    ...filesUnder(join(root, "packages", "sdk")),
    join(root, "package-lock.json"),
  ].filter((file) => !/\.test\.tsx?$/.test(file));
  const hash = createHash("sha256");
  for (const file of files)
    hash.update(file.slice(root.length)).update("\0").update(readFileSync(file));
  return hash.digest("hex");
}

/**
 * @param {string} folder
 * @returns {string[]} sorted, without what is built or installed
 */
function filesUnder(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries
    .filter(({ name }) => name !== "dist" && name !== "node_modules")
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      return entry.isDirectory() ? filesUnder(path) : [path];
    });
}

/** @param {string} node */
async function installTestPrograms(node) {
  if (existsSync("/etc/debian_version") && process.getuid?.() === 0) installDebianPackages();
  for (const program of missingPrograms()) {
    if (program.name === "Chromium" && (await installPlaywrightChromium(node))) continue;
    throw new Error(
      `The tests need ${program.name}: install it (Debian: apt-get install ${program.debianPackage}) so that it is on PATH, and run npm test again.`,
    );
  }
}

function missingPrograms() {
  return testPrograms.filter(({ isFound }) => !isFound());
}

function installDebianPackages() {
  const isMissing = missingPrograms().length > 0;
  const welcome = () =>
    welcomePrograms.filter(
      ({ debianPackage, isFound }) =>
        !isFound() && apt("apt-cache", ["show", debianPackage]).status === 0,
    );
  if (!isMissing && welcome().length === 0) return;
  console.log("Installing what the tests need (apt-get install) …");
  if (isMissing) tell(apt("apt-get", ["update"]));
  const install = (/** @type {string[]} */ ...names) =>
    tell(apt("apt-get", ["install", "-y", "--no-install-recommends", ...names]));
  for (const { debianPackage } of welcome()) install(debianPackage);
  const names = missingPrograms().map(({ debianPackage }) => debianPackage);
  if (names.length > 0) install(...names);
}

/**
 * @param {string} program
 * @param {string[]} parameters
 */
function apt(program, parameters) {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(program, ["-qq", ...parameters], { env, encoding: "utf8" });
}

/** @param {{ status: number | null, stderr: string }} done */
function tell({ status, stderr }) {
  if (status !== 0) console.error(stderr);
}

/** @param {string} node */
async function installPlaywrightChromium(node) {
  const { chromium } = await import("playwright-core");
  if (existsSync(chromium.executablePath())) return true;
  console.log("Installing Playwright's Chromium …");
  const playwright = join(root, "node_modules", "playwright-core", "cli.js");
  const done = spawnSync(node, [playwright, "install", "chromium"], { stdio: "inherit" });
  return done.status === 0;
}

/**
 * Runs a script of the project and ends as it ended. Not `&& node …` in package.json: a shell
 * that has found one `node` keeps to it and would pass over the pinned one just installed.
 * @param {string} node
 * @param {string[]} parameters
 */
async function run(node, parameters) {
  const environment = {
    // A quarter of a start is turning TypeScript into what runs.
    NODE_COMPILE_CACHE: join(root, "node_modules", ".cache", "node"),
    ...process.env,
    PATH: [programs, process.env.PATH ?? ""].join(delimiter),
  };
  const child = spawn(node, parameters, { stdio: "inherit", env: environment });
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    // A terminal's Ctrl-C reaches the child without our help; a second one would cut its stop short.
    process.on(signal, () => (signal === "SIGINT" && process.stdin.isTTY) || child.kill(signal));
  }
  if (process.env.npm_lifecycle_event !== undefined) stopWithParent(child);
  await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      process.exitCode = code ?? 1;
      resolve(undefined);
    });
  });
}

/**
 * npm passes SIGTERM to the shell between it and us, and most shells die of it without passing
 * it on; that our parent has changed is all we get to see of it.
 * @param {import("node:child_process").ChildProcess} child
 */
function stopWithParent(child) {
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(watch);
    child.kill("SIGTERM");
  }, 250);
  watch.unref();
}
