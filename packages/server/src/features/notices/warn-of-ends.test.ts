import { afterAll, beforeAll, expect, test } from "vitest";
import { outboxTargets } from "../../background.ts";
import { createDelivery } from "../../changes/deliver.ts";
import { crashAfterTelling } from "../../testing/crash-after-telling.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { explainReads } from "../../testing/query-plans.ts";
import { openSmtpSink, type ReceivedMail, type SmtpSink } from "../../testing/smtp-sink.ts";
import {
  mailSettings,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../testing/start-app.ts";
import { listPeopleToWarn } from "./ending-store.ts";
import { warnOfEndsJob } from "./warn-of-ends.ts";

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const { signal } = new AbortController();

onEveryDatabase("a token that ends", (kind) => {
  let server: TestApp;
  let other: TestApp;
  let sink: SmtpSink;

  beforeAll(async () => {
    sink = await openSmtpSink();
    const longSessions = {
      TESSERA_ACCESS_TOKEN_LIFETIME: "1000d",
      TESSERA_REFRESH_TOKEN_LIFETIME: "1000d",
      TESSERA_PASSWORD_CONFIRMATION_LIFETIME: "1000d",
    };
    const environment = {
      ...mailSettings,
      ...longSessions,
      TESSERA_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
    };
    server = await startApp(kind, { environment });
    // Only one server has an SQLite database: there the same one does it twice at a time.
    const isShared = server.deps.database.dialect === "postgres";
    other = isShared ? await startApp(kind, { environment, sameDatabaseAs: server }) : server;
  });
  afterAll(async () => {
    if (other !== server) await other.close();
    await server.close();
    await sink.close();
  });

  test("is told of 30, 7 and 1 day before, each once, by mail and in the app", async () => {
    const { user, token } = await newOwner("90d");
    const told: string[] = [];
    const start = server.clock.now;
    for (const days of [1, 59.9, 60.1, 60.2, 82.9, 83.1, 83.2, 88.9, 89.01, 89.9, 90.1]) {
      server.clock.now = start + days * day;
      await warn();
      const mails = mailsTo(user).slice(told.length);
      told.push(...mails.map(({ subject }) => subject));
    }
    expect(told).toEqual([
      'Your token "ci" ends in 30 days',
      'Your token "ci" ends in 7 days',
      'Your token "ci" ends in 1 day',
    ]);
    const { notices, unread } = await noticesOf(user);
    expect(unread).toBe(3);
    expect(notices).toMatchObject(
      Array(3).fill({ kind: "token_expiring", settled: true, token: { id: token.id, name: "ci" } }),
    );
  });

  test("is looked for by its end, not among all tokens", async () => {
    const { database, config } = server.deps;
    const plans = await explainReads(database, (explained) =>
      listPeopleToWarn(explained, config.expiry_notices, server.clock.now, signal),
    );
    expect(plans).toHaveLength(2);
    for (const plan of plans) {
      expect(plan).toContain("token_secrets_by_expiry");
      expect(plan).not.toMatch(/SCAN|Seq Scan/);
    }
  });

  test("is told of only at times that are shorter than its whole life", async () => {
    const { user } = await newOwner("5d");
    const short = await newOwner("20h");
    server.clock.now += minute;
    await warn();
    expect(mailsTo(user)).toEqual([]);
    server.clock.now += 4 * day;
    await warn();
    expect(mailsTo(user).map(({ subject }) => subject)).toEqual(['Your token "ci" ends in 1 day']);
    expect(mailsTo(short.user)).toEqual([]);
    expect((await noticesOf(short.user)).total).toBe(0);
  });

  test("is told of once after weeks without a server, at the nearest time alone", async () => {
    const { user, token } = await newOwner("90d");
    server.clock.now += 85 * day;
    await warn();
    await warn();
    expect(mailsTo(user).map(({ subject }) => subject)).toEqual(['Your token "ci" ends in 5 days']);
    const { notices } = await noticesOf(user);
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatchObject({ settled: false, token: { id: token.id, status: "active" } });
  });

  test("is one of several in one mail to its owner, and each has its own notice", async () => {
    const { user, domainId } = await newOwner("10d");
    for (let count = 1; count < 25; count += 1) await server.newToken(user, domainId, [], "10d");
    server.clock.now += 3 * day + minute;
    await warn();
    const [mail, ...more] = mailsTo(user);
    expect(more).toEqual([]);
    expect(mail?.subject).toBe("25 tokens of yours end soon");
    expect(mail?.text.match(/"ci" ends in 7 days/g)).toHaveLength(20);
    expect(mail?.text).toContain("5 more:");
    expect((await noticesOf(user)).total).toBe(25);
  });

  test("and was rotated, revoked or deleted meanwhile is told of no more, though the mail waited", async () => {
    const { user, domainId } = await newOwner("10d", "kept");
    const ids = new Map<string, string>();
    for (const name of ["rotated", "rotating", "revoked", "deleted", "extended"]) {
      const body = { name, duration: "10d", scopes: [] };
      ids.set(name, requireStatus(await user.call("POST", "/pats", body), 201).id);
    }
    expect(domainId).not.toBe("");
    server.clock.now += 3 * day + minute;
    await warnOfEndsJob(server.deps).run(signal);
    const path = (name: string) => `/pats/${ids.get(name)}`;
    const now = { cutover: "now" };
    requireStatus(await user.call("POST", `${path("rotated")}/rotate`, now), 201);
    requireStatus(await user.call("POST", `${path("rotating")}/rotate`, {}), 201);
    requireStatus(await user.call("PATCH", `${path("revoked")}/secret/revoke`), 204);
    requireStatus(await user.call("DELETE", path("deleted")), 204);
    const longer = { duration: "40d" };
    requireStatus(await user.call("PATCH", `${path("extended")}/expiry`, longer), 200);
    await deliver();
    expect(mailsTo(user).map(({ subject }) => subject)).toEqual([
      'Your token "kept" ends in 7 days',
    ]);
    for (const name of ids.keys()) expect(mailsTo(user)[0]?.text).not.toContain(`"${name}"`);
    const { notices } = await noticesOf(user);
    const settled = Object.fromEntries(
      notices.map((one: NoticeReply) => [one.token?.name, one.settled]),
    );
    expect(settled).toEqual({
      kept: false,
      rotated: true,
      rotating: true,
      revoked: true,
      extended: true,
    });
    // The new end has warnings of its own.
    server.clock.now += 34 * day;
    await warn();
    expect(mailsTo(user).map(({ subject }) => subject)).toContain(
      'Your token "extended" ends in 6 days',
    );
  });

  test("is not told of where everything was taken care of before the mail left", async () => {
    const { user, token } = await newOwner("10d");
    server.clock.now += 3 * day + minute;
    await warnOfEndsJob(server.deps).run(signal);
    requireStatus(await user.call("POST", `/pats/${token.id}/rotate`, { cutover: "now" }), 201);
    await deliver();
    expect(mailsTo(user)).toEqual([]);
  });

  test("of somebody who is disabled is told to nobody", async () => {
    const { user } = await newOwner("10d");
    requireStatus(await server.admin.call("POST", `/users/${user.id}/disable`), 200);
    server.clock.now += 3 * day + minute;
    await warn();
    expect(mailsTo(user)).toEqual([]);
  });

  test("is told of once by two servers, over restarts, and with a clock that goes back and forth", async () => {
    const { user } = await newOwner("90d");
    const start = server.clock.now;
    for (const at of [61, 60, 61, 83.5, 82.5, 83.5, 89.5, 88.5, 84, 89.6].map((d) => d * day)) {
      server.clock.now = start + at;
      other.clock.now = server.clock.now;
      await Promise.all(
        [server, other].map(async ({ deps }) => {
          await warnOfEndsJob(deps).run(signal);
          await createDelivery(deps, outboxTargets(deps))();
        }),
      );
      await deliver();
    }
    expect(mailsTo(user)).toHaveLength(3);
    expect(new Set(mailsTo(user).map(idOf)).size).toBe(3);
    expect((await noticesOf(user)).total).toBe(3);
  });

  test("is told of with what helps to decide, in text and in HTML, and without a secret", async () => {
    const { user, token, domainId } = await newOwner("100d");
    const unused = await server.newToken(user, domainId, [], "100d");
    const asleep = await server.newToken(user, domainId, [], "100d");
    server.clock.now += 93 * day + minute;
    await setUse(token.id, server.clock.now - 3 * minute, "10.0.0.7");
    await setUse(asleep.id, server.clock.now - 90 * day, "10.0.0.8");
    await warn();
    const [mail] = mailsTo(user);
    for (const text of [mail?.text, mail?.html]) {
      expect(text).toContain("last used 3 minutes ago, from 10.0.0.7");
      expect(text).toContain("never used, and is 93 days old: if nothing needs it, let it end");
      expect(text).toContain("not used for 90 days: if nothing needs it any more, let it end");
      expect(text).toContain(`http://tessera.example.test/pats/${token.id}`);
      for (const { secret } of [token, unused, asleep])
        expect(text).not.toContain(secret.slice(-4));
      expect(text).not.toContain(domainId);
    }
    expect(mail?.html).toContain(`<a href="http://tessera.example.test/pats/${token.id}">`);
  });

  test("with line breaks and headers in its name adds neither a reader nor a line", async () => {
    const { user, token } = await newOwner("10d");
    const name = 'ci\r\nBcc: mallory@example.test\r\n\r\n<img src="https://evil.test/x">';
    await server.deps.database.inTransaction((trx) =>
      trx.updateTable("tokens").set({ name }).where("id", "=", token.id).execute(),
    );
    server.clock.now += 3 * day + minute;
    await warn();
    const [mail, ...more] = mailsTo(user);
    expect(more).toEqual([]);
    expect(mail?.to).toEqual([user.email]);
    expect(mail?.head.filter((line) => /^bcc/i.test(line))).toEqual([]);
    expect(mail?.text).not.toMatch(/^Bcc:/m);
    expect(mail?.html).not.toContain("<img");
    expect(mail?.html).not.toContain("https://evil.test");
  });

  test("is told of in the app alone to who has declined the mails", async () => {
    const { user } = await newOwner("10d");
    const body = { by_mail: { token_expiring: false } };
    requireStatus(await user.call("PATCH", "/notices/settings", body), 200);
    server.clock.now += 3 * day + minute;
    await warn();
    expect(mailsTo(user)).toEqual([]);
    expect(await noticesOf(user)).toMatchObject({ total: 1, unread: 1 });
  });

  test("is told of in the app where the server sends no mail, and nothing fails", async () => {
    const withoutMail = await startApp(kind);
    try {
      const user = await withoutMail.newUser();
      const domainId = await withoutMail.newDomain(user);
      const token = await withoutMail.newToken(user, domainId, [], "25h");
      withoutMail.clock.now += 2 * hour;
      await warnOfEndsJob(withoutMail.deps).run(signal);
      await createDelivery(withoutMail.deps, outboxTargets(withoutMail.deps))();
      const again = await withoutMail.signIn(user.username, user.password);
      const { notices } = requireStatus(await again.call("GET", "/notices"), 200);
      expect(notices).toMatchObject([{ kind: "token_expiring", token: { id: token.id } }]);
    } finally {
      await withoutMail.close();
    }
  });

  test("whose mail is given up is told of by a notice that says so, once", async () => {
    const { user, token } = await newOwner("20d");
    server.clock.now += 13 * day + minute;
    sink.full.add(user.email);
    await warnOfEndsJob(server.deps).run(signal);
    await deliver();
    expect((await noticesOf(user)).notices).toMatchObject([{ kind: "token_expiring" }]);
    // All but the last of the attempts of three days.
    await server.deps.database.inTransaction((trx) =>
      trx.updateTable("outbox").set({ attempts: 83, due_at: 0 }).execute(),
    );
    await deliver();
    for (let count = 0; count < 2; count += 1) {
      const { notices } = await noticesOf(user);
      expect(notices.map((one: NoticeReply) => one.kind).toSorted()).toEqual([
        "mail_failed",
        "token_expiring",
      ]);
      const failure = notices.find((one: NoticeReply) => one.kind === "mail_failed");
      expect(failure).toMatchObject({ failed_kind: "token_expiring", token: { id: token.id } });
      server.clock.now += day;
      await deliver();
    }
    expect(mailsTo(user)).toEqual([]);
  });

  test("whose mail is refused for good is told of at once by a notice that says so", async () => {
    const { user, token } = await newOwner("20d");
    server.clock.now += 13 * day + minute;
    sink.refused.add(user.email);
    await warn();
    const { notices } = await noticesOf(user);
    const failure = notices.find((one: NoticeReply) => one.kind === "mail_failed");
    expect(failure).toMatchObject({ failed_kind: "token_expiring", token: { id: token.id } });
    expect(notices).toHaveLength(2);
    sink.refused.clear();
    server.clock.now += hour;
    await deliver();
    expect(mailsTo(user)).toEqual([]);
  });

  test("is told of twice after a crash between sending and noting it, by one Message-ID, which is its notice's", async () => {
    const { user } = await newOwner("10d");
    server.clock.now += 3 * day + minute;
    await warnOfEndsJob(server.deps).run(signal);
    await crashAfterTelling(server.deps, outboxTargets(server.deps));
    server.clock.now += minute;
    await deliver();
    await deliver();
    const ids = mailsTo(user).map(idOf);
    const { notices } = await noticesOf(user);
    expect(ids).toEqual(Array(2).fill(`Message-ID: <${notices[0]?.id}@tessera.example.test>`));
    expect(notices).toHaveLength(1);
  });

  async function newOwner(duration: string, name = "ci") {
    sink.refused.clear();
    sink.full.clear();
    const user = await server.newUser();
    const domainId = await server.newDomain(user);
    const token = await server.newToken(user, domainId, [], duration);
    if (name !== "ci") {
      requireStatus(await user.call("PATCH", `/pats/${token.id}/name`, { name }), 202);
    }
    return { user, token, domainId };
  }

  async function warn(): Promise<void> {
    await warnOfEndsJob(server.deps).run(signal);
    await deliver();
  }

  async function deliver(): Promise<void> {
    await createDelivery(server.deps, outboxTargets(server.deps))();
  }

  async function noticesOf(user: TestUser) {
    return requireStatus(await user.call("GET", "/notices?limit=100"), 200);
  }

  async function setUse(id: string, at: number, address: string): Promise<void> {
    await server.deps.database.inTransaction((trx) =>
      trx
        .updateTable("tokens")
        .set({ last_used_at: at, last_used_address: address })
        .where("id", "=", id)
        .execute(),
    );
  }

  function mailsTo({ email }: TestUser): readonly ReceivedMail[] {
    return sink.mails.filter(({ to }) => to.includes(email));
  }
});

interface NoticeReply {
  readonly kind: string;
  readonly settled: boolean;
  readonly token?: { readonly name: string };
}

function idOf({ head }: ReceivedMail): string | undefined {
  return head.find((line) => line.startsWith("Message-ID:"));
}
