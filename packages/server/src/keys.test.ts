import { randomBytes } from "node:crypto";
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { ConfigError } from "./config.ts";
import { listOpenDatabaseFiles } from "./private-files.ts";
import { loadSecret, writeSecretFile } from "./secret-file.ts";

describe("the secret in the data folder", () => {
  let dataDir: string;
  let path: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "tessera-keys-"));
    path = join(dataDir, "secret.key");
  });
  afterEach(() => rmSync(dataDir, { recursive: true }));

  test("is made once, for its owner alone", () => {
    const { text, origin } = loadSecret(undefined, dataDir, randomBytes);
    expect([text.length, origin]).toEqual([43, "made"]);
    writeSecretFile(path, text);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(loadSecret(undefined, dataDir, randomBytes)).toEqual({ text, origin: "file", path });
    expect(() => writeSecretFile(path, "another")).toThrow("EEXIST");
  });

  test.each([0o640, 0o644, 0o604, 0o620])(
    "with mode %o stops the start, naming what mends it",
    (mode) => {
      writeSecretFile(path, randomBytes(32).toString("base64url"));
      chmodSync(path, mode);
      const load = () => loadSecret(undefined, dataDir, randomBytes);
      expect(load).toThrow(ConfigError);
      const text = mode.toString(8).padStart(4, "0");
      expect(load).toThrow(`${path} can be read by others (mode ${text}): run chmod 600 ${path}`);
      chmodSync(path, 0o600);
      expect(load).not.toThrow();
    },
  );

  test("that is no randomness stops the start", () => {
    writeFileSync(path, "x".repeat(40), { mode: 0o600 });
    expect(() => loadSecret(undefined, dataDir, randomBytes)).toThrow(/openssl rand -base64 32/);
  });

  test("database files that others may read are named with what mends it", () => {
    for (const [name, mode] of [
      ["tessera.sqlite", 0o600],
      ["tessera.sqlite-wal", 0o644],
    ] as const) {
      writeFileSync(join(dataDir, name), "");
      chmodSync(join(dataDir, name), mode);
    }
    const open = join(dataDir, "tessera.sqlite-wal");
    expect(listOpenDatabaseFiles(dataDir)).toEqual([
      `${open} can be read by others (mode 0644): run chmod 600 ${open}`,
    ]);
  });
});
