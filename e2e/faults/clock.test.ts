import { afterAll, beforeAll, expect, test } from "vitest";
import { readCheckpoint } from "../../packages/server/src/features/audit/checkpoint-lines.ts";
import { createCheckpoints } from "../../packages/server/src/features/audit/checkpoints.ts";
import { verifyDatabase } from "../../packages/server/src/features/audit/verify-database.ts";
import { createSchedule } from "../../packages/server/src/jobs/schedule.ts";
import { onEveryDatabase } from "../../packages/server/src/testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../packages/server/src/testing/start-app.ts";

const hour = 3_600_000;
const day = 24 * hour;

onEveryDatabase("a clock that goes forth by a day and back again", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  beforeAll(async () => {
    const file = { refresh_token_lifetime: "30d" };
    server = await startApp(kind, { file });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  /** Does something a day later, by a clock that is right again then. */
  const tomorrow = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    server.clock.now += day;
    try {
      return await work();
    } finally {
      server.clock.now -= day;
    }
  };
  const refreshed = async () => {
    const { refresh_token } = await server.nobody
      .call("POST", "/users/tokens/issue", { username: ada.username, password: ada.password })
      .then((issued) => requireStatus(issued, 201));
    return refresh_token as string;
  };
  const refresh = (token: string) =>
    server.bearer(token).call("POST", "/users/tokens/refresh", undefined);

  test("ends no job for a day: what was put off beyond its time is due", async () => {
    const runs: number[] = [];
    const job = {
      name: "each_hour",
      everyMilliseconds: hour,
      run: async () => `${runs.push(server.clock.now)} runs`,
    };
    const schedule = await createSchedule(server.deps, [job]);
    await tomorrow(() => schedule.runDue());
    await schedule.runDue();
    expect(runs.map((at) => at - server.clock.now)).toEqual([day, 0]);
    await schedule.runDue();
    expect(runs).toHaveLength(2);
    await schedule.stop();
  });

  test("opens nothing: what was revoked stays so, what ended ends, and a password of then is not fresh", async () => {
    const token = await server.newToken(ada, domainId, ["domains:read"], "48h");
    const short = await server.newToken(ada, domainId, ["domains:read"], "1h");
    const use = async ({ secret }: { readonly secret: string }) =>
      (await server.bearer(secret).call("GET", `/domains/${domainId}`)).status;
    expect([await use(token), await use(short)]).toEqual([200, 200]);
    await tomorrow(async () => {
      expect([await use(token), await use(short)]).toEqual([200, 401]);
      expect((await ada.call("GET", "/users/profile")).status).toBe(401);
    });
    const later = await tomorrow(() => server.signIn(ada.username, ada.password));
    requireStatus(
      await tomorrow(() => later.call("PATCH", `/pats/${token.id}/secret/revoke`)),
      204,
    );
    expect(await use(token)).toBe(401);
    const renamed = await later.call("PATCH", `/users/${ada.id}/username`, {
      username: `x${ada.username}`,
    });
    expect([renamed.status, renamed.body.code]).toEqual([403, "password_confirmation_required"]);
  });

  test("makes no refresh token good twice", async () => {
    const token = await tomorrow(refreshed);
    requireStatus(await tomorrow(() => refresh(token)), 201);
    expect((await refresh(token)).status).toBe(401);
  });

  test("locks nobody out: passwords that failed then are forgotten", async () => {
    const signIn = (password: string) =>
      server.nobody.call("POST", "/users/tokens/issue", { username: ada.username, password });
    await tomorrow(async () => {
      let last = 401;
      for (let times = 0; last === 401; times += 1) {
        if (times > 20) throw new Error("nobody is ever locked out");
        last = (await signIn("wrong")).status;
      }
      expect(last).toBe(429);
    });
    requireStatus(await signIn(ada.password), 201);
  });

  test("leaves a trail that can be proved, and checkpoints of what is added then", async () => {
    const lines: string[] = [];
    const checkpoints = createCheckpoints(server.deps, [async (some) => void lines.push(...some)]);
    const rename = async (name: string) =>
      requireStatus(await ada.call("PATCH", `/domains/${domainId}`, { name }), 200);
    await rename("Before");
    await tomorrow(() => checkpoints.job.run(neverAborted));
    await rename("After");
    const count = lines.length;
    await checkpoints.job.run(neverAborted);
    expect(lines.slice(count)).toHaveLength(1);
    const { keys, database } = server.deps;
    const keyOf = (version: string) => keys.audit.verifyingKeys.get(version);
    const read = lines.map((line) => readCheckpoint(line, keyOf));
    const proved = await verifyDatabase(database, keys.audit, read);
    expect(proved).toMatchObject({ faults: [], checkpoints: lines.length });
  });
});

const neverAborted = new AbortController().signal;
