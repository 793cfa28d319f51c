import {
  accountEndpoints,
  createCatalogue,
  type DisplayForm,
  displayRules,
  type Endpoint,
} from "@tessera/contract";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type BodyText, bodyTexts, prepareRequest, withText } from "./testing/body-texts.ts";
import { readEverything } from "./testing/everything-stored.ts";
import { onEveryDatabase } from "./testing/on-every-database.ts";
import { buildWorld } from "./testing/operation-world.ts";
import { type Caller, requireStatus, startApp, type TestApp } from "./testing/start-app.ts";
import { userRow } from "./testing/test-rows.ts";

const endpoints: readonly Endpoint[] = [...createCatalogue().endpoints(), ...accountEndpoints];

/** Members of bodies that take any text and show it to nobody: secrets, and words and ids that must be known. */
const notShown = [
  ...["username", "duration", "expires_at", "linger", "overlap", "renew_until"],
  ...["types", "actions", "optional_actions", "role_id", "token_id", "scopes_id"],
  ...["domain_id", "entity_type", "entity_id", "operation"],
  ...["address", "allow", "deny", "not_before", "per", "time", "timezone"],
  ...["etag", "window"],
];

const sentences: Readonly<Record<DisplayForm, readonly (readonly [string, string])[]>> = {
  "one line": [
    ["\u001b[2Jx", "must not contain control characters or line breaks"],
    ["Ada\nBcc: everybody", "must not contain control characters or line breaks"],
    ["x\u202ey", "must not contain direction embeddings or overrides (U+202A to U+202E)"],
    ["x\u2067y", "must close every direction isolate (U+2066 to U+2068) with U+2069"],
    ["\u200b\u3164", "must contain something visible"],
  ],
  "several lines": [
    ["\u001b[2Jx", "must not contain control characters other than line breaks and tabs"],
    ["x\u202ey", "must not contain direction embeddings or overrides (U+202A to U+202E)"],
    ["x\u2067y", "must close every direction isolate (U+2066 to U+2068) with U+2069"],
    ["\n\u2800", "must contain something visible"],
  ],
};
const welcome: Readonly<Record<DisplayForm, string>> = {
  "one line": "👩🏽‍🔧 \u2067נעמי\u2069 \u200fفاطمة\u200e می\u200cخواهم 🇨🇭",
  "several lines": "王小明\r\n\t👩🏽‍🔧 \u2067נעמי\u2069\n",
};

const formOf = ({ description }: BodyText): DisplayForm | undefined =>
  (["one line", "several lines"] as const).find((form) => description.includes(displayRules[form]));
const shownMembers = endpoints.flatMap((endpoint) =>
  bodyTexts(endpoint).flatMap((member) => {
    const form = formOf(member);
    return form === undefined ? [] : [{ endpoint, member, form }];
  }),
);

interface ShownRequest {
  readonly endpoint: Endpoint;
  /** As an error names the member. */
  readonly field: string;
  readonly form: DisplayForm;
  send(text: string): ReturnType<Caller["call"]>;
}

test("every text in a body is display text, or is known to be shown to nobody", () => {
  const others = endpoints.flatMap((endpoint) =>
    bodyTexts(endpoint)
      .filter((member) => formOf(member) === undefined)
      .map(({ path }) => path.findLast((step) => typeof step === "string")),
  );
  expect([...new Set(others)].sort()).toEqual([...notShown].sort());
  expect(shownMembers.length).toBeGreaterThan(40);
});

onEveryDatabase("display text", (kind) => {
  let testApp: TestApp;
  let requests: readonly ShownRequest[];
  beforeAll(async () => {
    testApp = await startApp(kind);
    const world = await buildWorld(testApp);
    const prepared: ShownRequest[] = [];
    for (const { endpoint, member, form } of shownMembers) {
      const { caller, path, body, headers } = await prepareRequest(endpoint, world, testApp);
      prepared.push({
        endpoint,
        form,
        field: member.path.join("."),
        send: (text) =>
          caller.call(endpoint.method as "POST", path, withText(body, member.path, text), headers),
      });
    }
    requests = prepared;
  });
  afterAll(() => testApp.close());

  test("that deceives is refused in every member by its name, and leaves nothing", async () => {
    const before = await readEverything(testApp.deps.database);
    for (const { endpoint, field, form, send } of requests) {
      for (const [text, sentence] of sentences[form]) {
        const { status, body } = await send(text);
        expect([endpoint.id, status, body]).toMatchObject([
          endpoint.id,
          400,
          { code: "invalid_body", field, message: `${field}: ${sentence}` },
        ]);
      }
    }
    expect(await readEverything(testApp.deps.database)).toBe(before);
  });

  test("in any script, with emoji and closed isolates, is accepted in every member", async () => {
    for (const [index, { endpoint, field, form, send }] of requests.entries()) {
      // Numbered, because the names of roles are unique.
      const { status } = await send(`${welcome[form]} ${index}`);
      expect([endpoint.id, field, status]).toEqual([endpoint.id, field, endpoint.status]);
    }
  });

  test("that is older than the rule is shown, found, renamed and deleted", async () => {
    const old = "\u202eold\u001b[2J\n";
    const owner = await testApp.newUser();
    const domainId = await testApp.newDomain(owner);
    const client = requireStatus(
      await owner.call("POST", `/${domainId}/clients`, { name: "pump" }),
      201,
    ).id;
    const token = await testApp.newToken(owner, domainId, ["clients:view"]);
    const roles = `/domains/${domainId}/roles`;
    const role = requireStatus(await owner.call("POST", roles, { role_name: "r" }), 201).id;
    const person = userRow({ first_name: old, last_name: old, email: "old@example.test" });
    await testApp.deps.database.inTransaction(async (trx) => {
      await trx.insertInto("users").values(person).execute();
      const named = { name: old, name_key: old };
      await trx.updateTable("entities").set(named).where("id", "=", client).execute();
      await trx.updateTable("domains").set(named).where("id", "=", domainId).execute();
      await trx.updateTable("roles").set({ name: old }).where("id", "=", role).execute();
      await trx
        .updateTable("tokens")
        .set({ ...named, description: old })
        .where("id", "=", token.id)
        .execute();
    });

    const users = `/users/${person.id}`;
    const shown = requireStatus(await testApp.admin.call("GET", users), 200);
    expect(shown).toMatchObject({ first_name: old, last_name: old });
    // One name after the other: what is not sent is not asked about.
    const renamed = await testApp.admin.call("PATCH", users, { first_name: "Ada" });
    expect(requireStatus(renamed, 200)).toMatchObject({ first_name: "Ada", last_name: old });
    requireStatus(await testApp.admin.call("DELETE", users), 204);

    const found = await owner.call(
      "GET",
      `/${domainId}/clients?name=${encodeURIComponent("\u202eOLD\u001b")}`,
    );
    expect(requireStatus(found, 200).clients).toMatchObject([{ id: client, name: old }]);
    const clients = `/${domainId}/clients/${client}`;
    expect(requireStatus(await owner.call("GET", clients), 200).name).toBe(old);
    const tagged = await owner.call("PATCH", `${clients}/tags`, { tags: ["a"] });
    expect(requireStatus(tagged, 200).name).toBe(old);
    const better = await owner.call("PATCH", clients, { name: "pump" });
    expect(requireStatus(better, 200).name).toBe("pump");
    requireStatus(await owner.call("DELETE", clients), 204);

    const pats = `/pats/${token.id}`;
    const viewed = requireStatus(await owner.call("GET", pats), 200);
    expect(viewed).toMatchObject({ name: old, description: old });
    requireStatus(await owner.call("PATCH", `${pats}/name`, { name: "ci" }), 202);
    requireStatus(await owner.call("DELETE", pats), 204);

    expect(requireStatus(await owner.call("GET", `${roles}/${role}`), 200).name).toBe(old);
    requireStatus(await owner.call("PUT", `${roles}/${role}`, { name: "reader" }), 200);
    requireStatus(await owner.call("DELETE", `${roles}/${role}`), 204);
    const domain = `/domains/${domainId}`;
    expect(requireStatus(await owner.call("GET", domain), 200).name).toBe(old);
    requireStatus(await owner.call("PATCH", domain, { name: "Plant" }), 200);
  });
});
