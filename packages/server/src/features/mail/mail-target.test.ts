import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { outboxTargets } from "../../app.ts";
import { createDelivery, type OutboxTarget } from "../../changes/deliver.ts";
import { countBacklogs } from "../../changes/outbox-store.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
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
    targets = outboxTargets(server.deps);
    deliver = createDelivery(server.deps, targets);
  });
  afterAll(async () => {
    await server.close();
    await sink.close();
  });
  beforeEach(() => {
    // What an earlier test left waiting is due, and given up or sent before the next one looks.
    server.clock.now += 60_000;
    sink.refused.clear();
    sink.mails.splice(0);
  });

  test("tells who is invited, by whom and to what, in one line each", async () => {
    const [owner, invitee] = [await server.newUser(), await server.newUser()];
    const domainId = await invite(owner, invitee, "Plant https://evil.test, see www.evil.test");
    await deliver();
    const [mail] = sink.mails;
    expect(mail?.to).toEqual([invitee.email]);
    expect(mail?.text).toContain(`Ada Byron (user name ${owner.username}) invites you`);
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

  test("that one mailbox refuses keeps no other waiting, and is given up after three days", async () => {
    const [owner, refused, other] = [
      await server.newUser(),
      await server.newUser(),
      await server.newUser(),
    ];
    sink.refused.add(refused.email);
    await invite(owner, refused);
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
    const sent = Promise.withResolvers<void>();
    const crashing = createDelivery(
      server.deps,
      targets.map((target) => ({
        ...target,
        tell: async (event, signal) => {
          await target.tell(event, signal);
          sent.resolve();
          await new Promise(() => {});
        },
      })),
    );
    void crashing();
    await sent.promise;
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

  async function invite(owner: TestUser, invitee: TestUser, name = "Plant"): Promise<string> {
    const route = `d${crypto.randomUUID().slice(0, 13)}`;
    const { id } = requireStatus(await owner.call("POST", "/domains", { name, route }), 201);
    const member = await server.newUser();
    const roleId = await giveRole(owner, `/domains/${id}`, member, ["read"]);
    const body = { invitee_user_id: invitee.id, role_id: roleId };
    requireStatus(await owner.call("POST", `/domains/${id}/invitations`, body), 201);
    return id;
  }

  async function backlog() {
    return (await countBacklogs(server.deps.database, targets, server.clock.now))[0];
  }
});
