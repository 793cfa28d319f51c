import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { commitOfCheckout } from "./commit-of-checkout.ts";

test("the commit is told of a checkout, not of a folder inside one or of none", () => {
  const root = mkdtempSync(join(tmpdir(), "tessera-checkout-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  expect(commitOfCheckout(root)).toBe("");
  const git = (...parameters: string[]) =>
    execFileSync("git", ["-C", root, ...parameters], { encoding: "utf8" }).trim();
  git("init", "--quiet");
  const name = ["-c", "user.name=t", "-c", "user.email=t@example.test"];
  git(...name, "commit", "--quiet", "--allow-empty", "--message", "begin");
  mkdirSync(join(root, "inside"));
  expect(commitOfCheckout(root)).toBe(git("rev-parse", "HEAD"));
  expect(commitOfCheckout(join(root, "inside"))).toBe("");
});
