import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { runCommand } from "./commands.ts";
import { readEnvironment } from "./environment.ts";
import { explainFailure } from "./failures.ts";
import { readProfile, writeProfile } from "./profile.ts";
import { type RecordingServer, startRecordingServer } from "./testing/recording-server.ts";
import { environmentOf, silentTerminal } from "./testing/silent-terminal.ts";

const session = { url: "http://localhost:8080", accessToken: "access-1", refreshToken: "r-1" };
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tessera-profile-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string) => statSync(path).mode & 0o777;

describe("the profile file", () => {
  test("that others could read is closed to them when it is written, and so is its folder", () => {
    const place = readEnvironment({ XDG_CONFIG_HOME: folder }).profile;
    mkdirSync(dirname(place.path), { mode: 0o755 });
    writeFileSync(place.path, "{}", { mode: 0o644 });
    chmodSync(place.path, 0o644);
    writeProfile(place, session);
    expect([modeOf(place.path), modeOf(dirname(place.path))]).toEqual([0o600, 0o700]);
    expect(readProfile(place)).toEqual(session);
  });

  test("that others could read is closed to them when it is read", () => {
    const place = { path: join(folder, "profile.json"), ownsFolder: false };
    writeFileSync(place.path, JSON.stringify(session));
    chmodSync(place.path, 0o644);
    expect(readProfile(place)).toEqual(session);
    expect(modeOf(place.path)).toBe(0o600);
  });

  test("in a folder of somebody's own leaves that folder as it is, and makes missing ones closed", () => {
    chmodSync(folder, 0o755);
    const place = readEnvironment({ TESSERA_PROFILE: join(folder, "new", "p.json") }).profile;
    writeProfile(place, session);
    expect([modeOf(folder), modeOf(join(folder, "new"))]).toEqual([0o755, 0o700]);
  });

  test("is written whole or not at all, and nothing is left beside it", () => {
    const place = { path: join(folder, "profile.json"), ownsFolder: false };
    writeProfile(place, session);
    mkdirSync(join(folder, "taken", "profile.json"), { recursive: true });
    expect(() =>
      writeProfile({ path: join(folder, "taken", "profile.json"), ownsFolder: false }, session),
    ).toThrow();
    writeFileSync(`${place.path}.${process.pid}.new`, "half of it", { mode: 0o644 });
    writeProfile(place, { ...session, accessToken: "access-2" });
    expect(JSON.parse(readFileSync(place.path, "utf8")).accessToken).toBe("access-2");
    expect(modeOf(place.path)).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual(["profile.json", "taken"]);
    expect(readdirSync(join(folder, "taken"))).toEqual(["profile.json"]);
  });
});

test.each(["", "  "])("an environment variable that is %j is not set", (empty) => {
  const { url, token, password, profile } = readEnvironment({
    TESSERA_URL: empty,
    TESSERA_TOKEN: empty,
    TESSERA_PASSWORD: empty,
    TESSERA_PROFILE: empty,
    XDG_CONFIG_HOME: "/config",
  });
  expect([url, token, password]).toEqual([undefined, undefined, undefined]);
  expect(profile).toEqual({ path: "/config/tessera/profile.json", ownsFolder: true });
});

describe("a session", () => {
  let server: RecordingServer;
  let pairs: number;
  let isFull: boolean;

  beforeEach(async () => {
    pairs = 1;
    isFull = false;
    server = await startRecordingServer(({ path, authorization }) => {
      if (path === "/users/tokens/refresh") {
        if (isFull) {
          const body = { code: "rate_limited", message: "Too many" };
          return { status: 429, headers: { "retry-after": "1" }, body };
        }
        if (authorization !== `Bearer r-${pairs}`) {
          return { status: 401, body: { code: "unauthenticated", message: "Used twice" } };
        }
        pairs += 1;
        return {
          status: 201,
          body: { access_token: `access-${pairs}`, refresh_token: `r-${pairs}` },
        };
      }
      return authorization === `Bearer access-${pairs}` && pairs > 1
        ? { status: 200, body: { total: 0, offset: 0, limit: 10, domains: [] } }
        : { status: 401, body: { code: "unauthenticated", message: "Run out" } };
    });
  });
  afterEach(() => server.close());

  const placeOf = () => ({ path: join(folder, "profile.json"), ownsFolder: false });
  const run = (words: readonly string[], url?: string) =>
    runCommand(words, {
      environment: environmentOf({ url, profile: placeOf() }),
      terminal: silentTerminal(),
    });

  test("that has run out is renewed once, however many commands run at once", async () => {
    writeProfile(placeOf(), { ...session, url: server.url });
    await Promise.all([run(["domains.list"]), run(["domains.list"]), run(["domains.list"])]);
    const renewals = server.requests.filter(({ path }) => path === "/users/tokens/refresh");
    expect(renewals).toHaveLength(1);
    expect(readProfile(placeOf())?.accessToken).toBe("access-2");
    expect(readdirSync(folder)).toEqual(["profile.json"]);
  });

  test("is not waited for while others may take its lock for a dead one's", async () => {
    writeProfile(placeOf(), { ...session, url: server.url });
    isFull = true;
    const error = await run(["domains.list"]).catch((failure: unknown) => failure);
    expect(explainFailure(error)).toBe("Too many (rate_limited); again in 1 s");
    const renewals = server.requests.filter(({ path }) => path === "/users/tokens/refresh");
    expect(renewals).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(["profile.json"]);
  });

  test("goes to no other server than the one that gave it", async () => {
    writeProfile(placeOf(), session);
    const error = await run(["domains.list"], server.url).catch((failure: unknown) => failure);
    expect(explainFailure(error)).toBe(
      `not signed in at ${server.url} (but at ${session.url}): tessera login --url ${server.url}, or set TESSERA_TOKEN`,
    );
    await run(["service.health"], server.url).catch(() => undefined);
    expect(server.requests.map(({ authorization }) => authorization)).toEqual([undefined]);
    expect(existsSync(placeOf().path)).toBe(true);
  });

  test("that is over says to sign in again", async () => {
    writeProfile(placeOf(), { ...session, url: server.url, refreshToken: "r-0" });
    const error = await run(["domains.list"]).catch((failure: unknown) => failure);
    expect(explainFailure(error)).toBe(
      `the session has ended; sign in again: tessera login --url ${server.url}`,
    );
  });
});
