import { randomBytes } from "node:crypto";
import { chmodSync, chownSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConfigError } from "./config.ts";
import { requireClosedKeys } from "./open-settings.ts";
import { listOpenDatabaseFiles } from "./private-files.ts";
import { loadSecret, writeSecretFile } from "./secret-file.ts";

describe("the secret in the data folder", () => {
  let dataDir: string;
  let path: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), "tessera-keys-"));
    path = join(dataDir, "secret.key");
  });
  afterEach(() => {
    vi.restoreAllMocks();
    rmSync(dataDir, { recursive: true });
  });

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

  test.runIf(process.getuid?.() === 0)(
    "of another user stops the start, but where the whole folder is theirs",
    () => {
      writeSecretFile(path, randomBytes(32).toString("base64url"));
      chownSync(path, 65534, 65534);
      const load = () => loadSecret(undefined, dataDir, randomBytes);
      expect(load).toThrow(`${path} belongs to another user (65534): run chown 0 ${path}`);
      chownSync(dataDir, 65534, 65534);
      expect(load).not.toThrow();
    },
  );

  test.runIf(process.getuid?.() === 0)(
    "of root may be given to the server's group to read, and to nobody else",
    () => {
      writeSecretFile(path, randomBytes(32).toString("base64url"));
      vi.spyOn(process, "getuid").mockReturnValue(1000);
      const load = () => loadSecret(undefined, dataDir, randomBytes);
      for (const [mode, problem] of [
        [0o400, ""],
        [0o440, ""],
        [0o640, ""],
        [0o660, "(mode 0660): run chmod 640"],
        [0o644, "(mode 0644): run chmod 640"],
        [0o602, "(mode 0602): run chmod 640"],
      ] as const) {
        chmodSync(path, mode);
        if (problem === "") expect(load).not.toThrow();
        else expect(load).toThrow(problem);
      }
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

describe("a file of settings that others can read", () => {
  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "tessera-settings-"));
    file = join(folder, "tessera.yaml");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const written = (content: string, mode = 0o644) => {
    writeFileSync(file, content);
    chmodSync(file, mode);
    return () => requireClosedKeys(file);
  };

  test.each([
    "secret_key: qL9zT3",
    "previous_secret_keys: [qL9zT3]",
    "previous_secret_keys: qL9zT3",
  ])("stops the start where it says %s, and says what mends it", (line) => {
    const name = line.split(":", 1)[0];
    const sentence = `${file} can be read by others (mode 0644): run chmod 600 ${file}, as it holds ${name}`;
    expect(written(line)).toThrow(new ConfigError(sentence));
    expect(written(line, 0o620)).toThrow(ConfigError);
    expect(written(line, 0o600)()).toEqual([]);
  });

  test("is told where it holds other secrets, and is nothing where it holds none", () => {
    const others = "metrics_token: abcdefghijklmnop\ndatabase_url: postgres://a:b@c/d\n";
    expect(written(others)()).toEqual([
      expect.stringMatching(/run chmod 600 .*, as it holds metrics_token, database_url$/),
    ]);
    const none = "port: 8080\nsecret_key:\nprevious_secret_keys: []\nservice_credentials: {}\n";
    expect(written(none)()).toEqual([]);
    expect(requireClosedKeys(undefined)).toEqual([]);
    expect(requireClosedKeys(join(folder, "none.yaml"))).toEqual([]);
  });
});
