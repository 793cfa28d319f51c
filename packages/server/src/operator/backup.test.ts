import { copyFileSync, existsSync, rmSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseConfig } from "../config.ts";
import { deriveKeys, requireKnownKeys } from "../keys.ts";
import { openDatabase } from "../store/database.ts";
import { backUp, restore } from "./backup.ts";

const secret = "only tests sign by these words; 32 long";
let folder: string;
const inFolder = (name: string) => join(folder, name);
const configOf = (name: string, others = {}) =>
  parseConfig({ TESSERA_DATA_DIR: inFolder(name), ...others });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "tessera-backup-"));
  const database = await openDatabase({ dataDir: inFolder("data") });
  await requireKnownKeys(database, deriveKeys(secret), 1);
  await database.close();
  await backUp(configOf("data", { TESSERA_SECRET_KEY: secret }), inFolder("whole"), 1_000);
});
afterAll(() => rm(folder, { recursive: true }));

/** Restores a backup that a statement has changed; into the folder `restored`. */
function restoreChanged(statement: string, settings = {}): string {
  rmSync(inFolder("restored"), { recursive: true, force: true });
  copyFileSync(inFolder("whole"), inFolder("changed"));
  const copy = new DatabaseSync(inFolder("changed"));
  copy.exec(statement);
  copy.close();
  return restore(configOf("restored", settings), inFolder("changed"));
}
const noteIs = (name: string, value: string) =>
  `update tessera_backup set value = ${value} where name = '${name}'`;

test("a backup comes back with its key, and says of when it is", async () => {
  const said = restoreChanged("select 1");
  expect(said).toMatch(/restored is as it was at 1970-01-01T00:00:01\.000Z\.\nWhat was revoked/);
  expect(await readFile(inFolder("restored/secret.key"), "utf8")).toBe(`${secret}\n`);
});

test("what a backup says of itself makes no line of its own", () => {
  const said = restoreChanged(noteIs("made_at", "'x' || char(10) || 'FORGED: ' || char(27)"));
  expect(said.split("\n")).toHaveLength(3);
  expect(said).toContain("x\\u000aFORGED: \\u001b.");
});

test.each([
  ["a weak key", noteIs("secret_key", "'changeme-changeme-please-changeme-now'"), "in it, and no"],
  ["another key", noteIs("secret_key", "'kV7-zT2-wM9 of quite another host, 32+'"), "is not the"],
  ["more lines in its key", noteIs("secret_key", "value || char(10) || 'x'"), "is not the one of"],
  ["a line break behind its key", noteIs("secret_key", "value || char(10)"), "is not the one of"],
  ["a zero in its key", noteIs("secret_key", "value || char(0)"), "is not the one of its database"],
  [
    "a view of notes",
    `create table a as select * from tessera_backup; drop table tessera_backup;
    create view tessera_backup as select * from a`,
    "is no backup that tessera backup has made, or is damaged",
  ],
  ["no table of keys", "drop table server_keys", "is no backup that tessera backup has made"],
])("a backup with %s restores nothing, and leaves no key", (_, statement, said) => {
  expect(() => restoreChanged(statement)).toThrow(said);
  expect(existsSync(inFolder("restored"))).toBe(false);
});

test("a backup whose key was replaced comes back where the old one is named", () => {
  const newer = noteIs("secret_key", "'kV7-zT2-wM9 of quite another host, 32+'");
  const said = restoreChanged(newer, { TESSERA_PREVIOUS_SECRET_KEYS: secret });
  expect(said).toContain("is as it was at");
});
