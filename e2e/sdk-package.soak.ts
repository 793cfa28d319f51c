import { execFile } from "node:child_process";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchBrowser } from "./browser.ts";
import { findNode20 } from "./node-20.ts";
import { findTypeErrors, installPackedSdk, type PackedSdk } from "./packed-sdk.ts";
import {
  newDataDir,
  removeDataDir,
  type ServerProcess,
  startServerProcess,
} from "./server-process.ts";

const run = promisify(execFile);
const email = "ada@example.org";
const password = "first-admin-pass-1";

let server: ServerProcess;
let sdk: PackedSdk;
let browser: Browser | undefined;

beforeAll(async () => {
  sdk = await installPackedSdk();
  server = await startServerProcess(await newDataDir(), {
    TESSERA_ADMIN_EMAIL: email,
    TESSERA_ADMIN_PASSWORD: password,
  });
});
afterAll(async () => {
  await browser?.close();
  await server?.stop();
  await removeDataDir(server.dataDir);
  await sdk?.remove();
});

test("the SDK packs as JavaScript with its types, without a line of TypeScript that would have to be compiled", async () => {
  expect(sdk.files).toEqual(expect.arrayContaining(["README.md", "LICENSE", "package.json"]));
  const sources = sdk.files.filter((path) => path.includes("/"));
  expect(sources.length).toBeGreaterThan(50);
  expect(sources.filter((path) => !/\.(js|d\.ts)$/.test(path))).toEqual([]);
  for (const path of sources) {
    const text = await readFile(join(sdk.folder, "node_modules/@tessera/sdk", path), "utf8");
    const imported = [...text.matchAll(/(?:from |import\()"([^"]+)"/g)].map(([, name]) => name);
    expect(imported.filter((name) => !/^(zod|zod\/v4\/core|\..*\.js)$/.test(name ?? ""))).toEqual(
      [],
    );
  }
});

test("the examples of the SDK's README run on Node 20 as they stand, and agree with its types", async () => {
  const examples = await readExamples();
  const [signIn = "", ...others] = examples.ofNode;
  expect(others).toHaveLength(3);
  const files = await Promise.all(
    examples.ofNode.map(async (text, index) => {
      const name = `example-${index}.mjs`;
      await writeFile(join(sdk.folder, name), text);
      return name;
    }),
  );
  expect(await findTypeErrors(sdk.folder, files)).toBe("");
  expect(signIn).toContain(server.url);

  const node = await findNode20();
  expect((await run(node, ["--version"])).stdout).toMatch(/^v20\./);
  const outputs: string[] = [];
  const environment: Record<string, string> = { TESSERA_PASSWORD: password };
  for (const name of files) {
    const { stdout, stderr } = await run(node, [name], { cwd: sdk.folder, env: environment });
    expect(stderr).toBe("");
    outputs.push(stdout.trim());
    if (outputs.length > 1) continue;
    const [domain = "", token = ""] = stdout.trim().split(" ");
    Object.assign(environment, { TESSERA_DOMAIN: domain, TESSERA_TOKEN: token });
  }
  const [made, list, failure, decision] = outputs;
  expect(made).toMatch(/^[0-9a-f-]{36} pat_\w+$/);
  expect(list).toBe("fan\npump\nvalve");
  expect(failure).toBe("403 scope_missing\ncreate_clients");
  expect(decision).toContain("allowed: true");
});

test("a session that has run out is renewed on Node 20, and what is kept is the new pair", async () => {
  const program = `
    import { createClient } from "@tessera/sdk";
    const baseUrl = ${JSON.stringify(server.url)};
    const { refresh_token } = await createClient({ baseUrl }).sessions.issue({
      body: { username: ${JSON.stringify(email)}, password: ${JSON.stringify(password)} },
    });
    const kept = [];
    const client = createClient({
      baseUrl,
      credentials: {
        kind: "session",
        tokens: { accessToken: "run-out", refreshToken: refresh_token },
        onRenewed: (tokens) => kept.push(tokens),
      },
    });
    const people = await Promise.all([client.users.profile(), client.users.profile()]);
    console.log(people.map(({ email }) => email).join(), kept.length, kept[0].refreshToken !== refresh_token);
  `;
  await writeFile(join(sdk.folder, "renewal.mjs"), program);
  const { stdout } = await run(await findNode20(), ["renewal.mjs"], { cwd: sdk.folder });
  expect(stdout.trim()).toBe(`${email},${email} 1 true`);
});

test("the SDK runs in a browser as it is packed, as its README says", async () => {
  const { ofBrowser } = await readExamples();
  browser = await launchBrowser();
  const page = await browser.newPage();
  const complaints: string[] = [];
  page.on("pageerror", ({ message }) => complaints.push(message));
  page.on("dialog", (dialog) => void dialog.accept(password));
  await page.route(`${server.url}/program/**`, async (route) => {
    const path = new URL(route.request().url()).pathname.slice("/program/".length);
    if (path === "") return route.fulfill({ contentType: "text/html", body: pageOf(ofBrowser) });
    return route.fulfill({
      contentType: "text/javascript",
      body: await readFile(join(sdk.folder, "node_modules", path), "utf8"),
    });
  });
  await page.goto(`${server.url}/program/`);
  await page.waitForFunction(`document.title === ${JSON.stringify(email)}`);
  expect(complaints).toEqual([]);
});

/** Its blocks of JavaScript, at the server's own address. */
async function readExamples() {
  const readme = await readFile(join(sdk.folder, "node_modules/@tessera/sdk/README.md"), "utf8");
  const blocks = [...readme.matchAll(/```js\n(.*?)```/gs)].map(([, text = ""]) =>
    text.replaceAll("https://tokens.example.org", server.url),
  );
  const ofBrowser = blocks.pop() ?? "";
  expect(readme.indexOf(ofBrowser)).toBeGreaterThan(readme.indexOf("## In a browser"));
  return { ofNode: blocks, ofBrowser };
}

function pageOf(program: string): string {
  const imports = {
    "@tessera/sdk": "/program/@tessera/sdk/sdk/src/index.js",
    zod: "/program/zod/index.js",
  };
  return `<!doctype html><title>signing in</title>
    <script type="importmap">${JSON.stringify({ imports })}</script>
    <script type="module">${program}</script>`;
}
