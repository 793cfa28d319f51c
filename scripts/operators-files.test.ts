import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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
    expect(read(main.replace("/opt/tessera/", ""))).toContain("start(loadConfig()");
  });
});

test.skipIf(promtool === undefined)("promtool takes the alert rules", () => {
  const file = join(root, "deploy/monitoring/alerts.yml");
  const done = spawnSync(promtool ?? "", ["check", "rules", file], { encoding: "utf8" });
  expect(done.stderr).toBe("");
  expect(done.stdout).toContain("SUCCESS");
});
