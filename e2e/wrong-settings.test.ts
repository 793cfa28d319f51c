import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleCatalogueYaml } from "../packages/server/src/testing/example-catalogue.ts";
import { newDataDir, removeDataDir, startServerProcess } from "./server-process.ts";

let dataDir: string;

beforeAll(async () => {
  dataDir = await newDataDir();
});
afterAll(() => removeDataDir(dataDir));

test("a proxy that is none stops the start with one sentence and no stack", async () => {
  const starting = startServerProcess(dataDir, { TESSERA_TRUSTED_PROXIES: "10.0.0.300" });
  const output = await starting.then(
    () => "it started",
    (error: Error) => error.message,
  );
  const [, sentence = "", ...more] = output.trim().split("\n");
  expect(sentence).toMatch(/^Tessera cannot start: TESSERA_TRUSTED_PROXIES must hold addresses/);
  expect(sentence).toContain('not "10.0.0.300"');
  expect(more).toEqual([]);
});

test("a host that is none stops the start with one sentence and no stack", async () => {
  const output = await startServerProcess(dataDir, { TESSERA_HOST: "[::1]" }).then(
    () => "it started",
    (error: Error) => error.message,
  );
  const said = output.split("\n").find((line) => line.startsWith("Tessera cannot start"));
  expect(said).toMatch(/^Tessera cannot start: TESSERA_HOST must be an address of this machine/);
  expect(said).toContain('not "[::1]"');
  expect(output).not.toMatch(/^ +at /m);
});

test("a public address with a path stops the start with one sentence, which says what to write", async () => {
  const settings = { TESSERA_PUBLIC_URL: "https://example.org/tokens" };
  const output = await startServerProcess(dataDir, settings).then(
    () => "it started",
    (error: Error) => error.message,
  );
  const [, sentence = "", ...more] = output.trim().split("\n");
  expect(sentence).toMatch(
    /^Tessera cannot start: TESSERA_PUBLIC_URL must end after the host name/,
  );
  expect(sentence).toContain("as in https://tokens.example.org");
  expect(more).toEqual([]);
});

test.each([
  ["action: rule_create", "action: rule_craete", "catalogue.0.operations.0.action", "rule_create"],
  ["operation: rules.view", "operation: rules.veiw", "routes.2.operation", "rules.view"],
  ["{ method: GET, path", "{ metod: GET, path", "routes.1.metod", "method"],
  ["entity_type: reports", "entity_type: groups", "catalogue.1.entity_type", ""],
])(
  "a file with %j written as %j stops the start with one sentence: line and nearest name",
  async (right, wrong, member, nearest) => {
    const lines = exampleCatalogueYaml().split("\n");
    const at = lines.findIndex((line) => line.includes(right));
    lines[at] = (lines[at] ?? "").replace(right, wrong);
    const file = join(dataDir, "wrong.yaml");
    await writeFile(file, lines.join("\n"));
    const starting = startServerProcess(dataDir, { TESSERA_CONFIG: file });
    const output = await starting.then(
      () => "it started",
      (error: Error) => error.message,
    );
    const [, sentence = "", ...more] = output.trim().split("\n");
    expect(sentence).toContain(`Tessera cannot start: ${file}:${at + 1}: ${member} `);
    expect(sentence).toContain(nearest === "" ? "exists already" : `did you mean "${nearest}"?`);
    expect(more).toEqual([]);
  },
);

test("a key in settings that others can read stops the start with one sentence; other secrets there are told", async () => {
  const file = join(dataDir, "open.yaml");
  await writeFile(file, "secret_key: qL9zT3vXy8WnB5mR7pKd2sFgH4jC6aEu\n", { mode: 0o644 });
  const environment = { TESSERA_CONFIG: file };
  const output = await startServerProcess(dataDir, environment).then(
    () => "it started",
    (error: Error) => error.message,
  );
  const [, sentence = "", ...more] = output.trim().split("\n");
  expect(sentence).toBe(
    `Tessera cannot start: ${file} can be read by others (mode 0644): run chmod 600 ${file}, as it holds secret_key`,
  );
  expect(more).toEqual([]);

  await writeFile(file, "metrics_token: abcdefghijklmnopq\n");
  await chmod(dataDir, 0o777);
  const server = await startServerProcess(dataDir, environment);
  await server.stop();
  await chmod(dataDir, 0o700);
  expect(server.output()).toContain(`run chmod 600 ${file}, as it holds metrics_token`);
  expect(server.output()).toContain(
    `${dataDir} can be written by others: run chmod 700 ${dataDir}`,
  );
});
