import { randomUUID } from "node:crypto";
import { formatToken } from "@tessera/contract";
import ICAL from "ical.js";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { withOtherLastLetter } from "../../testing/other-last-letter.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";

const publicUrl = "https://tessera.example.test";

onEveryDatabase("a calendar feed", (kind) => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_PUBLIC_URL: publicUrl, TESSERA_BAD_CREDENTIALS_PER_MINUTE: "5" },
      build: { wait: async (milliseconds) => void waits.push(milliseconds) },
    });
  });
  afterAll(() => server.close());
  const waits: number[] = [];

  test("shows an independent parser when each token of its owner ends, and nobody else's", async () => {
    const { user, domainId, path } = await newFeed();
    const other = await server.newUser();
    await server.newToken(other, await server.newDomain(other), [], "3d");
    const token = await server.newToken(user, domainId, ["clients:view"], "40d");
    const revoked = await server.newToken(user, domainId, [], "40d");
    requireStatus(await user.call("PATCH", `/pats/${revoked.id}/secret/revoke`), 204);
    const { status, headers, body } = await server.nobody.call("GET", path);
    expect([status, headers["content-type"]]).toEqual([200, "text/calendar; charset=utf-8"]);
    const events = eventsOf(body);
    const view = requireStatus(await user.call("GET", `/pats/${token.id}`), 200);
    expect(events.map(({ uid, summary }) => [uid, summary])).toEqual([
      [`${token.id}-${view.secrets[0].id}@tessera.example.test`, 'Token "ci" ends'],
    ]);
    const wholeSeconds = Math.floor(Date.parse(view.expires_at) / 1000) * 1000;
    expect(events[0]?.startDate.toJSDate().getTime()).toBe(wholeSeconds);
    expect(events[0]?.component.getFirstPropertyValue("url")).toBe(`${publicUrl}/pats/${token.id}`);
    expect(body).not.toContain(token.secret.slice(-4));
    expect(body).not.toContain(domainId);
  });

  test("ends each line with CRLF after at most 75 octets, and breaks no character", async () => {
    const { user, path } = await newFeed();
    const name = `${"Überwachung 🚰 ".repeat(8)}end`;
    requireStatus(await user.call("POST", "/pats", { name, duration: "10d" }), 201);
    const { body } = await server.nobody.call<string>("GET", path);
    const lines = body.split("\r\n");
    expect(lines.pop()).toBe("");
    expect(lines.join("")).not.toMatch(/[\r\n]/);
    for (const line of lines) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
    expect(lines.some((line) => Buffer.byteLength(line) > 70)).toBe(true);
    expect(eventsOf(body)[0]?.summary).toBe(`Token "${name}" ends`);
  });

  test("keeps a name that looks like iCalendar as text", async () => {
    const { user, domainId, path } = await newFeed();
    const token = await server.newToken(user, domainId, [], "10d");
    const name = 'x\r\nBEGIN:VALARM\nTRIGGER:-PT1M\rEND:VALARM a,b;c\\n"d';
    await server.deps.database.inTransaction((trx) =>
      trx.updateTable("tokens").set({ name }).where("id", "=", token.id).execute(),
    );
    const { body } = await server.nobody.call("GET", path);
    const [event] = eventsOf(body);
    expect(event?.summary).toBe(
      'Token "x\nBEGIN:VALARM\nTRIGGER:-PT1M\nEND:VALARM a,b;c\\n"d" ends',
    );
    expect(event?.component.getAllSubcomponents()).toEqual([]);
    expect(body).not.toMatch(/^BEGIN:VALARM/m);
  });

  test("is the same while nothing changes, which its ETag says", async () => {
    const { user, domainId, path } = await newFeed();
    const token = await server.newToken(user, domainId, [], "10d");
    const first = await server.nobody.call("GET", path);
    const etag = String(first.headers.etag);
    server.clock.now += 60_000;
    for (const known of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const again = await server.nobody.call("GET", path, undefined, { "if-none-match": known });
      expect([again.status, again.body, again.headers.etag]).toEqual([304, undefined, etag]);
      expect(again.headers["cache-control"]).toBe("private, no-cache");
    }
    requireStatus(await user.call("PATCH", `/pats/${token.id}/expiry`, { duration: "20d" }), 200);
    const changed = await server.nobody.call("GET", path, undefined, { "if-none-match": etag });
    expect([changed.status, changed.headers.etag === etag]).toEqual([200, false]);
    const [before] = eventsOf(first.body);
    const [after] = eventsOf(changed.body);
    expect(after?.uid).toBe(before?.uid);
    expect(after?.startDate.toString()).not.toBe(before?.startDate.toString());
  });

  test("ends with the sessions of its owner, and does not come back with the account", async () => {
    const signedIn = await server.signIn("admin", server.admin.password);
    const another = await newFeed();
    for (const end of ["change", "reset", "disable"] as const) {
      const { user, path } = await newFeed();
      requireStatus(await server.nobody.call("GET", path), 200);
      if (end === "change") {
        const secrets = { old_secret: user.password, new_secret: "changed by hand 1" };
        requireStatus(await user.call("PATCH", "/users/secret", secrets), 200);
        expect(requireStatus(await user.call("GET", "/calendar/feed"), 200).exists).toBe(false);
      }
      const of = `/users/${user.id}`;
      if (end === "reset") {
        const { token } = requireStatus(await signedIn.call("POST", `${of}/reset-link`), 201);
        const password = "chosen with a link 1";
        const body = { password, confirm_password: password };
        requireStatus(await server.bearer(token).call("PUT", "/password/reset", body), 201);
      }
      if (end === "disable") {
        requireStatus(await signedIn.call("POST", `${of}/disable`), 200);
        requireStatus(await signedIn.call("POST", `${of}/enable`), 200);
      }
      expect([end, (await server.nobody.call("GET", path)).status]).toEqual([end, 404]);
    }
    requireStatus(await server.nobody.call("GET", another.path), 200);
  });

  test("is made with a fresh password alone, and the one there was stays", async () => {
    const { user, path } = await newFeed();
    server.clock.now += 10 * 60_000;
    const refused = await user.call("POST", "/calendar/feed");
    expect([refused.status, refused.body.code]).toEqual([403, "password_confirmation_required"]);
    requireStatus(await server.nobody.call("GET", path), 200);
  });

  test("has an address that is shown once, and ends when another is made or it is removed", async () => {
    const user = await server.newUser();
    const before = requireStatus(await user.call("GET", "/calendar/feed"), 200);
    expect(before.exists).toBe(false);
    const old = pathOf(requireStatus(await user.call("POST", "/calendar/feed"), 201));
    const shown = requireStatus(await user.call("GET", "/calendar/feed"), 200);
    expect(shown).toMatchObject({ exists: true, last_read_at: "0001-01-01T00:00:00Z" });
    expect(JSON.stringify(shown)).not.toContain("cal_");
    requireStatus(await server.nobody.call("GET", old), 200);
    const read = requireStatus(await user.call("GET", "/calendar/feed"), 200);
    expect(read.last_read_at).toBe(new Date(server.clock.now).toISOString());
    const fresh = pathOf(requireStatus(await user.call("POST", "/calendar/feed"), 201));
    expect((await server.nobody.call("GET", old)).status).toBe(404);
    requireStatus(await server.nobody.call("GET", fresh), 200);
    for (let times = 0; times < 2; times += 1) {
      requireStatus(await user.call("DELETE", "/calendar/feed"), 204);
      expect((await server.nobody.call("GET", fresh)).status).toBe(404);
    }
    expect(requireStatus(await user.call("GET", "/calendar/feed"), 200).exists).toBe(false);
  });

  test("of somebody who is disabled shows nothing", async () => {
    const { user, path } = await newFeed();
    const admin = await server.signIn("admin", server.admin.password);
    requireStatus(await admin.call("POST", `/users/${user.id}/disable`), 200);
    expect((await server.nobody.call("GET", path)).status).toBe(404);
  });

  test("has a secret that opens nothing else, is stored nowhere, and is in no line of the log", async () => {
    const { user, path } = await newFeed();
    const secret = path.slice("/calendar/".length, -".ics".length);
    requireStatus(await server.nobody.call("GET", path), 200);
    for (const [method, other] of [
      ["GET", "/pats"],
      ["GET", "/pats/self"],
      ["GET", "/users/profile"],
      ["GET", "/notices"],
      ["DELETE", "/pats/self"],
    ] as const) {
      expect((await server.bearer(secret).call(method, other)).status, other).toBe(401);
    }
    for (const wrong of [`/calendar/${secret}`, `/calendar/${secret}.ics/x`]) {
      expect((await server.nobody.call("GET", wrong)).status).toBe(404);
    }
    expect((await server.nobody.call("POST", path, {})).status).toBe(405);
    const { read } = server.deps.database;
    const [feed] = await read
      .selectFrom("calendar_feeds")
      .selectAll()
      .where("user_id", "=", user.id)
      .execute();
    const events = await read.selectFrom("audit_events").select("details").execute();
    const kept = JSON.stringify([feed, events, server.logLines]);
    expect(server.logLines.join("\n")).toContain("/calendar/:feed.ics");
    for (const part of [secret, secret.slice(27)]) expect(kept).not.toContain(part);
  });

  test("is not found by guesses, which get slower like those of other secrets", async () => {
    const { path } = await newFeed();
    const made = path.slice("/calendar/".length, -".ics".length);
    const ids = await server.deps.database.read.selectFrom("calendar_feeds").select("id").execute();
    const guesses = [
      "x",
      withOtherLastLetter(made),
      formatToken("cal", randomUUID(), Buffer.alloc(32, 7)),
      ...ids.map(({ id }) => formatToken("cal", id, Buffer.alloc(32, 7))),
    ];
    waits.splice(0);
    for (let round = 0; round < 3; round += 1) {
      for (const guess of guesses) {
        const { status, body } = await server.nobody.call("GET", `/calendar/${guess}.ics`);
        expect([status, body.code]).toEqual([404, "not_found"]);
      }
    }
    expect(waits.length).toBeGreaterThan(0);
    expect(waits.at(-1)).toBeGreaterThan(waits[0] ?? 0);
    const slowed = waits.length;
    requireStatus(await server.nobody.call("GET", path), 200);
    expect(waits).toHaveLength(slowed);
  });

  test("that is asked for all the time is refused, and others are not", async () => {
    const [one, other] = [await newFeed(), await newFeed()];
    for (let count = 0; count < 30; count += 1) {
      requireStatus(await server.nobody.call("GET", one.path), 200);
    }
    const { status, headers } = await server.nobody.call("GET", one.path);
    expect([status, Number(headers["retry-after"]) > 0]).toEqual([429, true]);
    requireStatus(await server.nobody.call("GET", other.path), 200);
  });

  async function newFeed(): Promise<{ user: TestUser; domainId: string; path: string }> {
    const user = await server.newUser();
    const domainId = await server.newDomain(user);
    const made = requireStatus(await user.call("POST", "/calendar/feed"), 201);
    return { user, domainId, path: pathOf(made) };
  }
});

function pathOf({ address }: { readonly address: string }): string {
  expect(address).toMatch(/^https:\/\/tessera\.example\.test\/calendar\/cal_\w+\.ics$/);
  return address.slice(publicUrl.length);
}

function eventsOf(text: string): readonly ICAL.Event[] {
  const calendar = new ICAL.Component(ICAL.parse(text));
  return calendar.getAllSubcomponents("vevent").map((component) => new ICAL.Event(component));
}
