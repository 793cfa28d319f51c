import { chmodSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onTerminal, type RunWith, tessera as runTessera } from "./command-line.ts";
import { startProxy } from "./forward-proxy.ts";
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

const profilePath = () => join(server.dataDir, "profile.json");
const tessera = (words: readonly string[], { environment, ...rest }: RunWith = {}) =>
  runTessera(words, { ...rest, environment: { TESSERA_PROFILE: profilePath(), ...environment } });

const login = () => {
  const { email, password } = printedAdmin(server.output());
  return { words: ["login", "--username", email, "--url", server.url], password };
};

async function read(words: readonly string[], runWith: RunWith = {}) {
  const { code, out, err } = await tessera(words, runWith);
  expect([code, err]).toEqual([0, ""]);
  return JSON.parse(out) as Record<string, string>;
}

test("does the main job from the command line: a token opens what its scope says, and is told what it lacks", async () => {
  const { words, password } = login();
  writeFileSync(profilePath(), "{}");
  chmodSync(profilePath(), 0o644);
  const signedIn = await tessera(words, { input: `${password}\n` });
  expect([signedIn.code, signedIn.err]).toEqual([0, ""]);
  expect(statSync(profilePath()).mode & 0o777).toBe(0o600);

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

test("a password that is typed is not shown, and signs in", async () => {
  const { words, password } = login();
  const environment = { TESSERA_PROFILE: profilePath() };
  const answers = [["Password: ", `${password}\r`]] as const;
  const { code, shown } = await onTerminal(words, answers, environment);
  expect([code, shown]).toEqual([0, expect.stringContaining("Signed in to ")]);
  expect(shown).not.toContain(password);
  // A word of it that shows would be enough.
  expect(shown).not.toContain(password.slice(0, 4));
});

test("Ctrl-C where a password is asked for ends it, with nothing changed", async () => {
  const environment = { TESSERA_PROFILE: join(server.dataDir, "nobody.json") };
  const { code, shown } = await onTerminal(
    login().words,
    [["Password: ", "half\u0003"]],
    environment,
  );
  expect([code, shown]).toEqual([130, expect.stringContaining("interrupted")]);
  expect(statSync(environment.TESSERA_PROFILE, { throwIfNoEntry: false })).toBeUndefined();
});

test("a password is taken from a file, and one on the command line is told to be visible", async () => {
  const { words, password } = login();
  const file = join(server.dataDir, "password");
  writeFileSync(file, `${password}\n`);
  for (const options of [
    ["--password-file", file],
    ["--password", `@${file}`],
  ]) {
    const { code, err } = await tessera([...words, ...options]);
    expect([code, err]).toEqual([0, ""]);
  }
  const told = await tessera([...words, "--password", password]);
  expect([told.code, told.err]).toEqual([
    0,
    expect.stringMatching(/^tessera: --password is visible: in the list of processes \(ps\)/),
  ]);
  const wrong = await tessera([...words, "--password", "-"], { input: "wrong\n" });
  expect([wrong.code, wrong.err]).toEqual([3, expect.stringContaining("(wrong_credentials)")]);
});

test("an address may end with a slash, and what is empty in the environment is not set", async () => {
  const { words, password } = login();
  await tessera(words, { input: password });
  const environment = { TESSERA_URL: `${server.url}/`, TESSERA_TOKEN: "", HTTP_PROXY: "" };
  expect(await read(["users.profile"], { environment })).toMatchObject({ role: "admin" });
  const unset = { TESSERA_URL: "", TESSERA_TOKEN: "", TESSERA_PASSWORD: "" };
  expect(await read(["users.profile"], { environment: unset })).toMatchObject({ role: "admin" });
});

test("texts, lists and whole bodies arrive as they were given, and a long list is told to be one", async () => {
  const { words, password } = login();
  await tessera(words, { input: password });
  const domain = ["domains.create", "--name", "[dev] 007", "--route", "texts"];
  const { id: domainId = "" } = await read(domain);
  const create = ["clients.create", "--domainId", domainId];
  const odd = await read([...create, "--name", "true", "--tags", "[a],b", "--metadata", "-"], {
    input: '{"deep":{"n":1.5}}',
  });
  expect(odd).toMatchObject({ name: "true", tags: ["[a]", "b"], metadata: { deep: { n: 1.5 } } });

  const many = JSON.stringify(Array.from({ length: 111 }, (_, index) => ({ name: `c${index}` })));
  const body = ["clients.create_bulk", "--domainId", domainId, "--body", "-"];
  expect((await tessera(body, { input: many })).code).toBe(0);
  const list = ["clients.list", "--domainId", domainId];
  const page = await tessera([...list, "--output", "table"]);
  expect(page.out.trimEnd().split("\n")).toHaveLength(11);
  expect(page.err).toContain("10 of 112 are shown: --all shows all of them");
  const all = await tessera([...list, "--all", "--output", "ids"]);
  expect(all.err).toBe("");
  expect(new Set(all.out.trimEnd().split("\n"))).toHaveLength(112);
});

test("whoever reads the output may stop before its end", async () => {
  const { code, err } = await tessera(["endpoints"], { closesOutput: true });
  expect([code, err]).toEqual([0, ""]);
});

test("the proxies of the environment are used, but not for what they are not for, nor for this machine", async () => {
  const proxy = await startProxy({ "tessera.example:80": server.url });
  try {
    const environment = {
      TESSERA_URL: "http://tessera.example",
      HTTP_PROXY: proxy.url,
      https_proxy: proxy.url,
      NO_PROXY: "direct.invalid",
    };
    const health = ["service.health"];
    expect(await read(health, { environment })).toMatchObject({ status: "pass" });
    expect(proxy.asked()).toEqual(["tessera.example:80"]);
    const secure = await tessera([...health, "--url", "https://other.example"], { environment });
    expect([secure.code, secure.err]).toEqual([
      7,
      expect.stringContaining("https://other.example cannot be reached: "),
    ]);
    expect(proxy.asked()).toEqual(["tessera.example:80", "other.example:443"]);
    for (const url of ["http://direct.invalid", server.url]) {
      await tessera([...health, "--url", url], { environment });
    }
    expect(proxy.asked()).toHaveLength(2);
    const mistyped = { HTTP_PROXY: "proxy.example:3128" };
    const refused = await tessera(health, { environment: mistyped });
    expect([refused.code, refused.err]).toEqual([
      2,
      expect.stringContaining("HTTP_PROXY is no address of a proxy"),
    ]);
  } finally {
    proxy.close();
  }
});
