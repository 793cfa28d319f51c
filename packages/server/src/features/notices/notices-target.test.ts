import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { outboxTargets } from "../../background.ts";
import { createDelivery } from "../../changes/deliver.ts";
import { crashAfterTelling } from "../../testing/crash-after-telling.ts";
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
import { settleSecretsJob } from "../tokens/rotation/settle-secrets.ts";

const day = 86_400_000;
const { signal } = new AbortController();
const csrf = { "x-tessera-csrf": "1" };

onEveryDatabase("a notice", (kind) => {
  let server: TestApp;
  let sink: SmtpSink;

  beforeAll(async () => {
    sink = await openSmtpSink();
    server = await startApp(kind, {
      environment: {
        ...mailSettings,
        TESSERA_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
        TESSERA_USAGE_FLUSH_INTERVAL: "20ms",
        TESSERA_TRUSTED_PROXIES: "127.0.0.1",
        TESSERA_ACCESS_TOKEN_LIFETIME: "1000d",
        TESSERA_REFRESH_TOKEN_LIFETIME: "1000d",
        TESSERA_PASSWORD_CONFIRMATION_LIFETIME: "1000d",
      },
    });
  });
  afterAll(async () => {
    await server.close();
    await sink.close();
  });

  test("tells the owner of a token that somebody else has ended it, not one's own doing", async () => {
    const owner = await server.newUser();
    const domainId = await server.newDomain(owner);
    const found = await server.newToken(owner, domainId, []);
    const own = await server.newToken(owner, domainId, []);
    requireStatus(await owner.call("PATCH", `/pats/${own.id}/secret/revoke`), 204);
    const body = { token: found.secret };
    requireStatus(await server.admin.call("POST", "/admin/tokens/revoke", body), 200);
    expect(await told(owner)).toMatchObject([
      { kind: "token_ended", token: { id: found.id, status: "revoked" } },
    ]);
    expect(subjectsTo(owner)).toEqual(["A token of yours was ended"]);
  });

  test("tells that a replaced secret is still tried, from where, once for each address", async () => {
    const { owner, token } = await newRotated({});
    for (const address of ["10.1.1.1", "10.1.1.1", "10.1.1.2"]) {
      const answer = await token.call("GET", "/pats/self", undefined, from(address));
      expect([answer.status, answer.body.code]).toEqual([401, "secret_rotated"]);
    }
    // All are there before any is told: the event of an address says how often it was until then.
    await vi.waitFor(async () => expect(await countTries(token.id)).toBe(3), 20_000);
    await settleSecretsJob(server.deps).run(signal);
    const tries = await eventsOf(token.id, "tokens.retired_secret_used");
    const details = tries.map((one) => JSON.parse(one.details));
    expect(details.map(({ address }) => address).toSorted()).toEqual(["10.1.1.1", "10.1.1.2"]);
    expect(details.find(({ address }) => address === "10.1.1.1")).toMatchObject({ tries: 2 });
    expect(JSON.stringify(tries)).not.toContain(token.secret.slice(27));
    const notices = await told(owner);
    expect(notices.map(({ kind, address }) => `${kind} ${address}`).toSorted()).toEqual([
      "retired_secret_used 10.1.1.1",
      "retired_secret_used 10.1.1.2",
    ]);
    const mails = mailsTo(owner);
    expect(mails).toHaveLength(2);
    expect(mails.map(({ text }) => text).join()).toContain("somebody at 10.1.1.2 still tries");
    await settleSecretsJob(server.deps).run(signal);
    expect(await told(owner)).toHaveLength(2);
  });

  test("tells of ten addresses that try a replaced secret, whatever comes after these", async () => {
    const { owner, token } = await newRotated({});
    const numbers = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 1, 2];
    let noted = -1;
    for (const number of numbers) {
      const tried = from(`10.50.0.${number}`);
      expect(await token.call("GET", "/pats/self", undefined, tried)).toMatchObject({
        status: 401,
      });
      await vi.waitFor(async () => expect(await lastTryOf(token.id)).not.toBe(noted), 20_000);
      noted = await lastTryOf(token.id);
      await settleSecretsJob(server.deps).run(signal);
      server.clock.now += 1000;
    }
    expect(await eventsOf(token.id, "tokens.retired_secret_used")).toHaveLength(10);
    const addresses = (await told(owner)).map(({ address }) => address);
    const first = numbers.slice(0, 10).map((number) => `10.50.0.${number}`);
    expect(addresses.toSorted()).toEqual(first.toSorted());
    expect(mailsTo(owner)).toHaveLength(10);
  });

  test("tells that a token was revoked because somebody tried a replaced secret", async () => {
    const { owner, token } = await newRotated({ on_retired_use: "revoke" });
    await token.call("GET", "/pats/self", undefined, from("10.1.1.3"));
    const notices = await told(owner);
    expect(notices).toMatchObject([
      { kind: "token_ended", address: "10.1.1.3", token: { id: token.id, status: "revoked" } },
    ]);
    expect(mailsTo(owner)[0]?.text).toContain("Somebody at 10.1.1.3 showed a secret of it");
  });

  test("tells that nobody has used the new secret in time", async () => {
    const owner = await server.newUser();
    const token = await server.newToken(owner, await server.newDomain(owner), [], "30d");
    requireStatus(await owner.call("POST", `/pats/${token.id}/rotate`, {}), 201);
    server.clock.now += 2 * day;
    await settleSecretsJob(server.deps).run(signal);
    expect(await told(owner)).toMatchObject([
      { kind: "rotation_unfinished", token: { id: token.id } },
    ]);
    expect(subjectsTo(owner)).toEqual(["A new secret of a token was never used"]);
  });

  test("tells who is invited, once a day for each domain, and is settled by the answer", async () => {
    const [owner, invitee] = [await server.newUser(), await server.newUser()];
    const domainId = await server.newDomain(owner);
    const member = await server.newUser();
    const roleId = await giveRole(owner, `/domains/${domainId}`, member, ["read"]);
    for (const resend of [false, true, true]) {
      const body = { invitee_user_id: invitee.id, role_id: roleId, resend };
      requireStatus(await owner.call("POST", `/domains/${domainId}/invitations`, body), 201);
    }
    expect(await told(invitee)).toMatchObject([
      { kind: "invitation_received", settled: false, domain: { id: domainId } },
    ]);
    const answer = { domain_id: domainId };
    requireStatus(await invitee.call("POST", "/invitations/reject", answer), 204);
    const [notice] = await told(invitee);
    expect(notice).toMatchObject({ kind: "invitation_received", settled: true });
    expect(notice).not.toHaveProperty("domain");
  });

  test("tells people of a changed role, password and a link to a new one", async () => {
    const user = await server.newUser();
    const path = `/users/${user.id}`;
    requireStatus(await server.admin.call("PATCH", `${path}/role`, { role: "admin" }), 200);
    requireStatus(await server.admin.call("POST", `${path}/reset-link`), 201);
    const secrets = { old_secret: user.password, new_secret: "changed by hand 1" };
    requireStatus(await user.call("PATCH", "/users/secret", secrets), 200);
    const kinds = (await told(user)).map((one) => one.kind);
    expect(kinds.toSorted()).toEqual(["password_changed", "reset_link_made", "role_changed"]);
    expect(mailsTo(user)).toHaveLength(3);
  });

  test("tells the address before that the email address was changed, by whomever it was", async () => {
    const user = await server.newUser();
    const addresses = [1, 2].map((number) => `${number}-${user.email}`);
    for (const [caller, email] of [
      [user, addresses[0]],
      [server.admin, addresses[1]],
    ] as const) {
      requireStatus(await caller.call("PATCH", `/users/${user.id}/email`, { email }), 200);
    }
    expect((await told(user)).map((one) => one.kind)).toEqual(["email_changed", "email_changed"]);
    const subject = "Your email address was changed";
    const sent = sink.mails.filter((mail) => mail.subject === subject).map(({ to }) => to.join());
    const old = [user.email, addresses[0]];
    expect(sent.filter((to) => to.includes(user.email)).toSorted()).toEqual(old.toSorted());
    expect(JSON.stringify(sink.mails)).not.toContain(addresses[1]);
  });

  test("tells that an address of a calendar feed was made", async () => {
    const user = await server.newUser();
    const { address } = requireStatus(await user.call("POST", "/calendar/feed"), 201);
    expect((await told(user)).map((one) => one.kind)).toEqual(["calendar_feed_made"]);
    expect(subjectsTo(user)).toEqual(["An address of your calendar feed was made"]);
    expect(JSON.stringify(mailsTo(user))).not.toContain(address.slice(-20));
  });

  test("is mailed also where whoever has the account disables or deletes it at once", async () => {
    const byEmail = await server.newUser();
    const email = `new-${byEmail.email}`;
    requireStatus(await byEmail.call("PATCH", `/users/${byEmail.id}/email`, { email }), 200);
    requireStatus(await byEmail.call("POST", `/users/${byEmail.id}/disable`), 200);
    const byPassword = await server.newUser();
    const secrets = { old_secret: byPassword.password, new_secret: "changed by hand 1" };
    requireStatus(await byPassword.call("PATCH", "/users/secret", secrets), 200);
    requireStatus(await byPassword.call("DELETE", `/users/${byPassword.id}`), 204);
    const bySignIn = await server.newUser();
    const signIn = { username: bySignIn.username, password: bySignIn.password };
    for (const address of ["10.4.4.1", "10.4.4.2"]) {
      const issued = await server.nobody.call("POST", "/users/tokens/issue", signIn, from(address));
      requireStatus(issued, 201);
    }
    requireStatus(await bySignIn.call("DELETE", `/users/${bySignIn.id}`), 204);
    await createDelivery(server.deps, outboxTargets(server.deps))();
    expect(subjectsTo(byEmail)).toEqual(["Your email address was changed"]);
    expect(subjectsTo(byPassword)).toEqual(["Your password was changed"]);
    expect(subjectsTo(bySignIn)).toEqual(["Somebody signed in from a new place"]);
  });

  test("tells people of a role in a domain that somebody else gave or took, and not of the name it has since", async () => {
    const [owner, member] = [await server.newUser(), await server.newUser()];
    const domainId = await server.newDomain(owner);
    await giveRole(owner, `/domains/${domainId}`, member, ["read"]);
    const roles = `/domains/${domainId}/roles`;
    const other = { role_name: "other", optional_actions: ["update"] };
    const roleId = requireStatus(await owner.call("POST", roles, other), 201).id;
    const members = { members: [member.id] };
    requireStatus(await owner.call("POST", `${roles}/${roleId}/members/move`, members), 200);
    const { name } = requireStatus(await owner.call("GET", `/domains/${domainId}`), 200);
    const changed = (await told(member)).filter(({ kind: one }) => one === "domain_role_changed");
    expect(changed[0]).toMatchObject({ domain: { id: domainId, name } });
    expect(await told(owner)).toEqual([]);
    const before = (await told(member)).length;
    server.clock.now += 1_000;
    requireStatus(await owner.call("DELETE", roles, { member_ids: [member.id] }), 204);
    expect(await told(member)).toHaveLength(before + 1);
    server.clock.now += 1_000;
    requireStatus(await owner.call("PATCH", `/domains/${domainId}`, { name: "secret plan" }), 200);
    expect(JSON.stringify(await told(member))).not.toContain("secret plan");
  });

  test("tells of a role in a domain that was given as it was made", async () => {
    const [owner, member] = [await server.newUser(), await server.newUser()];
    const domainId = await server.newDomain(owner);
    await giveRole(owner, `/domains/${domainId}`, member, ["read"]);
    const given = { kind: "domain_role_changed", domain: { id: domainId } };
    expect(await told(member)).toMatchObject([given]);
    expect(await told(owner)).toEqual([]);
  });

  test("tells once a day of a domain whose administrator gives and takes a role time and again", async () => {
    const [owner, members] = [
      await server.newUser(),
      [await server.newUser(), await server.newUser()],
    ];
    const domainId = await server.newDomain(owner);
    const [first, second] = members as [TestUser, TestUser];
    const roles = `/domains/${domainId}/roles`;
    const role = { role_name: "on and off", optional_actions: ["read"] };
    const roleId = requireStatus(await owner.call("POST", roles, role), 201).id;
    const body = { members: [first.id, second.id] };
    const giveAndTake = async () => {
      requireStatus(await owner.call("POST", `${roles}/${roleId}/members`, body), 200);
      requireStatus(await owner.call("POST", `${roles}/${roleId}/members/delete`, body), 204);
    };
    await giveAndTake();
    await giveAndTake();
    await giveAndTake();
    for (const member of members) expect(await told(member)).toHaveLength(2);
    server.clock.now += day;
    await giveAndTake();
    const again = await told(first);
    expect(again.map((one) => one.kind)).toEqual(Array(4).fill("domain_role_changed"));
  });

  test("tells of one sender twenty times a day, and keeps what others sent", async () => {
    const [member, boss, stranger] = [
      await server.newUser(),
      await server.newUser(),
      await server.newUser(),
    ];
    const give = async (giver: TestUser) => {
      const domainId = await server.newDomain(giver);
      const role = { role_name: "r", optional_actions: ["read"], optional_members: [member.id] };
      requireStatus(await giver.call("POST", `/domains/${domainId}/roles`, role), 201);
      return domainId;
    };
    const genuine = await give(boss);
    for (let count = 0; count < 23; count += 1) await give(stranger);
    const domainsTold = async (): Promise<readonly string[]> => {
      await told(member);
      const { body } = await member.call("GET", "/notices?limit=100");
      return body.notices.map(({ domain }: { domain: { id: string } }) => domain.id);
    };
    expect(await domainsTold()).toHaveLength(21);
    expect(await domainsTold()).toContain(genuine);
    server.clock.now += day;
    await give(stranger);
    expect(await domainsTold()).toHaveLength(22);
  });

  test("tells of a sign-in from a new place, and of none from where its owner was before", async () => {
    const user = await server.newUser();
    const signIn = { username: user.username, password: user.password };
    const issue = (address: string) =>
      server.nobody.call("POST", "/users/tokens/issue", signIn, from(address));
    requireStatus(await issue("10.2.2.1"), 201);
    requireStatus(await issue("10.2.2.1"), 201);
    expect(await told(user)).toEqual([]);
    requireStatus(await issue("10.2.2.2"), 201);
    requireStatus(await issue("10.2.2.2"), 201);
    requireStatus(await issue("10.2.2.1"), 201);
    expect(await told(user)).toMatchObject([{ kind: "new_sign_in", address: "10.2.2.2" }]);
    const wrong = { ...signIn, password: "no such password" };
    const refused = await server.nobody.call(
      "POST",
      "/users/tokens/issue",
      wrong,
      from("10.2.2.3"),
    );
    expect(refused.status).toBe(401);
    expect(await told(user)).toHaveLength(1);
    expect(subjectsTo(user)).toEqual(["Somebody signed in from a new place"]);
    expect(mailsTo(user)[0]?.text).toContain("10.2.2.2");
  });

  test("tells of no sign-in by a browser that its owner has signed in with, wherever it is", async () => {
    const user = await server.newUser();
    const signIn = { username: user.username, password: user.password };
    const browse = (address: string, cookie: string, agent: string) =>
      server.nobody.call("POST", "/session", signIn, {
        ...csrf,
        ...from(address),
        ...(cookie === "" ? {} : { cookie }),
        "user-agent": agent,
      });
    const { headers } = await browse("10.3.3.1", "", "Known/1.0");
    const cookie = [headers["set-cookie"] ?? []]
      .flat()
      .map((line) => line.split(";", 1)[0])
      .join("; ");
    requireStatus(await browse("10.3.3.2", cookie, "Known/1.0"), 201);
    expect(await told(user)).toEqual([]);
    requireStatus(await browse("10.3.3.3", "", "Evil\u202e/1.0"), 201);
    const [notice, ...more] = await told(user);
    expect(more).toEqual([]);
    expect(notice).toMatchObject({ kind: "new_sign_in", address: "10.3.3.3" });
    expect(notice?.user_agent).not.toContain("\u202e");
  });

  test("tells that a session was ended whose secret two have used", async () => {
    const user = await server.newUser();
    const refresh = () => server.bearer(user.refreshToken).call("POST", "/users/tokens/refresh");
    requireStatus(await refresh(), 201);
    server.clock.now += 60_000;
    expect((await refresh()).status).toBe(401);
    const again = await server.signIn(user.username, user.password);
    expect((await told(again)).map((one) => one.kind)).toEqual(["session_copied"]);
  });

  test("is made once by however many servers tell it, and by a crash in between", async () => {
    const user = await server.newUser();
    const secrets = { old_secret: user.password, new_secret: "changed by hand 1" };
    requireStatus(await user.call("PATCH", "/users/secret", secrets), 200);
    const targets = outboxTargets(server.deps).filter(({ name }) => name === "notices");
    await crashAfterTelling(server.deps, targets);
    server.clock.now += 2 * 60_000;
    await Promise.all([told(user), told(user)]);
    expect((await told(user)).map((one) => one.kind)).toEqual(["password_changed"]);
  });

  /** A token whose first secret, the one that calls, was in use and is replaced. */
  async function newRotated(more: object) {
    const owner = await server.newUser();
    const body = { name: "ci", duration: "30d", scopes: [], ...more };
    const { id, secret } = requireStatus(await owner.call("POST", "/pats", body), 201);
    const token = { id: id as string, secret: secret as string, ...server.bearer(secret) };
    requireStatus(await token.call("GET", "/pats/self"), 200);
    server.clock.now += 1000;
    const now = { cutover: "now" };
    requireStatus(await owner.call("POST", `/pats/${id}/rotate`, now), 201);
    return { owner, token };
  }

  async function told(user: TestUser): Promise<readonly NoticeReply[]> {
    await createDelivery(server.deps, outboxTargets(server.deps))();
    return requireStatus(await user.call("GET", "/notices"), 200).notices;
  }

  async function eventsOf(entityId: string, name: string) {
    return server.deps.database.read
      .selectFrom("audit_events")
      .select("details")
      .where("entity_id", "=", entityId)
      .where("action", "=", name)
      .execute();
  }

  async function countTries(tokenId: string): Promise<number> {
    const { count } = await server.deps.database.read
      .selectFrom("token_secret_tries")
      .where("token_id", "=", tokenId)
      .select(({ fn }) => fn.sum<number | null>("tries").as("count"))
      .executeTakeFirstOrThrow();
    return Number(count ?? 0);
  }

  async function lastTryOf(tokenId: string): Promise<number> {
    const { last } = await server.deps.database.read
      .selectFrom("token_secret_tries")
      .where("token_id", "=", tokenId)
      .select(({ fn }) => fn.max<number | null>("last_at").as("last"))
      .executeTakeFirstOrThrow();
    return last ?? -1;
  }

  function mailsTo({ email }: TestUser) {
    return sink.mails.filter(({ to }) => to.includes(email));
  }

  function subjectsTo(user: TestUser) {
    return mailsTo(user).map(({ subject }) => subject);
  }
});

interface NoticeReply {
  readonly kind: string;
  readonly settled: boolean;
  readonly address?: string;
  readonly user_agent?: string;
}

function from(address: string) {
  return { "x-forwarded-for": address };
}
