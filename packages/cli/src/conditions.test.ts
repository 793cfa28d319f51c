import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCommand } from "./commands.ts";
import { type RecordingServer, startRecordingServer } from "./testing/recording-server.ts";
import { environmentOf, silentTerminal } from "./testing/silent-terminal.ts";
import { UsageError } from "./usage-error.ts";

const id = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
let server: RecordingServer;

beforeAll(async () => {
  server = await startRecordingServer(() => ({ status: 200, body: { id } }));
});
beforeEach(() => {
  server.requests.length = 0;
});
afterAll(() => server.close());

async function run(words: readonly string[]) {
  const told: string[] = [];
  await runCommand(words, {
    environment: environmentOf({ url: server.url, token: "pat_x" }),
    terminal: silentTerminal("", told),
  });
  const { method, path, authorization, body = "" } = server.requests.at(-1) ?? {};
  return {
    sent: `${method} ${path}`,
    authorization,
    body: body === "" ? undefined : JSON.parse(body),
    told,
  };
}

test("conditions of a new token are given by an option each", async () => {
  const { sent, body } = await run([
    ...["tokens", "create", "--name", "ci", "--duration", "24h"],
    ...["--allow-from", "10.0.0.0/8,2001:db8::/32", "--deny-from", "10.0.9.0/24"],
    ...["--only-at", "fri-mon 22:00-06:00", "--only-at", "wed 07:00-19:00"],
    ...["--timezone", "Europe/Berlin", "--not-before", "2026-12-01T00:00:00Z"],
    ...["--max-uses", "1000", "--rate", "600/1m"],
  ]);
  expect(sent).toBe("POST /pats");
  expect(body).toEqual({
    name: "ci",
    duration: "24h",
    conditions: {
      addresses: { allow: ["10.0.0.0/8", "2001:db8::/32"], deny: ["10.0.9.0/24"] },
      not_before: "2026-12-01T00:00:00Z",
      weekly: {
        timezone: "Europe/Berlin",
        windows: [
          { days: ["fri", "sat", "sun", "mon"], from: "22:00", to: "06:00" },
          { days: ["wed"], from: "07:00", to: "19:00" },
        ],
      },
      max_uses: 1000,
      rate: { limit: 600, per: "1m" },
    },
  });
  expect((await run(["tokens", "create", "--name", "ci", "--duration", "24h"])).body).toEqual({
    name: "ci",
    duration: "24h",
  });
});

test("conditions are shown where nothing is given, changed by what is, and taken away by their names", async () => {
  expect((await run(["tokens", "conditions", id])).sent).toBe(`GET /pats/${id}`);
  const changed = await run([
    "tokens",
    "conditions",
    id,
    "--max-uses",
    "5",
    "--remove",
    "rate,weekly",
  ]);
  expect(changed.sent).toBe(`PATCH /pats/${id}/conditions`);
  expect(changed.body).toEqual({ rate: null, weekly: null, max_uses: 5 });
});

test("what is not understood is said, and nothing is sent", async () => {
  for (const [option, text] of [
    ["--only-at", "someday 07:00-19:00"],
    ["--only-at", "mon 7-19"],
    ["--rate", "600"],
    ["--max-uses", "many"],
    ["--timezone", "Europe/Berlin"],
  ] as const) {
    await expect(run(["tokens", "conditions", id, option, text])).rejects.toThrow(UsageError);
  }
  expect(server.requests).toEqual([]);
});

test("explain asks why, for a token, an address and a time, and warns of a token that is visible", async () => {
  const words = ["explain", "clients.view", `${id}/${id}`, "--from", "203.0.113.7"];
  const asked = { domain_id: id, entity_type: "clients", entity_id: id, operation: "view" };
  const own = await run(words);
  expect([own.sent, own.authorization]).toEqual(["POST /authorize?explain=true", "Bearer pat_x"]);
  expect(own.body).toEqual({ ...asked, context: { address: "203.0.113.7" } });
  const time = "2027-01-04T12:00:00Z";
  const other = await run([...words, "--at", time, "--as", "pat_y"]);
  expect(other.authorization).toBe("Bearer pat_y");
  expect(other.body.context).toEqual({ address: "203.0.113.7", time });
  expect(other.told.join()).toMatch(/^--as is visible/);
  const domain = await run(["explain", "domains:read", id]);
  expect(domain.body).toEqual({ ...asked, entity_type: "domains", operation: "read" });
  await expect(run(["explain", "clients.view", id])).rejects.toThrow(UsageError);
});
