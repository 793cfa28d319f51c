import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { TesseraError } from "@tessera/sdk";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "./commands.ts";
import { exitCodeOf, exitCodes } from "./exit-codes.ts";
import { CallError, explainFailure, NotSignedInError } from "./failures.ts";
import { formatReply } from "./output.ts";
import type { Terminal } from "./terminal.ts";
import {
  type Answer,
  type RecordingServer,
  startRecordingServer,
} from "./testing/recording-server.ts";
import { environmentOf, silentTerminal } from "./testing/silent-terminal.ts";
import { UsageError } from "./usage-error.ts";

const domainId = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const folder = mkdtempSync(join(tmpdir(), "tessera-cli-"));
let server: RecordingServer;
let answer: Answer;
let answerNext: () => Answer;

beforeAll(async () => {
  server = await startRecordingServer(() => answerNext());
});
beforeEach(() => {
  answerNext = () => answer;
  answer = { status: 200, body: {} };
  server.requests.length = 0;
});
afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true });
});

/** What it printed, what it told on standard error, and the body that was sent, as text. */
async function run(words: readonly string[], with_: { input?: string; terminal?: Terminal } = {}) {
  const told: string[] = [];
  const printed = await runCommand(words, {
    environment: environmentOf({ url: server.url, token: "pat_x" }),
    terminal: with_.terminal ?? silentTerminal(with_.input, told),
  });
  return { printed, told, sent: server.requests.at(-1)?.body ?? "" };
}

const failureOf = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => {
      throw new Error("it did not fail");
    },
    (error: unknown) => error,
  );

const create = (...options: string[]) => ["clients.create", "--domainId", domainId, ...options];
const fileOf = (content: string) => {
  const path = join(folder, "value");
  writeFileSync(path, content);
  return path;
};

describe("a value", () => {
  test.each([
    "[dev] pump",
    "true",
    "null",
    "007",
    "1e3",
    '{"a":1}',
    '"quoted"',
    "{",
    "-5",
    "--help",
  ])("that is text stays the text %j, whatever it looks like", async (name) => {
    const { sent } = await run(create("--name", name));
    expect(JSON.parse(sent)).toEqual({ name });
  });

  test.each([
    [
      ["--tags", "a,b"],
      ["a", "b"],
    ],
    [
      ["--tags", "a", "--tags", "b,c"],
      ["a", "b", "c"],
    ],
    [
      ["--tags", '["a,b","c"]'],
      ["a,b", "c"],
    ],
    [["--tags", "[dev]"], ["[dev]"]],
    [["--tags", "[1]"], ["[1]"]],
    [
      ["--tags", "007,true"],
      ["007", "true"],
    ],
    [["--tags", ""], []],
  ])("of a list can be %j, on create and update alike", async (options, tags) => {
    expect(JSON.parse((await run(create(...options))).sent)).toEqual({ tags });
    const update = ["clients.update_tags", "--domainId", domainId, "--id", domainId];
    expect(JSON.parse((await run([...update, ...options])).sent)).toEqual({ tags });
  });

  test("of JSON keeps its numbers as they were written", async () => {
    const metadata = '{"serial":9007199254740993,"far":1e400,"plain":1.50}';
    const { sent } = await run(create("--metadata", metadata));
    expect(sent).toBe(`{"metadata":${metadata}}`);
  });

  test("is read from a file with @, from standard input with -, and begins with @ by @@", async () => {
    const fromFile = await run(create("--name", `@${fileOf("pump\n")}`));
    expect(JSON.parse(fromFile.sent)).toEqual({ name: "pump" });
    const fromInput = await run(create("--name", "-"), { input: "north\r\nhall\n" });
    expect(JSON.parse(fromInput.sent)).toEqual({ name: "north\r\nhall" });
    expect(JSON.parse((await run(create("--name", "@@home"))).sent)).toEqual({ name: "@home" });
    const tags = await run(create("--tags", `@${fileOf("a\nb\n")}`));
    expect(JSON.parse(tags.sent)).toEqual({ tags: ["a", "b"] });
    const query = ["clients.list", "--domainId", `@${fileOf(domainId)}`, "--name", "-"];
    await run(query, { input: "pump\n" });
    expect(server.requests.at(-1)?.path).toBe(`/${domainId}/clients?name=pump`);
  });

  test("a whole body comes from a file, from standard input, or as it stands", async () => {
    const body = '{"name":"pump","metadata":{"n":9007199254740993}}';
    for (const [given, input] of [[body], [`@${fileOf(body)}`], ["-", body]] as const) {
      expect((await run(create("--body", given), { input: input ?? "" })).sent).toBe(body);
    }
  });

  test("of a query that is true or false needs no word, and may have one", async () => {
    const list = ["clients.list", "--domainId", domainId];
    await run([...list, "--only_total"]);
    expect(server.requests.at(-1)?.path).toBe(`/${domainId}/clients?only_total=true`);
    await run([...list, "--only_total", "false", "--limit", "5"]);
    expect(server.requests.at(-1)?.path).toBe(`/${domainId}/clients?limit=5&only_total=false`);
  });
});

describe("a secret", () => {
  const change = ["users.change_password"];
  const secrets = { old_secret: "old one", new_secret: "new one" };

  test("comes from standard input line by line, or from a file, unseen and unwarned", async () => {
    const options = ["--old_secret", "-", "--new_secret", "-"];
    const piped = await run([...change, ...options], { input: "old one\nnew one\n" });
    expect([JSON.parse(piped.sent), piped.told]).toEqual([secrets, []]);
    const files = ["--old_secret", `@${fileOf("old one\n")}`, "--new_secret", "-"];
    const read = await run([...change, ...files], { input: "new one" });
    expect([JSON.parse(read.sent), read.told]).toEqual([secrets, []]);
  });

  test("is asked for where somebody can be asked, and not given", async () => {
    const asked: string[] = [];
    const askSecret = async (question: string) => {
      asked.push(question);
      return question.startsWith("old") ? "old one" : "new one";
    };
    const terminal = { ...silentTerminal(), isInteractive: true, askSecret };
    const { sent } = await run(change, { terminal });
    expect([JSON.parse(sent), asked]).toEqual([secrets, ["old_secret: ", "new_secret: "]]);
  });

  test("that nobody gave is named, with how to give it, and nothing is sent", async () => {
    const error = await failureOf(run([...change, "--old_secret", "-"], { input: "old one\n" }));
    expect(error).toBeInstanceOf(UsageError);
    expect(explainFailure(error)).toMatch(/needs --new_secret: @FILE .* - from standard input/);
    expect(server.requests).toEqual([]);
  });

  test.each([
    [["clients.update_secret", "--secret", "shown"], "--secret"],
    [["clients.create", "--credentials.secret", "shown"], "--credentials.secret"],
    [["clients.create", "--credentials", '{"secret":"shown"}'], "--credentials"],
    [["clients.create", "--body", '{"credentials":{"secret":"shown"}}'], "a secret in --body"],
    [
      ["clients.create_bulk", "--body", '[{"credentials":{"secret":"shown"}}]'],
      "a secret in --body",
    ],
  ])("on the command line still works, but is told to be visible: %j", async (words, what) => {
    const path = words[0] === "clients.update_secret" ? ["--id", domainId] : [];
    const { sent, told } = await run([...words, "--domainId", domainId, ...path]);
    expect(sent).toContain("shown");
    expect(told).toEqual([expect.stringContaining(`${what} is visible: in the list of processes`)]);
    expect(told.join()).not.toContain("shown");
  });

  test("is not spoken of where a value has none", async () => {
    const { told } = await run(create("--credentials", '{"identity":"pump-1"}'));
    expect(told).toEqual([]);
  });
});

test.each([
  [["clients.veiw"], 'did you mean "clients.view"?'],
  [["clients.veiw", "x"], 'did you mean "clients.view"?'],
  [["clients.view"], "clients.view needs --domainId"],
  [["clients.list", "--domainId", "x", "--tgas", "a"], "Did you mean --tags?"],
  [["clients.list", "x"], "too many arguments"],
  [["tokens.create", "--scope", "clients:view:*"], "--scope needs --domainId"],
  [["tokens.create", "--scope", "clients", "--domainId", "x"], "is no scope"],
  [["tokens.create", "--duration", "24h"], "tokens.create needs --name"],
  [["clients.create", "--domainId", "x", "--body", "{"], "--body was given is not valid JSON"],
  [["clients.create", "--domainId", "x", "--body", "{}", "--name", "a"], "no other part of it"],
  [["clients.create", "--domainId", "x", "--metadata", "a"], "--metadata was given is not valid"],
  [["clients.create", "--domainId", "x", "--name", "@nowhere"], "is written @@nowhere"],
  [["clients.create", "--domainId", "-", "--name", "-"], "can be read only once"],
  [["clients.create", "--domainId", "x", "--name", "a", "--name", "b"], "more than once"],
  [["clients.create_bulk", "--domainId", "x"], "needs --body"],
  [["login"], "login needs --username"],
  [["login", "--username", "a", "--password", "x", "--password-file", "y"], "not both"],
  [["login", "--username", "a"], "no password"],
  [["domains.list", "--output", "xml"], "--output is json, table or ids"],
  [["tokens.usage_of_all", "--output", "ids"], "has no ids"],
  [["help", "clients.veiw"], 'did you mean "clients.view"?'],
  [["domains.list", "--limit"], "argument missing"],
  [["domains.list", "--limit", "many"], '--limit is a whole number, not "many"'],
  [["domains.list", "--only_total", "maybe"], "--only_total is true or false"],
  [["domains.list", "--all", "--limit", "5"], "neither --limit nor --offset"],
  [["domains.list", "--timeout", "soon"], "--timeout is a number of seconds"],
  [["domains.list", "--url", "localhost:8080"], "must be an address with http://"],
  [["domains.list", "--url", "me:secret@x.test"], '--url is "…@x.test", but must be'],
  [["completion", "tcsh"], "bash, zsh, fish only"],
])("tessera %j is answered with what would be right, and nothing is sent", async (words, told) => {
  const error = await failureOf(run(words));
  expect(explainFailure(error)).toContain(told);
  expect(exitCodeOf(error)).toBe(exitCodes.usage);
  expect(server.requests).toEqual([]);
});

describe("a script can tell by the exit code", () => {
  test.each([
    [400, "invalid_body", exitCodes.usage],
    [400, "invalid_state", exitCodes.conflict],
    [400, "limit_reached", exitCodes.refused],
    [401, "token_revoked", exitCodes.not_signed_in],
    [403, "owner_lacks_permission", exitCodes.refused],
    [404, "not_found", exitCodes.not_found],
    [409, "already_exists", exitCodes.conflict],
    [429, "rate_limited", exitCodes.rate_limited],
    [500, "internal", exitCodes.server],
    [503, "unavailable", exitCodes.server],
  ] as const)("%d %s from all others", async (status, code, expected) => {
    answer = { status, body: { code, message: "No" } };
    const error = await failureOf(run(["domains.list"]));
    expect(exitCodeOf(error)).toBe(expected);
    expect(explainFailure(error)).toContain(`No (${code})`);
  });

  test("by which codes, docs/cli.md tells", () => {
    const page = readFileSync(join(import.meta.dirname, "../../../docs/cli.md"), "utf8");
    const documented = [...page.matchAll(/^\| (\d+) \| /gm)].map(([, code]) => Number(code));
    expect(documented).toEqual(Object.values(exitCodes));
  });

  test("what nests so deep that it cannot be shown", () => {
    let deep: unknown = [];
    for (let depth = 0; depth < 100_000; depth += 1) deep = [deep];
    const show = () => formatReply(deep, "json");
    expect(show).toThrow(TesseraError);
    expect(show).toThrow("The answer is nested too deep to be shown; is this a Tessera server?");
  });

  test("what is no Tessera server, and its address is told", async () => {
    answer = { status: 404, body: "nothing" };
    const error = await failureOf(run(["domains.list"]));
    expect([exitCodeOf(error), explainFailure(error)]).toEqual([
      exitCodes.server,
      `The server answered with status 404 (asked: ${server.url})`,
    ]);
  });

  test("that nobody is signed in, and is told how to", async () => {
    const alone = { environment: environmentOf({ url: server.url }), terminal: silentTerminal() };
    const error = await failureOf(runCommand(["domains.list"], alone));
    expect(error).toBeInstanceOf(NotSignedInError);
    expect([exitCodeOf(error), explainFailure(error)]).toEqual([
      exitCodes.not_signed_in,
      `not signed in: tessera login --url ${server.url}, or set TESSERA_TOKEN`,
    ]);
    expect(server.requests).toEqual([]);
  });

  test("that the token of the environment is no good, and which it is", async () => {
    answer = { status: 401, body: { code: "token_revoked", message: "Revoked" } };
    const error = await failureOf(run(["domains.list"]));
    expect(error).toBeInstanceOf(CallError);
    expect(explainFailure(error)).toContain("unset TESSERA_TOKEN, or sign in: tessera login");
  });
});

describe("a call", () => {
  const ownEnvironment = (set: { url?: string; token?: string }) => ({
    environment: environmentOf({ url: server.url, token: "pat_x", ...set }),
    terminal: silentTerminal(),
  });

  test.each([
    ["", ""],
    ["/", ""],
    ["/tessera", "/tessera"],
    ["/tessera//", "/tessera"],
  ])("goes below an address that ends with %j", async (end, path) => {
    const url = server.url + end;
    await runCommand(["service.health"], ownEnvironment({ url }));
    await runCommand(["service.health", "--url", url], ownEnvironment({}));
    const asked = server.requests.map((request) => request.path);
    expect(asked).toEqual([`${path}/health`, `${path}/health`]);
  });

  test("with a mangled token is not made, and does not show it", async () => {
    const error = await failureOf(
      runCommand(["domains.list"], ownEnvironment({ token: "pat_a\nb" })),
    );
    expect(explainFailure(error)).toBe("TESSERA_TOKEN has characters that no token has");
    expect(server.requests).toEqual([]);
  });

  test("that needs the password again asks for it where somebody is, and is made", async () => {
    const needsPassword = { code: "password_confirmation_required", message: "Confirm" };
    const answers = [{ status: 403, body: needsPassword }, { status: 204 }, { status: 204 }];
    const asked: string[] = [];
    const askSecret = async (question: string) => {
      asked.push(question);
      return "my password";
    };
    answer = { status: 403, body: needsPassword };
    const remove = ["users.delete", "--userId", domainId];
    const error = await failureOf(run(remove));
    expect(explainFailure(error)).toContain("tessera sessions.confirm --password -");
    server.requests.length = 0;
    answerNext = () => answers.shift() ?? answer;
    await run(remove, { terminal: { ...silentTerminal(), isInteractive: true, askSecret } });
    expect(asked).toEqual(["Your password, to confirm this: "]);
    expect(server.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      `DELETE /users/${domainId}`,
      "POST /users/tokens/confirm",
      `DELETE /users/${domainId}`,
    ]);
  });
});

describe("a list", () => {
  test("that the server has no room for is told to be waited for", async () => {
    const body = { code: "rate_limited", message: "Too many" };
    const whole = { total: 0, offset: 0, limit: 10, domains: [] };
    const answers: Answer[] = [
      { status: 429, headers: { "retry-after": "0" }, body },
      { status: 200, body: whole },
    ];
    answerNext = () => answers.shift() ?? answer;
    const { told } = await run(["domains.list"]);
    expect(told).toEqual(["the server has no room for this now: it is asked again in 0 s"]);
    expect(server.requests).toHaveLength(2);
  });

  test("that goes on says how many there are, apart from the output", async () => {
    answer = { status: 200, body: { total: 37, offset: 10, limit: 10, domains: [{ id: "1" }] } };
    const { printed, told } = await run(["domains.list", "--output", "ids"]);
    expect(printed).toBe("1\n");
    expect(told).toEqual([expect.stringContaining("1 of 37 are shown: --all shows all")]);
  });

  test("that says that it never ends is no list", async () => {
    const domains = Array.from({ length: 100 }, (_, index) => ({ id: String(index) }));
    answer = { status: 200, body: { total: 1e15, offset: 0, limit: 100, domains } };
    const failure = await run(["domains.list", "--all"]).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(CallError);
    expect(explainFailure(failure)).toContain("no more than 10000000 are read");
    expect(server.requests).toHaveLength(1);
  });

  test("that is whole says nothing, and neither does its mere total", async () => {
    answer = { status: 200, body: { total: 1, offset: 0, limit: 10, domains: [{ id: "1" }] } };
    expect((await run(["domains.list"])).told).toEqual([]);
    answer = { status: 200, body: { total: 37, offset: 0, limit: 10, domains: [] } };
    expect((await run(["domains.list", "--only_total"])).told).toEqual([]);
  });
});
