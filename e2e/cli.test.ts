import { execFile } from "node:child_process";
import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  newDataDir,
  printedAdmin,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const mainFile = join(import.meta.dirname, "../packages/cli/src/main.ts");
let server: ServerProcess;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
});
afterAll(async () => {
  await server.stop();
  await removeDataDir(server.dataDir);
});

interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function tessera(words: readonly string[], environment: Record<string, string> = {}): Promise<Ran> {
  const env = {
    PATH: process.env.PATH,
    TESSERA_PROFILE: join(server.dataDir, "profile.json"),
    ...environment,
  };
  return new Promise((resolve) => {
    execFile(process.execPath, [mainFile, ...words], { env }, (error, out, err) => {
      resolve({ code: typeof error?.code === "number" ? error.code : 0, out, err });
    });
  });
}

async function read(words: readonly string[]) {
  const { code, out, err } = await tessera(words);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as Record<string, string>;
}

test("does the main job from the command line: a token opens what its scope says, and is told what it lacks", async () => {
  const { email, password } = printedAdmin(server.output());
  const login = ["login", "--username", email, "--url", server.url];
  const signedIn = await tessera(login, { TESSERA_PASSWORD: password });
  expect([signedIn.code, signedIn.err]).toEqual([0, ""]);
  expect(statSync(join(server.dataDir, "profile.json")).mode & 0o777).toBe(0o600);

  const domain = await read(["domains.create", "--name", "Plant 7", "--route", "plant-7"]);
  const domainId = domain.id ?? "";
  const client = await read([
    "clients.create",
    "--domainId",
    domainId,
    "--name",
    "pump",
    "--tags",
    '["a"]',
  ]);
  const id = client.id ?? "";
  const scope = [
    "--domainId",
    domainId,
    "--scope",
    `clients:view:${id}`,
    "--scope",
    "domains:list_clients",
  ];
  const token = await read(["tokens.create", "--name", "ci", "--duration", "24h", ...scope]);

  const script = { TESSERA_URL: server.url, TESSERA_TOKEN: token.secret ?? "" };
  const viewed = await tessera(["clients.view", "--domainId", domainId, "--id", id], script);
  expect(JSON.parse(viewed.out)).toMatchObject({ name: "pump", tags: ["a"] });
  const listed = await tessera(
    ["clients.list", "--domainId", domainId, "--output", "table"],
    script,
  );
  expect(listed.out.split("\n")[0]).toMatch(/^id +name +tags/);
  const refused = await tessera(["clients.delete", "--domainId", domainId, "--id", id], script);
  expect(refused.code).toBe(1);
  expect(refused.err).toContain(`--domainId ${domainId} --scope clients:delete:${id}`);

  const out = await tessera(["logout"]);
  expect(out.out).toBe("Signed out.\n");
  expect((await tessera(["users.profile", "--url", server.url])).code).toBe(1);
});

test.each([
  [["clients.veiw"], 'did you mean "clients.view"?'],
  [["clients.view"], "clients.view needs --domainId"],
  [["clients.list", "--domainId", "x", "--tgas", "a"], "did you mean --tags?"],
  [["tokens.create", "--scope", "clients:view:*"], "--scope needs --domainId"],
  [["tokens.create", "--scope", "clients", "--domainId", "x"], "is no scope"],
  [["clients.create", "--domainId", "x", "--body", "{"], "is not valid JSON"],
  [["login"], "login needs --username"],
  [["domains.list", "--output", "xml"], "--output is json or table"],
  [["domains.list", "--limit"], "--limit needs a value"],
])("tessera %j is answered with what would be right", async (words, told) => {
  const { code, err } = await tessera(words);
  expect([code, err]).toEqual([2, expect.stringContaining(told)]);
});

test("says that a server cannot be reached", async () => {
  const { code, err } = await tessera(["domains.list", "--url", "http://127.0.0.1:1"]);
  expect([code, err]).toEqual([1, expect.stringContaining("cannot be reached")]);
});
