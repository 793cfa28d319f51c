import { randomUUID } from "node:crypto";
import { type NoticeKind, noticeKinds } from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { insertNotices } from "./notice-store.ts";

onEveryDatabase("the list of notices", (kind) => {
  let server: TestApp;

  beforeAll(async () => {
    server = await startApp(kind);
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
    for (const kind of ["password_changed", "new_sign_in", "no_such_kind"]) {
      const body = { by_mail: { token_expiring: false, [kind]: false } };
      const answer = await user.call("PATCH", "/notices/settings", body);
      expect([answer.status, answer.body.code]).toEqual([400, "invalid_body"]);
      expect(answer.body.message).toContain(kind);
    }
    const { by_mail } = requireStatus(await user.call("GET", "/notices/settings"), 200);
    expect(by_mail.token_expiring).toBe(true);
  });

  async function tell(user: TestUser, kind: NoticeKind, more = {}): Promise<string> {
    const id = randomUUID();
    const notice = { id, user_id: user.id, kind, cause: id, created_at: server.clock.now, ...more };
    await server.deps.database.inTransaction((trx) => insertNotices(trx, [notice]));
    return id;
  }

  async function idsOf(user: TestUser, status: string) {
    const { total, unread, notices } = requireStatus(
      await user.call("GET", `/notices?status=${status}`),
      200,
    );
    return { total, unread, ids: notices.map(({ id }: { id: string }) => id) };
  }
});
