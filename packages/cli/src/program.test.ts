import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { builtInEndpoints, type Endpoint } from "@tessera/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "./commands.ts";
import { optionsOf } from "./endpoint-options.ts";
import { exampleOf } from "./example.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { explainFailure } from "./failures.ts";
import { type RecordingServer, startRecordingServer } from "./testing/recording-server.ts";
import { environmentOf, silentTerminal } from "./testing/silent-terminal.ts";

const domainId = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const folder = mkdtempSync(join(tmpdir(), "tessera-cli-"));
const secretFile = join(folder, "secret");
let server: RecordingServer;

beforeAll(async () => {
  writeFileSync(secretFile, "a good long secret 42\n");
  server = await startRecordingServer(() => ({ status: 200, body: {} }));
});
beforeEach(() => {
  server.requests.length = 0;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const run = (words: readonly string[]) =>
  runCommand(words, {
    environment: environmentOf({ url: server.url, token: "pat_x" }),
    terminal: silentTerminal(),
  });

describe("help", () => {
  test.each(builtInEndpoints.map((endpoint: Endpoint) => [endpoint.id, endpoint] as const))(
    "of %s has its options with their types, and an example that its row accepts",
    async (id, endpoint) => {
      const printed = await run([id, "--help"]);
      for (const { name } of optionsOf(endpoint)) expect(printed).toContain(`  --${name} `);
      const example = exampleOf(endpoint);
      expect(printed).toContain(example);
      const words = wordsOf(example);
      if (words.includes("@body.json")) return;
      await run(words);
      const { path, body } = server.requests.at(-1) ?? { path: "", body: "" };
      const query = new URL(path, server.url).searchParams.size;
      if (endpoint.body !== undefined) {
        expect(endpoint.body.safeParse(JSON.parse(body)).error).toBeUndefined();
      }
      expect(query === 0 || endpoint.query !== undefined).toBe(true);
    },
  );

  /** The words of an example as a shell would make them, with an id for each variable. */
  const wordsOf = (example: string): readonly string[] =>
    (example.match(/'[^']*'|\S+/g) ?? [])
      .slice(1)
      .map((word) => word.replaceAll("'", "").replace(/^\$\w+$/, domainId))
      .map((word) => (word === "@secret.txt" ? `@${secretFile}` : word));

  test.each([["--help"], ["-h"], ["help"], []])("is what tessera %j prints", async (...words) => {
    const printed = await run(words);
    expect(printed).toMatch(/^Usage: tessera <command>/);
    for (const part of ["login", "completion <shell>", "Examples:", "3 not signed in"]) {
      expect(printed).toContain(part);
    }
  });

  test.each([
    ["clients.list", "-h"],
    ["help", "clients.list"],
    ["login", "--help"],
  ])("of a command is what tessera %j prints", async (...words) => {
    const printed = await run(words);
    const name = words.find((word) => !["help", "-h", "--help"].includes(word));
    expect(printed).toContain(`Usage: tessera ${name} `);
    expect(printed).toContain(`Example:\n  tessera ${name} `);
  });

  test.each([["--version"], ["clients.list", "--version"]])(
    "and the version is told by tessera %j",
    async (...words) => {
      expect(await run(words)).toMatch(/^tessera \d+\.\d+\.\d+\n$/);
    },
  );
});

test.each([".", "..", ""])(
  "%j is no id: nothing is asked, and the command line is told",
  async (id) => {
    const failure = await run(["tokens.delete", "--tokenId", id]).catch((error: unknown) => error);
    expect(exitCodeOf(failure)).toBe(exitCodes.usage);
    expect(explainFailure(failure)).toBe(`--tokenId must be an id, not "${id}"`);
    expect(server.requests).toEqual([]);
  },
);
