import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { runCommand } from "./commands.ts";
import {
  type Answer,
  type RecordingServer,
  startRecordingServer,
} from "./testing/recording-server.ts";
import { environmentOf, silentTerminal } from "./testing/silent-terminal.ts";
import { UsageError } from "./usage-error.ts";

const id = "5c1d2a9e-8f0b-4c3d-9e7a-1b2c3d4e5f60";
const never = "0001-01-01T00:00:00Z";
let server: RecordingServer;
let answers: Readonly<Record<string, Answer>>;

const scope = (operation: string, entityId: string) => ({
  domain_id: "d",
  entity_type: "clients",
  entity_id: entityId,
  operation,
});
const proposal = {
  window: "90d",
  since: "2026-01-01T00:00:00Z",
  scopes_now: [scope("view", "*"), scope("update", "c1"), scope("delete", "c1")],
  scopes_proposed: [scope("view", "c1"), scope("delete", "c1")],
  dropped: [{ scope: scope("update", "c1"), why: "not used in 90d" }],
  narrowed: [{ scope: scope("view", "*"), from: "*", to: ["c1"], why: "only one object\u001b[2J" }],
  not_narrowed: [],
  not_judged: [{ scope: scope("delete", "c1"), why: "younger than the window of 90d" }],
  proof: {
    ...{ uses: 41_208, operations: 7, objects: 3 },
    ...{ would_refuse: 0, refused_already: 0, not_decided: 0 },
  },
  complete: true,
  gaps: [],
  longest_gap: { days: 21, from: "2026-02-01", to: "2026-02-21" },
  notes: ["An object that is made later would be refused."],
  etag: "e1",
};

beforeAll(async () => {
  server = await startRecordingServer(
    ({ path }) => answers[path.split("?")[0] ?? ""] ?? { status: 404, body: {} },
  );
});
beforeEach(() => {
  server.requests.length = 0;
  answers = {
    [`/pats/${id}/proposal`]: { status: 200, body: proposal },
    [`/pats/${id}/proposal/apply`]: {
      status: 200,
      body: { scopes: proposal.scopes_proposed, undo_until: "2026-05-01T00:00:00Z" },
    },
    [`/pats/${id}/proposal/undo`]: {
      status: 200,
      body: { scopes: [scope("view", "*")], left_out: [scope("update", "c1")] },
    },
  };
});
afterAll(() => server.close());

/** `typed`: what somebody at a terminal answers; without it nobody is there. */
async function run(words: readonly string[], typed?: string) {
  const told: string[] = [];
  const terminal = silentTerminal("", told);
  const printed = await runCommand(["tokens", ...words], {
    environment: environmentOf({ url: server.url, token: "session" }),
    terminal:
      typed === undefined ? terminal : { ...terminal, isInteractive: true, ask: async () => typed },
  });
  return { printed, told, sent: server.requests.map(({ method, path }) => `${method} ${path}`) };
}

test("narrow shows the difference and the proof, and changes nothing", async () => {
  const { printed, sent } = await run(["narrow", id, "--window", "30d"]);
  expect(sent).toEqual([`GET /pats/${id}/proposal?window=30d`]);
  expect(printed.split("\n")).toEqual([
    "- clients:update:c1 in d  (not used in 90d)",
    "- clients:view:* in d  (only one object\\u001b[2J)",
    "+ clients:view:c1 in d",
    "  clients:delete:c1 in d  (younger than the window of 90d)",
    "Proof: 0 of 41208 recorded uses in 90d would be refused (7 operations on 3 objects, decided again).",
    "The longest time without a use: 21 days, from 2026-02-01 to 2026-02-21.",
    "An object that is made later would be refused.",
    "Nothing is changed yet: add --apply to apply this.",
    "",
  ]);
  const json = await run(["narrow", id, "--json"]);
  expect(JSON.parse(json.printed)).toEqual(proposal);
});

test("narrow applies what it has shown, by its etag, and says how it is undone", async () => {
  const { printed } = await run(["narrow", id, "--apply"]);
  const { path, body = "" } = server.requests.at(-1) ?? {};
  expect(path).toBe(`/pats/${id}/proposal/apply`);
  expect(JSON.parse(body)).toEqual({ etag: "e1", window: "90d" });
  expect(printed).toContain("+ clients:view:c1 in d");
  expect(printed).toContain(`tessera tokens narrow ${id} --undo`);
});

test("narrow asks whoever is at a terminal before it applies, and takes no for an answer", async () => {
  const no = await run(["narrow", id, "--apply"], "");
  expect(no.sent).toEqual([`GET /pats/${id}/proposal?window=90d`]);
  expect(no.printed).toBe("Nothing is changed.\n");
  expect(no.told).toContain("+ clients:view:c1 in d");
  const yes = await run(["narrow", id, "--apply"], "yes");
  expect(yes.sent.at(-1)).toBe(`POST /pats/${id}/proposal/apply`);
});

test("narrow applies nothing where there is nothing to narrow", async () => {
  const body = { ...proposal, dropped: [], narrowed: [], notes: [] };
  answers = { [`/pats/${id}/proposal`]: { status: 200, body } };
  const { printed, sent } = await run(["narrow", id, "--apply"], "yes");
  expect(sent).toHaveLength(1);
  expect(printed).toContain("There is nothing to narrow, by what it did in 90d.");
});

test("narrow undoes the last one alone, and says what does not come back", async () => {
  const { printed, sent } = await run(["narrow", id, "--undo"]);
  expect(sent).toEqual([`POST /pats/${id}/proposal/undo`]);
  expect(printed).toContain("  clients:view:* in d\n- clients:update:c1 in d  (its object was");
  for (const more of [["--apply"], ["--window", "30d"]]) {
    await expect(run(["narrow", id, "--undo", ...more])).rejects.toThrow(UsageError);
  }
  expect(server.requests).toHaveLength(1);
});

test("usage by day tells whose days these are", async () => {
  const days = [
    { day: "2026-06-01", uses: 7, refused: 2 },
    { day: "2026-06-02", uses: 1, refused: 0 },
  ];
  const told = { days, timezone: "Asia/Tokyo", utc_before: "2026-06-02" };
  answers = { [`/pats/${id}/usage`]: { status: 200, body: { ...told, gaps: [] } } };
  const words = ["--by", "day", "--timezone", "Asia/Tokyo", "--output", "table"];
  const { printed, sent } = await run(["usage", id, ...words]);
  expect(sent).toEqual([`GET /pats/${id}/usage?by=day&timezone=Asia%2FTokyo`]);
  expect(printed).toMatch(/2026-06-01 +7 +2 +UTC\n2026-06-02 +1 +0 +Asia\/Tokyo\n$/);
});

test("usage tells what a token did, and of its scopes which it never used", async () => {
  const operations = [{ operation: "clients.view", uses: 3, refused: 1 }];
  const scopes = [
    { id: "s", ...scope("view", "*"), last_used_at: "2026-01-01T00:00:00Z", uses_90d: 3 },
    { id: "t", ...scope("update", "c1"), last_used_at: never, uses_90d: 0 },
  ];
  answers = {
    [`/pats/${id}/usage`]: { status: 200, body: { days: [], operations, gaps: [] } },
    [`/pats/${id}/scope`]: {
      status: 200,
      body: { total: 2, offset: 0, limit: 100, scopes, uses_are_complete: true },
    },
  };
  const { printed, sent } = await run(["usage", id, "--days", "90", "--output", "table"]);
  const here = encodeURIComponent(new Intl.DateTimeFormat().resolvedOptions().timeZone);
  expect(sent).toEqual([`GET /pats/${id}/usage?by=operation&days=90&timezone=${here}`]);
  expect(printed).toMatch(/^operation +uses +refused\nclients.view +3 +1\n$/);
  const byScope = await run(["usage", id, "--by", "scope", "--output", "table"]);
  expect(byScope.sent.at(-1)).toBe(`GET /pats/${id}/scope?offset=0&limit=100`);
  expect(byScope.printed).toMatch(/clients:update:c1 +d +never +0\n/);
  const json = await run(["usage", id]);
  expect(JSON.parse(json.printed)).toMatchObject({ operations });
  const before = server.requests.length;
  for (const words of [
    ["--by", "moon"],
    ["--days", "many"],
    ["--by", "scope", "--days", "3"],
    ["--by", "scope", "--timezone", "UTC"],
  ]) {
    await expect(run(["usage", id, ...words])).rejects.toThrow(UsageError);
  }
  expect(server.requests).toHaveLength(before);
});
