import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { formatToken } from "@tessera/contract";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "./commands.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import {
  type Answer,
  type RecordingServer,
  startRecordingServer,
} from "./testing/recording-server.ts";
import { environmentOf, silentTerminal } from "./testing/silent-terminal.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-cli-"));
const place = join(folder, "app");
const file = join(place, "token");
let server: RecordingServer;
let answerTo: (path: string) => Answer;
/** What the file held at each request. */
let heldThen: string[];

const works: typeof answerTo = (path) =>
  path === "/pats/self/rotate"
    ? { status: 201, body: { id: "t", secret: "pat_new" } }
    : { status: 200, body: { id: "t", name: "pump" } };

beforeAll(async () => {
  server = await startRecordingServer(({ path }) => {
    heldThen.push(readFileSync(file, "utf8"));
    return answerTo(path);
  });
});
beforeEach(() => {
  rmSync(place, { recursive: true, force: true });
  mkdirSync(place);
  writeFileSync(file, "pat_old\n", { mode: 0o644 });
  server.requests.length = 0;
  answerTo = works;
  heldThen = [];
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

const run = (...words: string[]) =>
  runCommand(words, {
    environment: environmentOf({ url: server.url }),
    terminal: silentTerminal(),
  });
const rotate = (...more: string[]) => run("tokens", "rotate", "--self", "--file", file, ...more);
const exitOf = (promise: Promise<unknown>) =>
  promise.then(
    () => exitCodes.done,
    (error: unknown) => exitCodeOf(error),
  );
const asked = () =>
  server.requests.map(({ method, path, authorization }) => [method, path, authorization]);

describe("tokens rotate --self --file", () => {
  test("keeps the new token before it is used, readable by its owner alone, and makes the first use", async () => {
    const printed = await rotate("--linger", "10m");
    expect(asked()).toEqual([
      ["POST", "/pats/self/rotate", "Bearer pat_old"],
      ["GET", "/pats/self", "Bearer pat_new"],
    ]);
    expect(JSON.parse(server.requests[0]?.body ?? "")).toEqual({ linger: "10m" });
    expect(heldThen).toEqual(["pat_old\n", "pat_new\n"]);
    expect(readFileSync(file, "utf8")).toBe("pat_new\n");
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(place)).toEqual(["token"]);
    expect(JSON.parse(printed)).toEqual({ id: "t", name: "pump" });
    expect(printed).not.toContain("pat_new");
  });

  test("leaves the file as it is where no new token comes", async () => {
    answerTo = () => ({ status: 409, body: { code: "conflict", message: "not now" } });
    expect(await exitOf(rotate())).toBe(exitCodes.conflict);
    expect(readFileSync(file, "utf8")).toBe("pat_old\n");
    expect(readdirSync(place)).toEqual(["token"]);
  });

  const id = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
  const whole = (fill: number, tokenId = id) =>
    formatToken("pat", tokenId, new Uint8Array(32).fill(fill));

  test.each([
    ["nothing", "pat_old", {}],
    ["null", "pat_old", null],
    ["an object", "pat_old", { secret: { a: 1 } }],
    ["no text", "pat_old", { secret: "" }],
    ["a number", "pat_old", { secret: 5 }],
    ["other letters", "pat_old", { secret: "pat_\u00e9" }],
    ["several lines", "pat_old", { secret: "pat_new\nEVIL=1\n\u001b]0;x\u0007" }],
    ["very much", "pat_old", { secret: "p".repeat(5000) }],
    ["a cut secret", whole(1), { secret: whole(2).slice(0, -1) }],
    ["another token", whole(1), { secret: whole(2, id.replace("5", "6")) }],
  ])(
    "leaves the file as it is where a server answers with %s for the secret",
    async (_, held, body) => {
      writeFileSync(file, `${held}\n`);
      answerTo = (path) => (path === "/pats/self/rotate" ? { status: 201, body } : works(path));
      expect(await exitOf(rotate())).toBe(exitCodes.server);
      expect(readFileSync(file, "utf8")).toBe(`${held}\n`);
      expect(readdirSync(place)).toEqual(["token"]);
      expect(asked().length).toBe(1);
    },
  );

  test("takes another secret of the token that the file holds", async () => {
    writeFileSync(file, `${whole(1)}\n`);
    const body = { secret: whole(2) };
    answerTo = (path) => (path === "/pats/self/rotate" ? { status: 201, body } : works(path));
    await rotate();
    expect(readFileSync(file, "utf8")).toBe(`${whole(2)}\n`);
  });

  test("keeps the new token where its first use fails, and says that it did", async () => {
    answerTo = (path) =>
      path === "/pats/self" ? { status: 503, body: { code: "unavailable" } } : works(path);
    expect(await exitOf(rotate())).toBe(exitCodes.server);
    expect(readFileSync(file, "utf8")).toBe("pat_new\n");
  });

  test("asks for nothing where the new token could not be kept", async () => {
    const nowhere = join(folder, "nowhere", "token");
    const environment = environmentOf({ url: server.url, token: "pat_x" });
    const words = ["tokens", "rotate", "--self", "--file", nowhere];
    const failed = runCommand(words, { environment, terminal: silentTerminal() });
    expect(await exitOf(failed)).toBe(exitCodes.failed);
    expect(server.requests).toEqual([]);
  });

  test("replaces the file that a link leads to, and keeps the link", async () => {
    const link = join(place, "link");
    symlinkSync(file, link);
    await run("tokens", "rotate", "--self", "--file", link);
    expect(readFileSync(file, "utf8")).toBe("pat_new\n");
    expect(readdirSync(place).toSorted()).toEqual(["link", "token"]);
  });

  test("takes the token of the environment where there is no file yet", async () => {
    const fresh = join(place, "fresh");
    const environment = environmentOf({ url: server.url, token: "pat_first" });
    const words = ["tokens", "rotate", "--self", "--file", fresh];
    await runCommand(words, { environment, terminal: silentTerminal() });
    expect(asked()[0]).toEqual(["POST", "/pats/self/rotate", "Bearer pat_first"]);
    expect(readFileSync(fresh, "utf8")).toBe("pat_new\n");
  });

  test("is not understood without --self, and says so", async () => {
    expect(await exitOf(run("tokens", "rotate", "--file", file))).toBe(exitCodes.usage);
    expect(server.requests).toEqual([]);
  });
});

test("tokens self and tokens rotate ask what their endpoints ask", async () => {
  const environment = environmentOf({ url: server.url, token: "pat_x" });
  const ask = (...words: string[]) =>
    runCommand(words, { environment, terminal: silentTerminal() });
  await ask("tokens", "self");
  const id = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
  await ask("tokens", "rotate", "--tokenId", id, "--cutover", "deadline", "--overlap", "7d");
  expect(asked()).toEqual([
    ["GET", "/pats/self", "Bearer pat_x"],
    ["POST", `/pats/${id}/rotate`, "Bearer pat_x"],
  ]);
  expect(JSON.parse(server.requests[1]?.body ?? "")).toEqual({
    cutover: "deadline",
    overlap: "7d",
  });
  expect(await ask("tokens")).toContain("rotate");
});
