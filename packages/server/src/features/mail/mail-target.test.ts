import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { outboxTargets } from "../../background.ts";
import { createDelivery, type OutboxTarget } from "../../changes/deliver.ts";
import { countBacklogs } from "../../changes/outbox-store.ts";
import { crashAfterTelling } from "../../testing/crash-after-telling.ts";
import { isDoneInFull, onEveryDatabase } from "../../testing/on-every-database.ts";
import { openQuotingSmtp } from "../../testing/quoting-smtp.ts";
import { openSmtpSink, type SmtpSink } from "../../testing/smtp-sink.ts";
import {
  mailSettings,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../testing/start-app.ts";
import { giveRole } from "../../testing/test-people.ts";

const hour = 3_600_000;

onEveryDatabase("a mail", (kind) => {
  let server: TestApp;
  let sink: SmtpSink;
  let targets: readonly OutboxTarget[];
  let deliver: () => Promise<number>;

  beforeAll(async () => {
    sink = await openSmtpSink();
    const environment = { ...mailSettings, TESSERA_SMTP_URL: `smtp://127.0.0.1:${sink.port}` };
    server = await startApp(kind, { environment });
    targets = outboxTargets(server.deps).filter(({ name }) => name.startsWith("mail"));
    deliver = createDelivery(server.deps, targets);
  });
  afterAll(async () => {
    await server.close();
    await sink.close();
  });
  beforeEach(async () => {
    await server.deps.database.inTransaction((trx) => trx.deleteFrom("outbox").execute());
    sink.refused.clear();
    sink.full.clear();
    sink.mails.splice(0);
  });

  test("tells who is invited, by whom and to what, in one line each", async () => {
    const [owner, invitee] = [await server.newUser(), await server.newUser()];
    const domainId = await invite(owner, invitee, "Plant https://evil.test, see www.evil.test");
    await deliver();
    const [mail] = sink.mails;
    expect(mail?.to).toEqual([invitee.email]);
    expect(mail?.text).toContain(`Ada Byron (username ${owner.username}) invites you`);
    expect(mail?.text).toContain('"Plant https: / / evil. test, see www. evil. test"');
    expect(mail?.text).toContain("http://tessera.example.test");
    expect(mail?.text).not.toContain(domainId);
  });

  test("names people whose names hold line breaks and headers, and reaches nobody else", async () => {
    const [owner, invitee] = [await server.newUser(), await server.newUser()];
    const name = "Ada\r\nBcc: mallory@example.test\r\n\r\nHello";
    await server.deps.database.inTransaction((trx) =>
      trx
        .updateTable("users")
        .set({ first_name: name })
        .where("id", "in", [owner.id, invitee.id])
        .execute(),
    );
    await invite(owner, invitee);
    await deliver();
    expect(sink.mails.map(({ to }) => to)).toEqual([[invitee.email]]);
    expect(sink.mails[0]?.head.filter((line) => /^bcc/i.test(line))).toEqual([]);
    expect(sink.mails[0]?.text).not.toMatch(/^Bcc:/m);
  });

  test("tells people of changes of their account, by whomever", async () => {
    const user = await server.newUser();
    const secrets = { old_secret: user.password, new_secret: "changed by hand 1" };
    requireStatus(await user.call("PATCH", "/users/secret", secrets), 200);
    const admin = await server.signIn("admin", server.admin.password);
    const path = `/users/${user.id}`;
    requireStatus(await admin.call("PATCH", `${path}/role`, { role: "admin" }), 200);
    const { token } = requireStatus(await admin.call("POST", `${path}/reset-link`), 201);
    const chosen = { password: "chosen by link 1", confirm_password: "chosen by link 1" };
    requireStatus(await server.bearer(token).call("PUT", "/password/reset", chosen), 201);
    await deliver();
    expect(sink.mails.map(({ to, head }) => [...to, head.find(isSubject)])).toEqual([
      [user.email, "Subject: Your password was changed"],
      [user.email, "Subject: Your role was changed"],
      [user.email, "Subject: A link to a new password was made"],
      [user.email, "Subject: Your password was changed"],
    ]);
    const texts = sink.mails.map(({ text }) => text).join("\n");
    for (const secret of [token, user.password, ...Object.values(secrets), chosen.password]) {
      expect(texts).not.toContain(secret);
    }
  });

  test("tells the owner of a token that somebody else has ended it, and shows nothing of it", async () => {
    const owner = await server.newUser();
    const domainId = await server.newDomain(owner);
    const found = await server.newToken(owner, domainId, []);
    const held = await server.newToken(owner, domainId, []);
    const admin = await server.signIn("admin", server.admin.password);
    const body = { token: found.secret };
    requireStatus(await admin.call("POST", "/admin/tokens/revoke", body), 200);
    requireStatus(await held.call("DELETE", "/pats/self"), 204);
    await deliver();
    expect(sink.mails.map(({ to }) => to)).toEqual([[owner.email], [owner.email]]);
    expect(sink.mails[0]?.text).toContain("An administrator to whom the whole token was given");
    expect(sink.mails[1]?.text).toContain("Whoever held it has ended it");
    const texts = sink.mails.map(({ text }) => text).join("\n");
    for (const { secret } of [found, held]) expect(texts).not.toContain(secret.slice(-20));
  });

  test("is not sent once the invitation is answered or withdrawn", async () => {
    const [owner, invitee, other] = [
      await server.newUser(),
      await server.newUser(),
      await server.newUser(),
    ];
    const domainId = await invite(owner, invitee);
    const answer = { domain_id: domainId };
    requireStatus(await invitee.call("POST", "/invitations/reject", answer), 204);
    const otherDomainId = await invite(owner, other);
    const path = `/domains/${otherDomainId}/invitations`;
    requireStatus(await owner.call("DELETE", path, { user_id: other.id }), 204);
    await deliver();
    expect(sink.mails).toEqual([]);
  });

  if (isDoneInFull(kind)) {
    test("that one mailbox does not take now keeps no other waiting, and is given up after three days", async () => {
      const [owner, full, other] = [
        await server.newUser(),
        await server.newUser(),
        await server.newUser(),
      ];
      sink.full.add(full.email);
      await invite(owner, full);
      await invite(owner, other);
      await deliver();
      expect(sink.mails.map(({ to }) => to)).toEqual([[other.email]]);
      const firstAt = server.clock.now;
      while ((await backlog())?.waiting !== 0) {
        server.clock.now += hour;
        await deliver();
      }
      const days = (server.clock.now - firstAt) / (24 * hour);
      expect(days).toBeGreaterThan(3);
      expect(days).toBeLessThan(4);
      expect(await backlog()).toMatchObject({ waiting: 0, givenUp: 1 });
      expect(sink.mails).toHaveLength(1);
    });
  }

  test("that one mailbox refuses is tried once, and however many it refuses, others come", async () => {
    const [refused, full, other] = [
      await server.newUser(),
      await server.newUser(),
      await server.newUser(),
    ];
    sink.refused.add(refused.email);
    sink.full.add(full.email);
    for (const user of [refused, full]) {
      for (let count = 0; count < 4; count += 1) await endToken(user);
    }
    await endToken(other);
    expect(await deliver()).toBe(1);
    expect(sink.mails.map(({ to }) => to)).toEqual([[other.email]]);
    expect(await backlog()).toMatchObject({ waiting: 4, givenUp: 4 });
    sink.refused.clear();
    sink.full.clear();
    server.clock.now += hour;
    await deliver();
    expect(sink.mails.map(({ to }) => to)).toEqual([
      [other.email],
      ...Array.from({ length: 4 }, () => [full.email]),
    ]);
  });

  test("waits for a server that is away, and comes once when it is back", async () => {
    const [owner, invitee] = [await server.newUser(), await server.newUser()];
    await invite(owner, invitee);
    const { port, mails } = sink;
    await sink.close();
    expect(await deliver()).toBe(0);
    expect(await backlog()).toMatchObject({ waiting: 1 });
    sink = await openSmtpSink({}, port);
    server.clock.now += hour;
    expect(await deliver()).toBe(1);
    expect(await deliver()).toBe(0);
    expect(mails).toEqual([]);
    expect(sink.mails.map(({ to }) => to)).toEqual([[invitee.email]]);
  });

  test("that leaves twice, because the server ended before it noted it, says the same Message-ID", async () => {
    const [owner, invitee] = [await server.newUser(), await server.newUser()];
    await invite(owner, invitee);
    await crashAfterTelling(server.deps, targets);
    server.clock.now += 60_000;
    expect(await deliver()).toBe(1);
    const ids = sink.mails.map(({ head }) =>
      head.filter((line) => /^(message-id|date):/i.test(line)),
    );
    expect(ids).toHaveLength(2);
    expect(ids[0]).toHaveLength(2);
    expect(ids[0]).toEqual(ids[1]);
  });

  test("comes to one mailbox only so often by what others do, and what is asked for comes besides", async () => {
    const [owner, invitee] = [await server.newUser(), await server.newUser()];
    const domainId = await invite(owner, invitee);
    const roleId = await giveRole(owner, `/domains/${domainId}`, await server.newUser(), ["read"]);
    for (let count = 1; count < 25; count += 1) {
      const body = { invitee_user_id: invitee.id, role_id: roleId, resend: true };
      requireStatus(await owner.call("POST", `/domains/${domainId}/invitations`, body), 201);
    }
    await deliver();
    expect(sink.mails).toHaveLength(20);
    requireStatus(await invitee.call("POST", "/users/send-verification"), 200);
    await deliver();
    expect(sink.mails).toHaveLength(21);
  });

  if (isDoneInFull(kind)) {
    test("of tokens that were ended comes to one mailbox only so often, and what else happens comes besides", async () => {
      const [owner, other] = [await server.newUser(), await server.newUser()];
      for (let count = 0; count < 22; count += 1) await endToken(owner);
      await endToken(other);
      await deliver();
      expect(sink.mails.filter(({ to }) => to.includes(owner.email))).toHaveLength(20);
      expect(sink.mails.filter(({ to }) => to.includes(other.email))).toHaveLength(1);
      // In other letters it is the same mailbox.
      const email = { email: owner.email.toUpperCase() };
      requireStatus(await owner.call("PATCH", `/users/${owner.id}/email`, email), 200);
      await endToken(owner);
      const secrets = { old_secret: owner.password, new_secret: "changed by hand 1" };
      requireStatus(await owner.call("PATCH", "/users/secret", secrets), 200);
      sink.mails.splice(0);
      await deliver();
      expect(sink.mails.map(({ subject }) => subject).toSorted()).toEqual([
        "Your email address was changed",
        "Your password was changed",
      ]);
      server.clock.now += 24 * hour;
      const again = await server.signIn(owner.username, "changed by hand 1");
      await endToken({ ...owner, ...again });
      sink.mails.splice(0);
      await deliver();
      expect(sink.mails.map(({ subject }) => subject)).toEqual(["A token of yours was ended"]);
    });

    test("that is refused counts as one that was sent: nobody has thousands tried", async () => {
      const owner = await server.newUser();
      sink.refused.add(owner.email);
      for (let count = 0; count < 22; count += 1) await endToken(owner);
      expect(await deliver()).toBe(2);
      expect(await backlog()).toMatchObject({ waiting: 0, givenUp: 20 });
      expect(sink.mails).toEqual([]);
    });
  }

  test("with a link waits for no news", async () => {
    const [owner, other] = [await server.newUser(), await server.newUser()];
    await endToken(owner);
    const isHeld = Promise.withResolvers<void>();
    const mayGoOn = Promise.withResolvers<void>();
    const slow = createDelivery(
      server.deps,
      targets.map((target) => ({
        ...target,
        tell: async (...told) => {
          if (target.name === "mail") {
            isHeld.resolve();
            await mayGoOn.promise;
          }
          await target.tell(...told);
        },
      })),
    );
    const slowly = slow();
    await isHeld.promise;
    const address = { email: other.email };
    requireStatus(await server.nobody.call("POST", "/password/reset-request", address), 201);
    // Answered before it is known whether there is such an account.
    const receivers = () => deliver().then(() => sink.mails.map(({ to }) => to));
    await expect.poll(receivers).toEqual([[other.email]]);
    mayGoOn.resolve();
    await slowly;
    // Whichever of the two deliveries told of the link.
    expect(sink.mails.map(({ to }) => to)).toEqual([[other.email], [owner.email]]);
  });

  test("whose link or password a mail server quotes puts neither into the log nor into the database", async () => {
    const { config, database } = server.deps;
    const user = await server.newUser();
    const account = { user: "mailuser", password: "Geheim-4711" };
    const passwords = ["Geheim-4711", "AG1haWx1c2VyAEdlaGVpbS00NzEx"];
    const begun = server.logLines.length;
    for (const step of ["text", "AUTH"] as const) {
      const quoting = await openQuotingSmtp(step);
      const smtp_url = { host: "127.0.0.1", port: quoting.port, isSecure: false, account };
      const deps = { ...server.deps, config: { ...config, smtp_url } };
      const tell = createDelivery(deps, outboxTargets(deps));
      const address = { email: user.email };
      requireStatus(await server.nobody.call("POST", "/password/reset-request", address), 201);
      // Answered before it is known whether there is such an account.
      await expect.poll(async () => (await tell()) + quoting.quoted().length).toBeGreaterThan(50);
      const secrets = [/token=(\w+)/.exec(quoting.quoted())?.[1] ?? passwords[1], ...passwords];
      expect(quoting.quoted()).toContain(secrets[0]);
      await quoting.close();
      const rows = await database.read.selectFrom("outbox").selectAll().execute();
      const kept = `${server.logLines.slice(begun).join("")} ${JSON.stringify(rows)}`;
      expect(kept).toContain("The mail server answers 554 5.7.1 (security or policy) to ");
      expect(secrets.filter((secret) => kept.includes(String(secret)))).toEqual([]);
      expect(rows.filter(({ last_error }) => last_error !== null)).not.toEqual([]);
    }
    // It is the same link that comes once the server takes it.
    server.clock.now += 60_000;
    await deliver();
    expect(sink.mails.map(({ to }) => to)).toEqual([[user.email], [user.email]]);
  });

  async function invite(owner: TestUser, invitee: TestUser, name = "Plant"): Promise<string> {
    const route = `d${crypto.randomUUID().slice(0, 13)}`;
    const { id } = requireStatus(await owner.call("POST", "/domains", { name, route }), 201);
    const member = await server.newUser();
    const roleId = await giveRole(owner, `/domains/${id}`, member, ["read"]);
    const body = { invitee_user_id: invitee.id, role_id: roleId };
    requireStatus(await owner.call("POST", `/domains/${id}/invitations`, body), 201);
    return id;
  }

  /** By the token alone, so that its owner is told. */
  async function endToken(owner: TestUser): Promise<void> {
    const token = { name: "ci", duration: "1h" };
    const { secret } = requireStatus(await owner.call("POST", "/pats", token), 201);
    requireStatus(await server.bearer(secret).call("DELETE", "/pats/self"), 204);
  }

  function isSubject(line: string): boolean {
    return line.startsWith("Subject:");
  }

  async function backlog() {
    const backlogs = await countBacklogs(server.deps.database, targets, server.clock.now);
    return backlogs.find(({ target }) => target === "mail");
  }
});
