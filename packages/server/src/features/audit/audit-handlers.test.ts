import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ocsfFaults } from "../../testing/ocsf-faults.ts";
import { onEveryDatabase } from "../../testing/on-every-database.ts";
import {
  type Caller,
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../testing/start-app.ts";
import { giveRole, newMember } from "../../testing/test-people.ts";
import { readJsonLine } from "./json-lines.ts";
import { createVerifier } from "./verify-chains.ts";

interface AuditRecord {
  readonly id: string;
  readonly at: string;
  readonly operation: string;
  readonly outcome: string;
  readonly actor: { readonly kind: string; readonly user_id?: string; readonly token_id?: string };
  readonly object: { readonly type: string; readonly id: string };
  readonly changed: readonly { field: string; before: unknown; after: unknown }[];
  readonly seq: number;
  readonly hash: string;
}

onEveryDatabase("the records of a domain", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let clientId: string;
  let token: Awaited<ReturnType<TestApp["newToken"]>>;

  beforeAll(async () => {
    server = await startApp(kind);
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    const made = await ada.call("POST", `/${domainId}/clients`, { name: "old", tags: ["a"] });
    clientId = requireStatus(made, 201).id;
    server.clock.now += 60_000;
    const path = `/${domainId}/clients/${clientId}`;
    requireStatus(await ada.call("PATCH", path, { name: "new" }), 200);
    requireStatus(await ada.call("POST", `${path}/disable`), 200);
    requireStatus(await ada.call("POST", `${path}/enable`), 200);
    const scopes = ["clients:update_tags:*", "domains:view_audit:*"];
    token = await server.newToken(ada, domainId, scopes);
    requireStatus(await token.call("PATCH", `${path}/tags`, { tags: ["b", "c"] }), 200);
  });
  afterAll(() => server.close());

  const list = async (query = "", caller: Caller = ada, path = `/${domainId}/audit`) =>
    requireStatus(await caller.call("GET", `${path}${query}`), 200) as {
      readonly records: readonly AuditRecord[];
      readonly next?: string;
    };
  const operations = async (query = "", caller: Caller = ada, path?: string) =>
    (await list(query, caller, path)).records.map(({ operation }) => operation);

  test("are listed newest first, with what was there before and after", async () => {
    const { records } = await list();
    expect(records.map(({ operation }) => operation).toSorted()).toEqual([
      "clients.create",
      "clients.disable",
      "clients.enable",
      "clients.update",
      "clients.update_tags",
      "domains.create",
    ]);
    const changedBy = (name: string) => records.find((one) => one.operation === name)?.changed;
    expect(changedBy("clients.update")).toEqual([{ field: "name", before: "old", after: "new" }]);
    expect(changedBy("clients.disable")).toEqual([
      { field: "status", before: "enabled", after: "disabled" },
    ]);
    expect(changedBy("clients.update_tags")).toEqual([
      { field: "tags", before: ["a"], after: ["b", "c"] },
    ]);
    const times = records.map(({ at }) => at);
    expect(times).toEqual(times.toSorted().toReversed());
  });

  test("come page by page, each once", async () => {
    const all = (await list()).records.map(({ id }) => id);
    const found: string[] = [];
    for (let after = ""; ; ) {
      const { records, next } = await list(`?limit=2${after === "" ? "" : `&after=${after}`}`);
      found.push(...records.map(({ id }) => id));
      if (next === undefined) break;
      after = next;
    }
    expect(found).toEqual(all);
    const refused = await ada.call("GET", `/${domainId}/audit?after=nowhere`);
    expect([refused.status, refused.body.code, refused.body.field]).toEqual([
      400,
      "invalid_query",
      "after",
    ]);
  });

  test("are narrowed by who, with which token, what, to what, how it ended, from where and when", async () => {
    const first = (await list()).records.at(-1);
    expect(await operations(`?token=${token.id}`)).toEqual(["clients.update_tags"]);
    expect(await operations("?operation=clients.enable")).toEqual(["clients.enable"]);
    expect(await operations(`?object=${clientId}&actor=${ada.id}`)).toHaveLength(5);
    expect(await operations(`?actor=${randomUUID()}`)).toEqual([]);
    expect(await operations("?outcome=failed")).toEqual([]);
    expect(await operations("?address=192.0.2.99")).toEqual([]);
    expect(await operations("?address=127.0.0.1&limit=1")).toHaveLength(1);
    const moment = new Date(Date.parse(first?.at ?? "") + 1).toISOString();
    expect(await operations(`?to=${moment}`)).toEqual(
      expect.arrayContaining(["clients.create", "domains.create"]),
    );
    expect(await operations(`?from=${moment}`)).not.toContain("clients.create");
  });

  test("are shown to who may manage roles, and to their tokens with that scope, and to nobody else", async () => {
    const auditor = await newMember(server, ada, domainId, ["manage_role"]);
    expect(await operations("?limit=1", auditor)).toHaveLength(1);
    expect(await operations("?limit=1", token)).toHaveLength(1);
    expect(await operations("?limit=1", server.admin)).toHaveLength(1);

    const reader = await newMember(server, ada, domainId, ["read"]);
    const stranger = await server.newUser();
    for (const caller of [reader, stranger]) {
      const { status, body } = await caller.call("GET", `/${domainId}/audit`);
      expect([status, body.code]).toEqual([403, "owner_lacks_permission"]);
    }
    const other = await server.newToken(ada, domainId, ["domains:read:*"]);
    const { status, body } = await other.call("GET", `/${domainId}/audit`);
    expect([status, body.code]).toEqual([403, "scope_missing"]);
    expect((await server.nobody.call("GET", `/${domainId}/audit`)).status).toBe(401);
  });

  test("hold those of the platform for its administrators alone", async () => {
    const ofPlatform = await operations("?domain=none&limit=100", server.admin, "/audit");
    expect(ofPlatform).toContain("tokens.create");
    expect(ofPlatform).not.toContain("clients.create");
    expect(await operations(`?domain=${domainId}&limit=100`, server.admin, "/audit")).toContain(
      "clients.create",
    );
    for (const caller of [ada, token]) {
      expect((await caller.call("GET", "/audit")).status).toBe(403);
    }
  });

  test("show a person what their tokens did, and nothing of others' tokens", async () => {
    const { records } = await list("", ada, "/pats/audit");
    expect(records.map(({ operation }) => operation)).toContain("clients.update_tags");
    expect(records.every(({ actor }) => actor.kind === "token")).toBe(true);
    expect(records[0]?.actor).toMatchObject({ user_id: ada.id, token_name: "ci" });
    const stranger = await server.newUser();
    expect(await operations("", stranger, "/pats/audit")).toEqual([]);
    expect(await operations(`?token=${token.id}`, stranger, "/pats/audit")).toEqual([]);
  });

  test("never hold a secret", async () => {
    const { body } = await ada.call("GET", `/${domainId}/audit?limit=100`);
    const everything = JSON.stringify([body, (await list("", server.admin, "/audit")).records]);
    expect(everything).not.toContain(token.secret.slice(-40));
    expect(everything).not.toContain(ada.password);
  });

  test("are exported exactly as they are stored, proved by the export alone, and that is recorded", async () => {
    const { status, headers, body } = await ada.call("GET", `/${domainId}/audit?format=jsonl`);
    expect([status, headers["content-type"]]).toEqual([200, "application/jsonl; charset=utf-8"]);
    const rows = String(body).trimEnd().split("\n").map(readJsonLine);
    const { keys } = server.deps;
    const verifier = createVerifier({ keys: keys.audit, checkpoints: [], isWhole: false });
    rows.forEach(verifier.add);
    const { faults, entries } = verifier.end([]);
    expect(faults).toEqual([]);
    const stored = await server.deps.database.read
      .selectFrom("audit_events")
      .selectAll()
      .where("domain_id", "=", domainId)
      .execute();
    expect(entries).toBe(stored.length);
    const byId = new Map(stored.map((row) => [row.id, row]));
    for (const row of rows) expect(row).toEqual(byId.get(row.id));
    for (const { id, seq, hash } of (await list("?limit=5")).records) {
      expect({ seq, hash }).toEqual({ seq: byId.get(id)?.seq, hash: byId.get(id)?.hash });
    }
    expect((await list("?operation=audit.export")).records[0]).toMatchObject({
      actor: { user_id: ada.id },
      details: { format: "jsonl" },
    });
  });

  test("are exported for spreadsheets without a formula", async () => {
    const name = '=HYPERLINK("http://evil.example")';
    const made = await ada.call("POST", `/${domainId}/clients`, { name });
    const { id } = requireStatus(made, 201);
    requireStatus(await ada.call("PATCH", `/${domainId}/clients/${id}`, { name: "+1" }), 200);
    const { headers, body } = await ada.call("GET", `/${domainId}/audit?format=csv`);
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
    const lines = String(body).trimEnd().split("\r\n");
    expect(lines[0]).toMatch(/^at,outcome,action,/);
    expect(lines.some((line) => line.includes("clients.update_tags"))).toBe(true);
    for (const line of lines.slice(1)) expect(line).not.toMatch(/(^|,)"\s*[=+\-@]/);
  });

  test("are exported by CEF, a line for each, with what people chose as one value", async () => {
    const name = "a|b\\ act=x";
    const metadata = { note: "\nCEF:0|Evil" };
    const made = await ada.call("POST", `/${domainId}/clients`, { name: "plain" });
    const { id } = requireStatus(made, 201);
    requireStatus(await ada.call("PATCH", `/${domainId}/clients/${id}`, { name, metadata }), 200);
    const { headers, body } = await ada.call("GET", `/${domainId}/audit?format=cef`);
    expect(headers["content-type"]).toBe("text/plain; charset=utf-8");
    expect(headers["content-disposition"]).toBe('attachment; filename="audit.cef"');
    const lines = String(body).trimEnd().split("\n");
    for (const line of lines) expect(line).toMatch(/^CEF:0\|Tessera\|Tessera\|[\d.]+\|[\w.]+\|/);
    const update = lines.find((line) => line.includes(`cs2=${id}`) && line.includes(".update|"));
    expect(update).toContain('"after":"a|b\\\\\\\\ act\\=x');
    const stored = await server.deps.database.read
      .selectFrom("audit_events")
      .select("id")
      .where("domain_id", "=", domainId)
      .execute();
    expect(lines).toHaveLength(stored.length);
  });

  test("are exported by OCSF 1.6.0, with the class of each", async () => {
    const { body } = await ada.call("GET", `/${domainId}/audit?format=ocsf`);
    const events = String(body)
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    for (const event of events) {
      expect(event.metadata.version).toBe("1.6.0");
      expect(ocsfFaults(event)).toEqual([]);
    }
    const named = (name: string) => events.find(({ metadata }) => metadata.event_code === name);
    expect(named("clients.create")).toMatchObject({
      class_uid: 3004,
      activity_id: 1,
      status_id: 1,
      entity: { uid: clientId, type: "clients" },
      actor: { user: { uid: ada.id } },
    });
  });

  test("are exported to nobody who may see them no more", async () => {
    const member = await server.newUser();
    const roleId = await giveRole(ada, `/domains/${domainId}`, member, ["manage_role"]);
    expect((await member.call("GET", `/${domainId}/audit?format=jsonl`)).status).toBe(200);
    const path = `/domains/${domainId}/roles/${roleId}/members/delete-all`;
    requireStatus(await ada.call("POST", path), 204);
    const { status } = await member.call("GET", `/${domainId}/audit?format=jsonl`);
    expect(status).toBe(403);
    const exports = (await list(`?operation=audit.export&actor=${member.id}`)).records;
    expect(exports).toHaveLength(1);
  });
});
