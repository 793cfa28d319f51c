import {
  accountEndpoints,
  createCatalogue,
  type Endpoint,
  type ErrorReply,
  isOpen,
} from "@tessera/contract";
import { afterAll, describe, expect, test } from "vitest";
import { prepareAccountRequest } from "./testing/account-requests.ts";
import { createChangeGate } from "./testing/change-gate.ts";
import { readEverything } from "./testing/everything-stored.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { buildWorld, requestTo, type World } from "./testing/operation-world.ts";
import { createSlowUploads, type Upload } from "./testing/slow-uploads.ts";
import { isSoak } from "./testing/soak.ts";
import {
  type Caller,
  mailSettings,
  requireStatus,
  startApp,
  type TestApp,
  type TestResponse,
  type TestUser,
} from "./testing/start-app.ts";
import { type TestDatabaseKind, testDatabases } from "./testing/test-databases.ts";

const operationRows: readonly Row[] = createCatalogue()
  .operations()
  .flatMap(({ worksInDisabledDomain, endpoints }) =>
    endpoints.map((endpoint) => ({ endpoint, worksInDisabledDomain })),
  );

/** A token that ends itself goes by no right of a session; see the tests of found tokens. */
const accountRows: readonly Row[] = (accountEndpoints as readonly Endpoint[])
  .filter(({ access }) => !isOpen(access) && access.kind !== "token_self")
  .map((endpoint) => ({ endpoint, worksInDisabledDomain: false }));

interface Row {
  readonly endpoint: Endpoint;
  readonly worksInDisabledDomain: boolean;
}

/** A request that would succeed. */
interface Asked extends Row {
  readonly method: string;
  readonly url: string;
  readonly caller: Caller;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly tokenId?: string;
}

/** A server with what holds its requests and its changes back. */
interface House {
  readonly testApp: TestApp;
  readonly uploads: ReturnType<typeof createSlowUploads>;
  readonly gate: ReturnType<typeof createChangeGate>;
}

/** A way in which a right ends, and how whoever had it is refused from then on. */
interface Taking {
  readonly name: string;
  readonly take: (stage: Stage, asked: readonly Asked[]) => Promise<unknown>;
  readonly refusal: readonly [status: number, code: ErrorReply["code"]];
  /** Which rows it concerns; all when not said. */
  readonly concerns?: (row: Row) => boolean;
  /** Whether it leaves no server for others: it moves the clock, or ends the administrator of the first start. */
  readonly spoilsServer?: boolean;
}

interface Stage extends House {
  readonly world: World;
  /** Another administrator of the platform, who takes rights away. */
  readonly taker: TestUser;
}

const forEachToken =
  (method: "PATCH" | "DELETE", path: string, status: number, body?: unknown): Taking["take"] =>
  async ({ world }, asked) => {
    for (const { tokenId } of asked) {
      requireStatus(await world.owner.call(method, `/pats/${tokenId}${path}`, body), status);
    }
  };

const disableOwner: Taking["take"] = async ({ taker, world }) =>
  requireStatus(await taker.call("POST", `/users/${world.owner.id}/disable`), 200);

/** Somebody else becomes the domain's administrator first, because it keeps one. */
const removeOwner: Taking["take"] = async ({ taker, world }) => {
  const roles = `/domains/${world.domainId}/roles`;
  const listed = requireStatus(await taker.call("GET", roles), 200);
  const { id } = listed.roles.find((role: { name: string }) => role.name === "admin");
  const heir = { members: [taker.id] };
  requireStatus(await taker.call("POST", `${roles}/${id}/members`, heir), 200);
  const leaving = { members: [world.owner.id] };
  requireStatus(await taker.call("POST", `${roles}/${id}/members/delete`, leaving), 204);
};

const disableDomain: Taking["take"] = async ({ taker, world }) =>
  requireStatus(await taker.call("POST", `/domains/${world.domainId}/disable`), 200);

const freezeDomain: Taking["take"] = async ({ taker, world }) =>
  requireStatus(await taker.call("POST", `/domains/${world.domainId}/freeze`), 200);

const hour = 3_600_000;
const isClosedToDomain = ({ worksInDisabledDomain }: Row) => !worksInDisabledDomain;

const fromTokens: readonly Taking[] = [
  {
    name: "the token is revoked",
    take: forEachToken("PATCH", "/secret/revoke", 204),
    refusal: [401, "token_revoked"],
  },
  {
    name: "the token is deleted",
    take: forEachToken("DELETE", "", 204),
    refusal: [401, "unauthenticated"],
  },
  {
    name: "the token gets another secret",
    take: forEachToken("PATCH", "/secret/reset", 200, { duration: "1h" }),
    refusal: [401, "secret_rotated"],
  },
  {
    name: "the token's scopes are removed",
    take: forEachToken("DELETE", "/scope", 200),
    refusal: [403, "scope_missing"],
  },
  {
    name: "the token's conditions are no longer met",
    take: forEachToken("PATCH", "/conditions", 200, { addresses: { deny: ["127.0.0.1"] } }),
    refusal: [403, "condition_address"],
  },
  {
    name: "the token expires",
    spoilsServer: true,
    take: async ({ testApp }) => {
      testApp.clock.now += hour;
    },
    refusal: [401, "token_expired"],
  },
  { name: "the owner is disabled", take: disableOwner, refusal: [401, "owner_disabled"] },
  {
    name: "the owner is removed from the domain",
    take: removeOwner,
    refusal: [403, "owner_lacks_permission"],
  },
  {
    name: "the domain is disabled",
    take: disableDomain,
    refusal: [403, "domain_disabled"],
    concerns: isClosedToDomain,
  },
  {
    name: "the domain is frozen",
    take: freezeDomain,
    refusal: [403, "domain_disabled"],
  },
];

/** A session may make domains whatever it may do in another. */
const isInDomain = ({ endpoint }: Row) =>
  needsOf(endpoint).every(({ from }) => from !== "any_domain");

const fromSessions: readonly Taking[] = [
  {
    name: "the session is ended",
    spoilsServer: true,
    take: (_, asked) => forEachCaller(asked, endSession),
    refusal: [401, "unauthenticated"],
  },
  {
    name: "the access token of the session expires",
    spoilsServer: true,
    take: async ({ testApp }) => {
      testApp.clock.now += hour;
    },
    refusal: [401, "token_expired"],
  },
  {
    name: "the person is disabled",
    spoilsServer: true,
    take: ({ taker }, asked) =>
      forEachCaller(asked, async (caller) => {
        const { id } = requireStatus(await caller.call("GET", "/users/profile"), 200);
        requireStatus(await taker.call("POST", `/users/${id}/disable`), 200);
      }),
    refusal: [401, "owner_disabled"],
  },
  {
    name: "the person is deleted",
    spoilsServer: true,
    take: ({ taker }, asked) =>
      forEachCaller(asked, async (caller) => {
        const { id } = requireStatus(await caller.call("GET", "/users/profile"), 200);
        requireStatus(await taker.call("DELETE", `/users/${id}`), 204);
      }),
    refusal: [401, "unauthenticated"],
  },
  {
    name: "the person is removed from the domain",
    take: removeOwner,
    refusal: [403, "owner_lacks_permission"],
    concerns: (row) => isGuardedByDomain(row) && isInDomain(row),
  },
  {
    name: "the person is no administrator of the platform any more",
    spoilsServer: true,
    take: async ({ testApp, taker }) => {
      const path = `/users/${testApp.admin.id}/role`;
      requireStatus(await taker.call("PATCH", path, { role: "user" }), 200);
    },
    refusal: [403, "owner_lacks_permission"],
    concerns: ({ endpoint }) => endpoint.access.kind === "admin",
  },
];

function isGuardedByDomain({ endpoint }: Row): boolean {
  return endpoint.access.kind === "operation" || endpoint.access.kind === "role_action";
}

function needsOf({ access }: Endpoint) {
  return access.kind === "operation" ? access.needs.map(({ on }) => on) : [];
}

async function forEachCaller(
  asked: readonly Asked[],
  act: (caller: Caller) => Promise<unknown>,
): Promise<void> {
  const callers = new Map(asked.map(({ caller }) => [caller.authorization, caller]));
  for (const caller of callers.values()) await act(caller);
}

async function endSession(caller: Caller): Promise<void> {
  const listed = await caller.call("GET", "/users/tokens/refresh-tokens");
  const { refresh_tokens } = requireStatus(listed, 200);
  const { id } = refresh_tokens.find(({ current }: { current: boolean }) => current);
  requireStatus(await caller.call("POST", "/users/tokens/revoke", { token_id: id }), 204);
}

/** A request by a token for each of the rows. */
async function askByToken(
  { world, testApp }: Stage,
  isWanted: (row: Row) => boolean,
): Promise<readonly Asked[]> {
  const asked: Asked[] = [];
  for (const row of operationRows.filter(isWanted)) {
    const { path, body, scopes } = requestTo(row.endpoint, world);
    const distinct = [...new Map(scopes.map((scope) => [JSON.stringify(scope), scope])).values()];
    const made = { name: "ci", duration: "1h", scopes: distinct };
    const { id, secret } = requireStatus(await world.owner.call("POST", "/pats", made), 201);
    const caller = testApp.bearer(secret);
    asked.push({ ...row, method: row.endpoint.method, url: path, caller, body, tokenId: id });
  }
  return asked;
}

/** A request by a session for each of the rows, and for each endpoint that no scope opens. */
async function askBySession(
  { world, testApp }: Stage,
  isWanted: (row: Row) => boolean,
): Promise<readonly Asked[]> {
  const asked: Asked[] = operationRows.filter(isWanted).map((row) => {
    const { path, body } = requestTo(row.endpoint, world);
    return { ...row, method: row.endpoint.method, url: path, caller: world.owner, body };
  });
  for (const row of accountRows.filter(isWanted)) {
    const { path, ...request } = await prepareAccountRequest(row.endpoint, world, testApp);
    asked.push({ ...row, method: row.endpoint.method, url: path, ...request });
  }
  return asked;
}

const hasBody = ({ endpoint }: Row) => endpoint.body !== undefined;
const onlyAsk: ReadonlySet<string> = new Set(["service.authorize", "tokens.explain_draft"]);
const changes = ({ endpoint }: Row) => endpoint.method !== "GET" && !onlyAsk.has(endpoint.id);

const concerns = (taking: Taking, row: Row) => taking.concerns?.(row) ?? true;

const places: ReadonlyMap<string, number> = new Map(
  [...operationRows, ...accountRows].map(({ endpoint }, index) => [endpoint.id, index]),
);
const allTakings = [...fromTokens, ...fromSessions];

/**
 * Each row is tried with every second taking, and that on one of the databases: that it is refused is hardly the
 * database's. In soak all are tried on both.
 */
function isSampled(kind: TestDatabaseKind, taking: Taking, { endpoint }: Row): boolean {
  if (isSoak || endpoint.access.kind === "admin") return true;
  const sum = (places.get(endpoint.id) ?? 0) + allTakings.indexOf(taking);
  return sum % (2 * testDatabases.length) === testDatabases.indexOf(kind);
}

const kindsOfCaller = [
  { of: "a token", ask: askByToken, takings: fromTokens },
  { of: "a session", ask: askBySession, takings: fromSessions },
] as const;

onEveryDatabase("what is asked while a right ends", (kind) => {
  const onStage = openStages(kind);
  // One that listens has jobs, whose changes would be held as well.
  const onQuietStage = openStages(kind);

  describe.each(kindsOfCaller)("the request of $of", ({ ask, takings }) => {
    test.each(takings)("is refused when $name while its body is under way", (taking) =>
      onStage(taking, async (stage) => {
        const { testApp, uploads } = stage;
        const asked = await ask(
          stage,
          (row) => isSampled(kind, taking, row) && hasBody(row) && concerns(taking, row),
        );
        const begun: Upload[] = [];
        for (const one of asked) {
          const { authorization } = one.caller;
          begun.push(await uploads.begin(testApp, { ...one, authorization }));
        }
        await taking.take(stage, asked);
        await expectRefused(stage, taking, asked, () =>
          Promise.all(begun.map((upload) => upload.finish())),
        );
      }),
    );

    test.each(takings)("does not commit when $name before its transaction", (taking) =>
      onQuietStage(taking, async (stage) => {
        const asked = await ask(
          stage,
          (row) => isSampled(kind, taking, row) && changes(row) && concerns(taking, row),
        );
        await expectNotCommitted(stage, taking, asked, "before");
      }),
    );
  });
});

describe("on PostgreSQL, where changes run side by side", () => {
  const [postgres] = testDatabases.filter(({ name }) => name === "PostgreSQL");
  if (postgres === undefined) throw new Error("the tests have no PostgreSQL");
  const onStage = openStages(postgres);

  test.each(allTakings.filter(({ name }) => !name.includes("expires")))(
    "a change that is done but not committed when $name does not commit",
    (taking) =>
      onStage(taking, async (stage) => {
        const ask = fromTokens.includes(taking) ? askByToken : askBySession;
        const isOfAdmins = taking.name.includes("administrator");
        const wanted = isOfAdmins ? "users.update_role" : "clients.update";
        const asked = await ask(stage, ({ endpoint }) => endpoint.id === wanted);
        await expectNotCommitted(stage, taking, asked, "after");
      }),
  );

  test("an invitation is not accepted when the token that sent it is revoked before the commit", () =>
    onStage({}, async ({ testApp, world, gate }) => {
      const { domainId, invited, owner } = world;
      const scopes = ["domains:send_invitation", "domains:read"];
      const token = await testApp.newToken(owner, domainId, scopes);
      const { invitations } = requireStatus(await invited.call("GET", "/invitations"), 200);
      const { role_id } = invitations[0];
      const again = { invitee_user_id: invited.id, role_id, resend: true };
      requireStatus(await token.call("POST", `/domains/${domainId}/invitations`, again), 201);
      gate.close("after");
      const answer = invited.call("POST", "/invitations/accept", { domain_id: domainId });
      await gate.whenHeld(1);
      requireStatus(await owner.call("PATCH", `/pats/${token.id}/secret/revoke`), 204);
      gate.release();
      expect((await answer).body).toMatchObject({ code: "conflict" });
      expect((await invited.call("GET", `/domains/${domainId}`)).status).toBe(403);
    }));
});

onEveryDatabase("by a change whose right is not its caller's own", (kind) => {
  const onStage = openStages(kind);

  test("an invitation is not accepted when its inviter loses the domain before the transaction", () =>
    onStage({}, async (stage) => {
      const { world, gate } = stage;
      const { domainId, invited } = world;
      gate.close("before");
      const answer = invited.call("POST", "/invitations/accept", { domain_id: domainId });
      await gate.whenHeld(1);
      await removeOwner(stage, []);
      gate.release();
      expect((await answer).body).toMatchObject({ code: "conflict" });
      const viewed = await invited.call("GET", `/domains/${domainId}`);
      expect(viewed.status).toBe(403);
    }));

  test("nobody signs in who is disabled before the transaction", () =>
    onStage({}, async (stage) => {
      const { testApp, world, gate } = stage;
      const { username, password } = world.owner;
      gate.close("before");
      const answer = testApp.nobody.call("POST", "/users/tokens/issue", { username, password });
      await gate.whenHeld(1);
      await disableOwner(stage, []);
      gate.release();
      expect((await answer).body).toMatchObject({ code: "wrong_credentials" });
    }));

  test("an administrator who is demoted before the transaction registers nobody", () =>
    onStage({ spoilsServer: true }, async ({ testApp, taker, gate }) => {
      const credentials = { username: "accomplice", secret: "a secret for tests" };
      const person = { first_name: "A", last_name: "B", email: "accomplice@example.test" };
      gate.close("before");
      const body = { ...person, credentials, role: "admin" };
      const answer = testApp.admin.call("POST", "/users", body);
      await gate.whenHeld(1);
      const path = `/users/${testApp.admin.id}/role`;
      requireStatus(await taker.call("PATCH", path, { role: "user" }), 200);
      gate.release();
      const refused = { status: 403, body: { code: "owner_lacks_permission", field: "role" } };
      expect(await answer).toMatchObject(refused);
      const found = await taker.call("GET", `/users?status=all&email=${person.email}`);
      expect(found.body.total).toBe(0);
    }));
});

type PlayOnStage = (
  { spoilsServer }: Pick<Taking, "spoilsServer">,
  play: (stage: Stage) => Promise<void>,
) => Promise<void>;

/** Each play has a world of its own, on a server that it shares with the others unless it spoils it. */
function openStages(kind: TestDatabaseKind): PlayOnStage {
  let idle: House | undefined;
  afterAll(() => idle?.testApp.close());
  return async ({ spoilsServer = false }, play) => {
    const house = (spoilsServer ? undefined : idle) ?? (await openHouse(kind));
    if (!spoilsServer) idle = undefined;
    let isKept = false;
    try {
      await playIn(house, play);
      isKept = !spoilsServer;
    } finally {
      if (isKept) idle = house;
      else await house.testApp.close();
    }
  };
}

async function openHouse(kind: TestDatabaseKind): Promise<House> {
  const uploads = createSlowUploads();
  const gate = createChangeGate();
  const testApp = await startApp(kind, {
    // Nothing is to be written but by the requests themselves.
    environment: { TESSERA_USAGE_FLUSH_INTERVAL: "24h", ...mailSettings },
    configure: uploads.configure,
    aroundHub: gate.around,
  });
  return { testApp, uploads, gate };
}

async function playIn(house: House, play: (stage: Stage) => Promise<void>): Promise<void> {
  const { admin, newUser } = house.testApp;
  const taker = await newUser();
  requireStatus(await admin.call("PATCH", `/users/${taker.id}/role`, { role: "admin" }), 200);
  await play({ ...house, world: await buildWorld(house.testApp), taker });
}

async function expectNotCommitted(
  stage: Stage,
  taking: Taking,
  asked: readonly Asked[],
  place: "before" | "after",
): Promise<void> {
  const { gate } = stage;
  gate.close(place);
  const answers = asked.map(({ caller, method, url, body, headers }) =>
    caller.call(method, url, body, headers),
  );
  await gate.whenHeld(asked.length);
  await taking.take(stage, asked);
  await expectRefused(stage, taking, asked, () => {
    gate.release();
    return Promise.all(answers);
  });
}

async function expectRefused(
  { testApp }: Stage,
  { refusal }: Taking,
  asked: readonly Asked[],
  finish: () => Promise<readonly TestResponse[]>,
): Promise<void> {
  const before = await readEverything(testApp.deps.database);
  const answers = await finish();
  const told = answers.map(({ status, body }, index) => [
    asked[index]?.endpoint.id,
    status,
    (body as ErrorReply | undefined)?.code,
  ]);
  expect(told).toEqual(asked.map(({ endpoint }) => [endpoint.id, ...refusal]));
  expect(asked.length).toBeGreaterThan(0);
  expect(await readEverything(testApp.deps.database)).toBe(before);
}
