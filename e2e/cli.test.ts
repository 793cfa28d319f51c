import { statSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunWith, tessera as runTessera } from "./command-line.ts";
import {
  newDataDir,
  printedAdmin,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

let server: ServerProcess;

beforeAll(async () => {
  server = await startServerProcess(await newDataDir());
});
afterAll(async () => {
  await server.stop();
  await removeDataDir(server.dataDir);
});

const tessera = (words: readonly string[], { environment, ...rest }: RunWith = {}) =>
  runTessera(words, {
    ...rest,
    environment: { TESSERA_PROFILE: join(server.dataDir, "profile.json"), ...environment },
  });

async function read(words: readonly string[], runWith: RunWith = {}) {
  const { code, out, err } = await tessera(words, runWith);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as Record<string, string>;
}

test("does the main job from the command line: a token opens what its scope says, and is told what it lacks", async () => {
  const { email, password } = printedAdmin(server.output());
  const login = ["login", "--username", email, "--url", server.url];
  const signedIn = await tessera(login, { input: `${password}\n` });
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
    "a,b",
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

  const script = {
    environment: { TESSERA_URL: server.url, TESSERA_TOKEN: token.secret ?? "" },
  };
  const viewed = await tessera(["clients.view", "--domainId", domainId, "--id", id], script);
  expect(JSON.parse(viewed.out)).toMatchObject({ name: "pump", tags: ["a", "b"] });
  const listed = await tessera(
    ["clients.list", "--domainId", domainId, "--output", "table"],
    script,
  );
  expect(listed.out.split("\n")[0]).toMatch(/^id +name +tags/);
  const refused = await tessera(["clients.delete", "--domainId", domainId, "--id", id], script);
  expect(refused.code).toBe(4);
  expect(refused.err).toContain(`--domainId ${domainId} --scope clients:delete:${id}`);

  const out = await tessera(["logout"]);
  expect(out.out).toBe("Signed out.\n");
  const nobody = await tessera(["users.profile", "--url", server.url]);
  expect([nobody.code, nobody.out]).toEqual([3, ""]);
  expect(nobody.err).toContain(`tessera login --url ${server.url}`);
});
