import { randomUUID } from "node:crypto";
import { type NoticeKind, noticeKinds } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { insertNotices } from "./notice-store.ts";

onEveryDatabase("the list of notices", (kind) => {
  let server: TestApp;
  let changesMade = 0;

  beforeAll(async () => {
    server = await startApp(kind, {
      aroundHub: (hub) => ({
        ...hub,
        change: async (actor, work) => {
          changesMade += 1;
          return hub.change(actor, work);
        },
      }),
    });
  });
  afterAll(() => server.close());

  test("shows people what they were told, newest first, and nothing of others", async () => {
    const [user, other] = [await server.newUser(), await server.newUser()];
    const first = await tell(user, "password_changed");
    server.clock.now += 1000;
    const second = await tell(user, "role_changed", { address: "10.0.0.7" });
    await tell(other, "role_changed");
    const { body } = await user.call("GET", "/notices");
    expect(body).toMatchObject({ total: 2, unread: 2, offset: 0, limit: 10 });
    expect(body.notices.map(({ id }: { id: string }) => id)).toEqual([second, first]);
    expect(body.notices[0]).toMatchObject({
      kind: "role_changed",
      title: noticeKinds.role_changed.title,
      address: "10.0.0.7",
      read_at: "0001-01-01T00:00:00Z",
      settled: false,
    });
    const page = requireStatus(await user.call("GET", "/notices?offset=1&limit=1"), 200);
    expect(page.notices.map(({ id }: { id: string }) => id)).toEqual([first]);
    const count = requireStatus(await user.call("GET", "/notices?limit=0&status=unread"), 200);
    expect(count).toMatchObject({ total: 2, unread: 2, notices: [] });
  });

  test("tells read ones from unread ones, and reading twice changes nothing", async () => {
    const user = await server.newUser();
    const read = await tell(user, "password_changed");
    const unread = await tell(user, "role_changed");
    for (let times = 0; times < 2; times += 1) {
      requireStatus(await user.call("POST", `/notices/${read}/read`), 204);
      expect(await idsOf(user, "read")).toEqual({ total: 1, unread: 1, ids: [read] });
      expect(await idsOf(user, "unread")).toEqual({ total: 1, unread: 1, ids: [unread] });
      server.clock.now += 1000;
    }
    requireStatus(await user.call("POST", "/notices/read-all"), 204);
    expect(await idsOf(user, "unread")).toEqual({ total: 0, unread: 0, ids: [] });
  });

  test("keeps the newest of each kind, so that no flood takes away what else was told", async () => {
    const [user, other] = [await server.newUser(), await server.newUser()];
    const ofThief = await tell(user, "password_changed");
    const ofOther = await tell(other, "domain_role_changed");
    const flood = Array.from({ length: 620 }, (_, index) => ({
      ...noticeTo(user, "domain_role_changed"),
      created_at: server.clock.now + index,
    }));
    for (const part of [flood.slice(20), flood.slice(0, 20)]) {
      await server.deps.database.inTransaction((trx) => insertNotices(trx, part));
    }
    const { total, ids } = await idsOf(user, "all");
    expect([total, ids]).toEqual([
      501,
      flood
        .slice(-10)
        .map(({ id }) => id)
        .toReversed(),
    ]);
    const oldest = requireStatus(await user.call("GET", "/notices?offset=499"), 200).notices;
    expect(oldest.map(({ id }: { id: string }) => id)).toEqual([flood[120]?.id, ofThief]);
    expect((await idsOf(other, "all")).ids).toEqual([ofOther]);
  });

  test("keeps every warning of an end that is to come, however many there are", async () => {
    const user = await server.newUser();
    const { id: token_id } = await server.newToken(user, await server.newDomain(user), []);
    const { id: secret_id, expires_at: ends_at } = await server.deps.database.read
      .selectFrom("token_secrets")
      .select(["id", "expires_at"])
      .where("token_id", "=", token_id)
      .executeTakeFirstOrThrow();
    const warnings = (count: number, ends: number) =>
      Array.from({ length: count }, (_, threshold) => {
        const mail_id = randomUUID();
        const about = { token_id, secret_id, ends_at: ends, threshold, mail_id };
        return { ...noticeTo(user, "token_expiring"), ...about };
      });
    await server.deps.database.inTransaction((trx) => insertNotices(trx, warnings(510, ends_at)));
    expect((await idsOf(user, "all")).total).toBe(510);
    const over = warnings(510, ends_at - 1);
    await server.deps.database.inTransaction((trx) => insertNotices(trx, over));
    expect((await idsOf(user, "all")).total).toBe(510 + 500);
  });

  test("is marked as read in parts, between which others change things", async () => {
    const user = await server.newUser();
    await server.deps.database.inTransaction(async (trx) => {
      for (let part = 0; part < 25; part += 1) {
        const notices = Array.from({ length: 100 }, () => noticeTo(user, "role_changed"));
        await trx.insertInto("notices").values(notices).execute();
      }
    });
    expect((await idsOf(user, "unread")).total).toBe(2500);
    const before = changesMade;
    requireStatus(await user.call("POST", "/notices/read-all"), 204);
    expect(changesMade - before).toBe(3);
    expect(await idsOf(user, "unread")).toEqual({ total: 0, unread: 0, ids: [] });
    expect((await idsOf(user, "read")).total).toBe(2500);
  });

  test("lets nobody read a notice for somebody else, and tells nothing of it", async () => {
    const [user, other] = [await server.newUser(), await server.newUser()];
    const id = await tell(user, "role_changed");
    for (const unknown of [id, randomUUID()]) {
      const { status, body } = await other.call("POST", `/notices/${unknown}/read`);
      expect([status, body.code]).toEqual([404, "not_found"]);
    }
    requireStatus(await other.call("POST", "/notices/read-all"), 204);
    expect(await idsOf(user, "unread")).toEqual({ total: 1, unread: 1, ids: [id] });
  });

  test("is nothing that a token may see or change", async () => {
    const user = await server.newUser();
    const id = await tell(user, "role_changed");
    const domainId = await server.newDomain(user);
    const token = await server.newToken(user, domainId, ["clients:view"]);
    for (const [method, path, body] of [
      ["GET", "/notices"],
      ["POST", `/notices/${id}/read`],
      ["POST", "/notices/read-all"],
      ["GET", "/notices/settings"],
      ["PATCH", "/notices/settings", { by_mail: {} }],
      ["GET", "/calendar/feed"],
      ["POST", "/calendar/feed"],
      ["DELETE", "/calendar/feed"],
    ] as const) {
      const answer = await token.call(method, path, body);
      expect([path, answer.status, answer.body.code]).toEqual([path, 403, "session_required"]);
    }
    expect(await idsOf(user, "unread")).toEqual({ total: 1, unread: 1, ids: [id] });
  });

  test("says whether the server sends mail, and keeps what each person has chosen", async () => {
    const [user, other] = [await server.newUser(), await server.newUser()];
    const before = requireStatus(await user.call("GET", "/notices/settings"), 200);
    expect(before).toMatchObject({ sends_mail: false, email: user.email });
    expect(Object.values(before.by_mail)).not.toContain(false);
    expect(before.always_by_mail).toContain("password_changed");
    const change = { by_mail: { token_expiring: false } };
    const after = requireStatus(await user.call("PATCH", "/notices/settings", change), 200);
    expect(after.by_mail).toEqual({ ...before.by_mail, token_expiring: false });
    expect(requireStatus(await user.call("GET", "/notices/settings"), 200)).toEqual(after);
    const ofOther = requireStatus(await other.call("GET", "/notices/settings"), 200);
    expect(ofOther.by_mail.token_expiring).toBe(true);
    const back = { by_mail: { token_expiring: true } };
    expect(requireStatus(await user.call("PATCH", "/notices/settings", back), 200)).toEqual(before);
  });

  test("refuses to keep mails from the owner of an account that tell of a thief", async () => {
    const user = await server.newUser();
    for (const kind of ["password_changed", "email_changed", "new_sign_in", "no_such_kind"]) {
      const body = { by_mail: { token_expiring: false, [kind]: false } };
      const answer = await user.call("PATCH", "/notices/settings", body);
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_body"]);
      expect(answer.body.message).toContain(kind);
    }
    const { by_mail } = requireStatus(await user.call("GET", "/notices/settings"), 200);
    expect(by_mail.token_expiring).toBe(true);
  });

  async function tell(user: TestUser, kind: NoticeKind, more = {}): Promise<string> {
    const notice = { ...noticeTo(user, kind), ...more };
    await server.deps.database.inTransaction((trx) => insertNotices(trx, [notice]));
    return notice.id;
  }

  function noticeTo(user: TestUser, kind: NoticeKind) {
    const id = randomUUID();
    return { id, user_id: user.id, kind, cause: id, created_at: server.clock.now };
  }

  async function idsOf(user: TestUser, status: string) {
    const { total, unread, notices } = requireStatus(
      await user.call("GET", `/notices?status=${status}`),
      200,
    );
    return { total, unread, ids: notices.map(({ id }: { id: string }) => id) };
  }
});
