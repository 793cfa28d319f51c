import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleCatalogueFile } from "../../testing/example-catalogue.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import { requireStatus, startApp, type TestApp, type TestUser } from "../../testing/start-app.ts";
import { newMember } from "../../testing/test-people.ts";

const client: string = randomUUID();
const example = exampleCatalogueFile();
/** A type that needs a role action which domains do not have without it. */
const dashboards = {
  entity_type: "dashboards",
  singular: "dashboard",
  title: "Dashboards",
  role_actions: ["dashboard_share"],
  operations: [{ name: "share", summary: "Share a dashboard", action: "dashboard_share" }],
};

onEveryDatabase("the decision API", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;

  beforeAll(async () => {
    const catalogue = [...(example.catalogue as readonly object[]), dashboards];
    server = await startApp(kind, { file: { ...example, catalogue } });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
  });
  afterAll(() => server.close());

  const question = (operation: string, entityId = client, entityType = "clients") => ({
    domain_id: domainId,
    entity_type: entityType,
    entity_id: entityId,
    operation,
  });

  test("answers whether the token may do one thing", async () => {
    const token = await server.newToken(ada, domainId, [`clients:view:${client}`]);
    const asked = question("view");
    const { status, body } = await token.call("POST", "/authorize", asked);
    expect([status, body]).toEqual([
      200,
      { ...asked, allowed: true, bearer: bearerOf(token, ada) },
    ]);
  });

  test("names what is in the way, and the smallest scope that would help", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view"]);
    const asked = question("update");
    const { body } = await token.call("POST", "/authorize", asked);
    expect(body).toEqual({
      ...asked,
      allowed: false,
      because: "scope_missing",
      failed_step: "scope",
      missing_scope: asked,
      bearer: bearerOf(token, ada),
    });
    const scopes = [body.missing_scope];
    requireStatus(await ada.call("PATCH", `/pats/${token.id}/scope/add`, { scopes }), 200);
    expect((await token.call("POST", "/authorize", asked)).body.allowed).toBe(true);
  });

  test("answers each of a thousand questions, in their order", async () => {
    const token = await server.newToken(ada, domainId, [`clients:view:${client}`]);
    const asked = Array.from({ length: 1000 }, (_, index) =>
      question("view", index % 3 === 0 ? client : randomUUID()),
    );
    const answers = requireStatus(await token.call("POST", "/authorize", asked), 200);
    expect(answers.map((answer: { allowed: boolean }) => answer.allowed)).toEqual(
      asked.map((_, index) => index % 3 === 0),
    );
    expect(answers[1].entity_id).toBe(asked[1]?.entity_id);
    const tooMany = await token.call("POST", "/authorize", [...asked, question("view")]);
    expect([tooMany.status, tooMany.body.code]).toEqual([400, "invalid_body"]);
    expect((await token.call("POST", "/authorize", [])).status).toBe(400);
  });

  test("explains an allowed answer by its steps in their order", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view"]);
    const { body } = await token.call("POST", "/authorize?explain=true", question("view"));
    expect(body.steps.map(passedOf)).toEqual([
      ["token", true],
      ["scope", true],
      ["domain", true],
      ["owner", true],
    ]);
  });

  test("explains a refusal by the steps up to the first that failed", async () => {
    const bob = await newMember(server, ada, domainId, ["read"]);
    const token = await server.newToken(bob, domainId, ["clients:view", "clients:delete"]);
    const explain = async (operation: string) =>
      (await token.call("POST", "/authorize?explain=true", question(operation))).body;
    expect(await explain("update")).toMatchObject({
      because: "scope_missing",
      failed_step: "scope",
      steps: [
        { step: "token", passed: true },
        {
          step: "scope",
          passed: false,
          detail: `no scope covers clients:update:${client} in domain ${domainId}`,
        },
      ],
    });
    const beyondOwner = await explain("delete");
    expect(beyondOwner).toMatchObject({
      because: "owner_lacks_permission",
      failed_step: "owner",
    });
    expect(beyondOwner).not.toHaveProperty("missing_scope");
    expect(beyondOwner.steps.map(passedOf)).toEqual([
      ["token", true],
      ["scope", true],
      ["domain", true],
      ["owner", false],
    ]);
    requireStatus(await ada.call("POST", `/domains/${domainId}/disable`), 200);
    const inDisabledDomain = await explain("view");
    requireStatus(await ada.call("POST", `/domains/${domainId}/enable`), 200);
    expect(inDisabledDomain).toMatchObject({ because: "domain_disabled", failed_step: "domain" });
  });

  test("is answered without steps unless they are asked for", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view"]);
    for (const path of ["/authorize", "/authorize?explain=false"]) {
      const { body } = await token.call("POST", path, question("update"));
      expect(body).not.toHaveProperty("steps");
    }
  });

  test("takes the names that other systems have for an operation", async () => {
    const token = await server.newToken(ada, domainId, [
      "domains:create_clients",
      `groups:set_child_client:${client}`,
    ]);
    for (const asked of [
      question("create", "*"),
      question("create_clients", domainId),
      question("create_clients", domainId, "domains"),
      question("set_child_client"),
      question("set_child_client", client, "groups"),
    ]) {
      expect((await token.call("POST", "/authorize", asked)).body).toEqual({
        ...asked,
        allowed: true,
        bearer: bearerOf(token, ada),
      });
    }
  });

  test("names the user, the token and its owner, in every answer and also in refusals", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view"]);
    const asked = [question("view"), question("delete")];
    const { body } = await token.call("POST", "/authorize", asked);
    expect(body).toMatchObject([
      { allowed: true, bearer: bearerOf(token, ada) },
      { allowed: false, bearer: bearerOf(token, ada) },
    ]);
    const ofSession = await ada.call("POST", "/authorize", question("view"));
    expect(ofSession.body.bearer).toEqual({ kind: "session", user_id: ada.id });
  });

  test("decides about the objects of other services", async () => {
    const token = await server.newToken(ada, domainId, ["rules:view:rule-7", "reports:generate"]);
    const asked = [
      question("view", "rule-7", "rules"),
      question("view", "rule-8", "rules"),
      question("generate", "any", "reports"),
    ];
    const { body } = await token.call("POST", "/authorize", asked);
    expect(body.map((answer: { allowed: boolean }) => answer.allowed)).toEqual([true, false, true]);
  });

  test("decides by a role action that a configured type has brought", async () => {
    const share = async (owner: TestUser) => {
      const token = await server.newToken(owner, domainId, ["dashboards:share"]);
      const asked = question("share", "board-1", "dashboards");
      return (await token.call("POST", "/authorize", asked)).body.allowed;
    };
    expect(await share(ada)).toBe(true);
    expect(await share(await newMember(server, ada, domainId, ["read"]))).toBe(false);
    expect(await share(await newMember(server, ada, domainId, ["dashboard_share"]))).toBe(true);
    const unknown = await ada.call("POST", `/domains/${domainId}/roles`, {
      role_name: "sharers",
      optional_actions: ["dashboard_shear"],
    });
    expect(unknown.status).toBe(400);
    expect(unknown.body.message).toContain('"dashboard_share"');
  });

  test("names the member of a question that means nothing, with the nearest word", async () => {
    const token = await server.newToken(ada, domainId, ["clients:view"]);
    for (const [wrong, code, field, help] of [
      [{ operation: "veiw" }, "unknown_operation", "operation", 'did you mean "view"?'],
      [{ entity_type: "cleints" }, "unknown_operation", "entity_type", '"clients"?'],
      [{ domain_id: "plant" }, "invalid_body", "domain_id", "UUID"],
      [{ entity_id: "pump" }, "invalid_body", "entity_id", "UUID"],
    ] as const) {
      const asked = { ...question("view"), ...wrong };
      const one = await token.call("POST", "/authorize", asked);
      expect([one.status, one.body.code, one.body.field]).toEqual([400, code, field]);
      expect(one.body.message).toContain(help);
      const many = await token.call("POST", "/authorize", [question("view"), asked]);
      expect(many.body.field).toBe(`1.${field}`);
    }
  });

  test("lets a token ask about itself only", async () => {
    const strong = await server.newToken(ada, domainId, ["clients:view"]);
    const weak = await server.newToken(ada, domainId, []);
    const others = { token: strong.secret, token_id: strong.id, user_id: ada.id, principal: "x" };
    const { body } = await weak.call("POST", "/authorize", { ...question("view"), ...others });
    expect(body).toMatchObject({ allowed: false, because: "scope_missing" });
    const query = `token=${strong.secret}&token_id=${strong.id}`;
    const asked = await weak.call("POST", `/authorize?${query}`, question("view"));
    expect(asked.body.allowed).toBe(false);
  });

  test("answers a session by what the person may do, and nobody with 401", async () => {
    const bob = await server.newUser();
    expect((await ada.call("POST", "/authorize", question("delete"))).body.allowed).toBe(true);
    const explained = await bob.call("POST", "/authorize?explain=true", question("delete"));
    expect(explained.body).toMatchObject({ allowed: false, because: "owner_lacks_permission" });
    expect((await server.nobody.call("POST", "/authorize", question("view"))).status).toBe(401);
  });

  test("changes nothing", async () => {
    const token = await server.newToken(ada, domainId, ["clients:delete", "domains:read"]);
    const made = await ada.call("POST", `/${domainId}/clients`, { name: "pump" });
    const asked = question("delete", made.body.id);
    expect((await token.call("POST", "/authorize", asked)).body.allowed).toBe(true);
    requireStatus(await ada.call("GET", `/${domainId}/clients/${made.body.id}`), 200);
  });
});

function bearerOf(token: { readonly id: string }, owner: TestUser) {
  return { kind: "token", user_id: owner.id, token_id: token.id, owner_id: owner.id };
}

function passedOf({ step, passed }: { step: string; passed: boolean }): [string, boolean] {
  return [step, passed];
}
