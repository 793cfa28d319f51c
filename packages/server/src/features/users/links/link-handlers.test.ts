import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { outboxTargets } from "../../../background.ts";
import { createDelivery } from "../../../changes/deliver.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { withOtherLastLetter } from "../../../testing/other-last-letter.ts";
import { openSmtpSink, type SmtpSink } from "../../../testing/smtp-sink.ts";
import {
  mailSettings,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

const hour = 3_600_000;
const newPassword = "a password that is new";

onEveryDatabase("a mailed link", (kind) => {
  let server: TestApp;
  let sink: SmtpSink;
  let deliver: () => Promise<number>;

  beforeAll(async () => {
    sink = await openSmtpSink();
    const environment = { ...mailSettings, TESSERA_SMTP_URL: `smtp://127.0.0.1:${sink.port}` };
    server = await startApp(kind, { environment });
    deliver = createDelivery(server.deps, outboxTargets(server.deps));
  });
  afterAll(async () => {
    await server.close();
    await sink.close();
  });
  beforeEach(() => {
    // One network asks for links only so often.
    server.clock.now += 60_000;
    sink.mails.splice(0);
  });

  test("proves the email address of who asked for it, once", async () => {
    const user = await server.newUser();
    requireStatus(await user.call("POST", "/users/send-verification"), 200);
    const token = await mailedToken(user, "/verify-email");
    expect(requireStatus(await verify(token), 200)).toBeUndefined();
    const profile = requireStatus(await user.call("GET", "/users/profile"), 200);
    expect(new Date(profile.verified_at).getTime()).toBe(server.clock.now);
    expect(await verify(token)).toMatchObject({ status: 400, body: { field: "token" } });
    expect(await user.call("POST", "/users/send-verification")).toMatchObject({ status: 409 });
  });

  test("does not prove an address that is another one by then", async () => {
    const user = await server.newUser();
    requireStatus(await user.call("POST", "/users/send-verification"), 200);
    const token = await mailedToken(user, "/verify-email");
    const email = `${randomUUID()}@example.test`;
    requireStatus(await user.call("PATCH", `/users/${user.id}/email`, { email }), 200);
    expect(await verify(token)).toMatchObject({ status: 400 });
    const profile = requireStatus(await user.call("GET", "/users/profile"), 200);
    expect(profile.verified_at).toBe("0001-01-01T00:00:00Z");
  });

  test("lets a new password be chosen, ends every session, and works once", async () => {
    const user = await server.newUser();
    await requestReset(user.email.toUpperCase());
    const token = await mailedToken(user, "/password/reset");
    expect(requireStatus(await reset(token), 201)).toEqual({});
    expect(await user.call("GET", "/users/profile")).toMatchObject({ status: 401 });
    const refresh = server.bearer(user.refreshToken);
    expect(await refresh.call("POST", "/users/tokens/refresh")).toMatchObject({ status: 401 });
    await server.signIn(user.username, newPassword);
    expect(await reset(token, "one more that is new")).toMatchObject({ status: 401 });
    await server.signIn(user.username, newPassword);
  });

  test("of two uses at once one chooses the password", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    const token = await mailedToken(user, "/password/reset");
    const statuses = await Promise.all([reset(token), reset(token)]);
    expect(statuses.map(({ status }) => status).toSorted()).toEqual([201, 401]);
  });

  test("ends with any change of the password", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    await requestReset(user.email);
    await deliver();
    const [first = "", second = ""] = tokensMailedTo(user);
    const change = { old_secret: user.password, new_secret: "changed by hand 1" };
    requireStatus(await user.call("PATCH", "/users/secret", change), 200);
    for (const token of [first, second]) {
      expect(await reset(token)).toMatchObject({ status: 401 });
    }
    await server.signIn(user.username, "changed by hand 1");
  });

  test("ends with any change of the address, also where the address comes back", async () => {
    const user = await server.newUser();
    requireStatus(await user.call("POST", "/users/send-verification"), 200);
    await requestReset(user.email);
    const made = await server.admin.call("POST", `/users/${user.id}/reset-link`);
    await deliver();
    const [toVerify = "", toReset = ""] = tokensMailedTo(user);
    const byAdmin = requireStatus(made, 201).token;
    for (const email of [`${randomUUID()}@example.test`, user.email]) {
      requireStatus(await user.call("PATCH", `/users/${user.id}/email`, { email }), 200);
    }
    expect(await verify(toVerify)).toMatchObject({ status: 400, body: { field: "token" } });
    for (const token of [toReset, byAdmin]) {
      expect(token).not.toBe("");
      expect(await reset(token)).toMatchObject({ status: 401 });
    }
    const profile = requireStatus(await user.call("GET", "/users/profile"), 200);
    expect(profile.verified_at).toBe("0001-01-01T00:00:00Z");
    await server.signIn(user.username, user.password);
  });

  test("ends with the account's end, also where it is enabled again", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    const token = await mailedToken(user, "/password/reset");
    for (const state of ["disable", "enable"]) {
      requireStatus(await server.admin.call("POST", `/users/${user.id}/${state}`), 200);
    }
    expect(await reset(token)).toMatchObject({ status: 401 });
    await server.signIn(user.username, user.password);
  });

  test("ends with the use of another one", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    await requestReset(user.email);
    await deliver();
    const [first = "", second = ""] = tokensMailedTo(user);
    requireStatus(await reset(second), 201);
    expect(await reset(first)).toMatchObject({ status: 401 });
  });

  test("works for an hour, and is not mailed after it", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    const token = await mailedToken(user, "/password/reset");
    await requestReset(user.email);
    server.clock.now += hour;
    expect(await reset(token)).toMatchObject({ status: 401 });
    await deliver();
    expect(tokensMailedTo(user)).toEqual([token]);
  });

  test("for one purpose is good for no other", async () => {
    const user = await server.newUser();
    requireStatus(await user.call("POST", "/users/send-verification"), 200);
    const toVerify = await mailedToken(user, "/verify-email");
    expect(await reset(toVerify)).toMatchObject({ status: 401 });
    await requestReset(user.email);
    await deliver();
    const toReset = tokensMailedTo(user).at(-1) ?? "";
    expect(await verify(toReset)).toMatchObject({ status: 400 });
    requireStatus(await verify(toVerify), 200);
  });

  test("of which a letter was changed is refused, whatever was changed", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    const token = await mailedToken(user, "/password/reset");
    const others = [withOtherLastLetter(token), "link_1", "x"];
    for (const other of others) expect(await reset(other)).toMatchObject({ status: 401 });
    requireStatus(await reset(token), 201);
  });

  test("does not let a password be chosen that the rules refuse, and stays good", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    const token = await mailedToken(user, "/password/reset");
    expect(await reset(token, "short")).toMatchObject({ status: 400, body: { field: "password" } });
    const differ = { password: newPassword, confirm_password: `${newPassword}!` };
    const answer = await server.bearer(token).call("PUT", "/password/reset", differ);
    expect(answer).toMatchObject({ status: 400, body: { field: "confirm_password" } });
    requireStatus(await user.call("GET", "/users/profile"), 200);
    requireStatus(await reset(token), 201);
  });

  test("is in no table of the database, and neither is what would make it", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    const waiting = await readKept();
    const token = await mailedToken(user, "/password/reset");
    const kept = await readKept();
    for (const text of [waiting, kept]) {
      expect(text).toContain("reset_password");
      expect(text).not.toContain(token.slice(-20));
    }
  });

  test("is asked for in vain by the same answer and the same work as for an account", async () => {
    const user = await server.newUser();
    const disabled = await server.newUser();
    const admin = await server.signIn("admin", server.admin.password);
    requireStatus(await admin.call("POST", `/users/${disabled.id}/disable`), 200);
    const works = [];
    for (const email of [user.email, "nobody@example.test", disabled.email]) {
      const before = await countRows();
      const { status, body, headers } = await requestReset(email);
      const after = await countRows();
      const added = after.map((count, index) => count - (before[index] ?? 0));
      works.push({ status, body, names: Object.keys(headers), added });
    }
    expect(works[0]).toMatchObject({ status: 201, added: [1, 1, 1] });
    expect(works[1]).toEqual(works[0]);
    expect(works[2]).toEqual(works[0]);
    await deliver();
    expect(sink.mails.map(({ to }) => to)).toEqual([[user.email]]);
  });

  test("is mailed only so often to one address, whether or not it is somebody's", async () => {
    const user = await server.newUser();
    for (const email of [user.email, `${randomUUID()}@example.test`]) {
      for (let count = 0; count < 5; count += 1) {
        expect(await requestReset(email)).toMatchObject({ status: 201 });
      }
      const refused = await requestReset(email.toUpperCase());
      expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited" } });
      expect(Number(refused.headers["retry-after"])).toBeGreaterThan(0);
    }
    await deliver();
    expect(tokensMailedTo(user)).toHaveLength(5);
  });

  test("that proves an address is mailed only so often, whatever strangers ask for, and to whatever address", async () => {
    const user = await server.newUser();
    for (let count = 0; count < 5; count += 1) await requestReset(user.email);
    expect(await requestReset(user.email)).toMatchObject({ status: 429 });
    for (let count = 0; count < 5; count += 1) {
      requireStatus(await user.call("POST", "/users/send-verification"), 200);
    }
    const token = await mailedToken(user, "/verify-email");
    const refused = await user.call("POST", "/users/send-verification");
    expect(refused).toMatchObject({ status: 429, body: { code: "rate_limited" } });
    const email = `${randomUUID()}@example.test`;
    const other = await server.newUser();
    requireStatus(await other.call("POST", "/users/send-verification"), 200);
    requireStatus(await verify(token), 200);
    requireStatus(await user.call("PATCH", `/users/${user.id}/email`, { email }), 200);
    expect(await user.call("POST", "/users/send-verification")).toMatchObject({ status: 429 });
    expect(await requestReset(email)).toMatchObject({ status: 201 });
    await deliver();
    expect(tokensMailedTo(user)).toHaveLength(10);
  });

  test("is asked for only so often from one network", async () => {
    const statuses = [];
    for (let count = 0; count <= 30; count += 1) {
      statuses.push((await requestReset(`${randomUUID()}@example.test`)).status);
    }
    expect(statuses.filter((status) => status === 201)).toHaveLength(30);
    expect(statuses.at(-1)).toBe(429);
  });

  test("is made by an administrator without mail, with a fresh password alone", async () => {
    const user = await server.newUser();
    const path = `/users/${user.id}/reset-link`;
    expect(await user.call("POST", path)).toMatchObject({ status: 403 });
    const admin = await server.signIn("admin", server.admin.password);
    const made = requireStatus(await admin.call("POST", path), 201);
    expect(made.link).toBe(`http://tessera.example.test/password/reset#token=${made.token}`);
    await deliver();
    for (const { text } of sink.mails) expect(text).not.toContain(made.token);
    server.clock.now += 10 * 60_000;
    expect(await admin.call("POST", path)).toMatchObject({
      status: 403,
      body: { code: "password_confirmation_required" },
    });
    requireStatus(await reset(made.token), 201);
    await server.signIn(user.username, newPassword);
  });

  test("is not made for who is disabled", async () => {
    const user = await server.newUser();
    const admin = await server.signIn("admin", server.admin.password);
    requireStatus(await admin.call("POST", `/users/${user.id}/disable`), 200);
    expect(await admin.call("POST", `/users/${user.id}/reset-link`)).toMatchObject({ status: 409 });
  });

  test.each(["demoted", "disabled", "deleted"] as const)(
    "is good for nothing once the administrator who made it is %s, and not again after it",
    async (fate) => {
      const [maker, owner] = [await newAdministrator(), await newAdministrator()];
      const admin = await server.signIn("admin", server.admin.password);
      const path = `/users/${owner.id}/reset-link`;
      const { token } = requireStatus(await maker.call("POST", path), 201);
      const { token: other } = requireStatus(await admin.call("POST", path), 201);
      const of = `/users/${maker.id}`;
      if (fate === "demoted") {
        requireStatus(await admin.call("PATCH", `${of}/role`, { role: "user" }), 200);
      }
      if (fate === "disabled") requireStatus(await admin.call("POST", `${of}/disable`), 200);
      if (fate === "deleted") requireStatus(await admin.call("DELETE", of), 204);
      expect(await reset(token)).toMatchObject({ status: 401 });
      await server.signIn(owner.username, owner.password);
      if (fate === "demoted") {
        requireStatus(await admin.call("PATCH", `${of}/role`, { role: "admin" }), 200);
      }
      if (fate === "disabled") requireStatus(await admin.call("POST", `${of}/enable`), 200);
      expect(await reset(token)).toMatchObject({ status: 401 });
      await server.signIn(owner.username, owner.password);
      requireStatus(await reset(other), 201);
    },
  );

  test.each(["change their password", "choose one with a link", "end another session"] as const)(
    "is good for nothing once the administrators who may not have made it %s",
    async (doing) => {
      const [maker, owner] = [await newAdministrator(), await newAdministrator()];
      const stolen = await server.signIn(maker.username, maker.password);
      const path = `/users/${owner.id}/reset-link`;
      const { token } = requireStatus(await stolen.call("POST", path), 201);
      if (doing === "change their password") {
        const change = { old_secret: maker.password, new_secret: "changed by hand 1" };
        requireStatus(await maker.call("PATCH", "/users/secret", change), 200);
      }
      if (doing === "choose one with a link") {
        await deliver();
        await requestReset(maker.email);
        requireStatus(await reset(await mailedToken(maker, "/password/reset")), 201);
      }
      if (doing === "end another session") {
        const list = await stolen.call("GET", "/users/tokens/refresh-tokens");
        const { id } = list.body.refresh_tokens.find(
          ({ current }: { current: boolean }) => current,
        );
        const body = { token_id: id };
        requireStatus(await maker.call("POST", "/users/tokens/revoke", body), 204);
      }
      expect(await reset(token)).toMatchObject({ status: 401 });
      await server.signIn(owner.username, owner.password);
    },
  );

  test("works on where the administrator who made it signs out", async () => {
    const [maker, owner] = [await newAdministrator(), await server.newUser()];
    const path = `/users/${owner.id}/reset-link`;
    const { token } = requireStatus(await maker.call("POST", path), 201);
    const list = await maker.call("GET", "/users/tokens/refresh-tokens");
    const { id } = list.body.refresh_tokens.find(({ current }: { current: boolean }) => current);
    requireStatus(await maker.call("POST", "/users/tokens/revoke", { token_id: id }), 204);
    requireStatus(await reset(token), 201);
    await server.signIn(owner.username, newPassword);
  });

  test("is good for nothing once its owner is disabled", async () => {
    const user = await server.newUser();
    await requestReset(user.email);
    const token = await mailedToken(user, "/password/reset");
    const admin = await server.signIn("admin", server.admin.password);
    requireStatus(await admin.call("POST", `/users/${user.id}/disable`), 200);
    expect(await reset(token)).toMatchObject({ status: 401 });
  });

  async function newAdministrator(): Promise<TestUser> {
    const user = await server.newUser();
    const path = `/users/${user.id}/role`;
    const admin = await server.signIn("admin", server.admin.password);
    requireStatus(await admin.call("PATCH", path, { role: "admin" }), 200);
    return { ...user, ...(await server.signIn(user.username, user.password)) };
  }

  function requestReset(email: string) {
    return server.nobody.call("POST", "/password/reset-request", { email });
  }

  function reset(token: string, password = newPassword) {
    const body = { password, confirm_password: password };
    return server.bearer(token).call("PUT", "/password/reset", body);
  }

  function verify(token: string) {
    return server.nobody.call("GET", `/verify-email?token=${token}`);
  }

  async function mailedToken(user: TestUser, page: string): Promise<string> {
    await deliver();
    const mail = sink.mails.filter(({ to }) => to.includes(user.email)).at(-1);
    expect(mail?.text).toContain(`http://tessera.example.test${page}#token=`);
    return tokensMailedTo(user).at(-1) ?? "";
  }

  function tokensMailedTo(user: TestUser): readonly string[] {
    return sink.mails
      .filter(({ to }) => to.includes(user.email))
      .flatMap(({ text }) => /#token=(\w+)/.exec(text)?.[1] ?? []);
  }

  async function readKept(): Promise<string> {
    const { read } = server.deps.database;
    const tables = ["account_links", "audit_events", "outbox"] as const;
    const rows = tables.map((table) => read.selectFrom(table).selectAll().execute());
    return JSON.stringify(await Promise.all(rows));
  }

  async function countRows(): Promise<readonly number[]> {
    return (JSON.parse(await readKept()) as unknown[][]).map(({ length }) => length);
  }
});
