import { afterAll, beforeAll, expect, test } from "vitest";
import { outboxTargets } from "../../../background.ts";
import { createDelivery } from "../../../changes/deliver.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import { openSmtpSink, type SmtpSink } from "../../../testing/smtp-sink.ts";
import {
  mailSettings,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

const refused = { status: 403, body: { code: "email_unverified" } };

onEveryDatabase("where addresses must be proven", (kind) => {
  let server: TestApp;
  let sink: SmtpSink;

  beforeAll(async () => {
    sink = await openSmtpSink();
    const environment = {
      ...mailSettings,
      TESSERA_SMTP_URL: `smtp://127.0.0.1:${sink.port}`,
      TESSERA_REQUIRE_VERIFIED_EMAIL: "true",
    };
    server = await startApp(kind, { environment });
  });
  afterAll(async () => {
    await server.close();
    await sink.close();
  });

  test("a session does nothing before, and everything after, also where it is remembered", async () => {
    const user = await server.newUser();
    const domain = { name: "Plant", route: `d${crypto.randomUUID().slice(0, 13)}` };
    const token = { name: "ci", duration: "1h" };
    expect(await user.call("POST", "/domains", domain)).toMatchObject(refused);
    expect(await user.call("POST", "/pats", token)).toMatchObject(refused);
    expect(await user.call("GET", "/domains")).toMatchObject(refused);
    expect(await user.call("GET", "/users/search?first_name=Ada")).toMatchObject(refused);
    expect(await user.call("POST", "/authorize", [])).toMatchObject(refused);
    requireStatus(await user.call("GET", "/users/profile"), 200);
    await proveAddress(user);
    requireStatus(await user.call("POST", "/domains", domain), 201);
    requireStatus(await user.call("POST", "/pats", token), 201);
  });

  test("who changes the address proves the new one before all else, and tokens go on", async () => {
    const user = await server.newUser();
    await proveAddress(user);
    const domainId = await server.newDomain(user);
    const token = await server.newToken(user, domainId, ["domains:read"]);
    const email = `new-${user.email}`;
    requireStatus(await user.call("PATCH", `/users/${user.id}/email`, { email }), 200);
    expect(await user.call("GET", `/domains/${domainId}`)).toMatchObject(refused);
    requireStatus(await token.call("GET", `/domains/${domainId}`), 200);
    await proveAddress({ ...user, email });
    requireStatus(await user.call("GET", `/domains/${domainId}`), 200);
  });

  test("administrators go on without", async () => {
    requireStatus(await server.admin.call("GET", "/users"), 200);
    const { body } = await server.nobody.call("GET", "/instance");
    expect(body).toMatchObject({ sends_mail: true, requires_verified_email: true });
  });

  async function proveAddress(user: TestUser): Promise<void> {
    requireStatus(await user.call("POST", "/users/send-verification"), 200);
    await createDelivery(server.deps, outboxTargets(server.deps))();
    const mail = sink.mails.filter(({ to }) => to.includes(user.email)).at(-1);
    const token = /#token=(\w+)/.exec(mail?.text ?? "")?.[1];
    requireStatus(await server.nobody.call("GET", `/verify-email?token=${token}`), 200);
  }
});
