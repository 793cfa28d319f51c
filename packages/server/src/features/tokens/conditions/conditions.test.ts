import type { InjectOptions } from "fastify";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exampleCatalogueFile } from "../../../testing/example-catalogue.ts";
import { onEveryDatabase } from "../../../testing/on-every-database.ts";
import {
  requireStatus,
  startApp,
  type TestApp,
  type TestUser,
} from "../../../testing/start-app.ts";

const file = exampleCatalogueFile();
const allowed = "203.0.113.7";
const elsewhere = "198.51.100.1";
const proxy = "192.0.2.80";
const fromAllowed = { addresses: { allow: ["203.0.113.0/24"] } };
const all = {
  addresses: { allow: ["10.0.0.0/8", "2001:db8::/32"], deny: ["10.0.9.0/24"] },
  not_before: "2026-12-01T00:00:00Z",
  weekly: {
    timezone: "Europe/Berlin",
    windows: [{ days: ["mon", "tue"], from: "07:00", to: "19:00" }],
  },
  max_uses: 1000,
  rate: { limit: 600, per: "1m" },
};

onEveryDatabase("conditions of a token", (kind) => {
  let server: TestApp;
  let ada: TestUser;
  let domainId: string;
  let client: string;

  beforeAll(async () => {
    server = await startApp(kind, {
      environment: { TESSERA_TRUSTED_PROXIES: proxy },
      file: {
        ...file,
        routes: [{ method: "GET", path: "/devices/{domain}/{id}", operation: "clients.view" }],
      },
    });
    ada = await server.newUser();
    domainId = await server.newDomain(ada);
    const made = await ada.call("POST", `/${domainId}/clients`, { name: "pump" });
    client = requireStatus(made, 201).id;
  });
  afterAll(() => server.close());

  const scope = (operation: string, entityId = client, entityType = "clients") => ({
    domain_id: domainId,
    entity_type: entityType,
    entity_id: entityId,
    operation,
  });

  const create = (conditions: unknown, more: object = {}) =>
    ada.call("POST", "/pats", {
      name: "ci",
      duration: "30d",
      scopes: [
        scope("view"),
        scope("update_tags"),
        scope("read", domainId, "domains"),
        scope("list", domainId, "domains"),
      ],
      conditions,
      ...more,
    });

  const newToken = async (
    conditions: unknown,
    more?: object,
  ): Promise<{ id: string; secret: string }> => requireStatus(await create(conditions, more), 201);

  const change = (id: string, body: unknown) => ada.call("PATCH", `/pats/${id}/conditions`, body);

  /** Sends a request with the token from an address; the code of its refusal beside its status. */
  async function send(
    { secret }: { readonly secret: string },
    from: string,
    url: string,
    { headers = {}, ...options }: Partial<InjectOptions> = {},
  ) {
    const reply = await server.app.inject({
      method: "GET",
      url,
      remoteAddress: from,
      ...options,
      headers: { authorization: `Bearer ${secret}`, ...headers },
    });
    const body = reply.body === "" ? undefined : reply.json();
    return { status: reply.statusCode, code: body?.code, body, headers: reply.headers };
  }

  const view = (token: { readonly secret: string }, from: string) =>
    send(token, from, `/${domainId}/clients/${client}`);

  test("are kept as they are given, shown to the owner, and told to whoever watches", async () => {
    const made = requireStatus(await create(all), 201);
    expect(made.conditions).toEqual(all);
    expect(made.uses_reserved).toBe(0);
    const shown = requireStatus(await ada.call("GET", `/pats/${made.id}`), 200);
    expect(shown.conditions).toEqual(all);
    const { pats } = requireStatus(await ada.call("GET", `/pats?id=${made.id}`), 200);
    expect(pats[0].conditions).toEqual(all);
    const plain = requireStatus(await create(undefined), 201);
    expect(plain).not.toHaveProperty("conditions");
    expect(plain).not.toHaveProperty("uses_reserved");
  });

  test("that are no good are refused by the name of the field, with what was meant, and nothing is made", async () => {
    const before = requireStatus(await ada.call("GET", "/pats?status=all"), 200).total;
    const wrong: readonly (readonly [object, string, RegExp])[] = [
      [{ addresses: { allow: ["10.0.0.5/8"] } }, "addresses.allow.0", /write 10\.0\.0\.0\/8$/],
      [{ addresses: { deny: ["::1", "fe80::1%eth0"] } }, "addresses.deny.1", /without a zone/],
      [{ adresses: {} }, "", /did you mean addresses\?$/],
      [{ not_before: "2999-01-01T00:00:00Z" }, "not_before", /must be before the token ends/],
      [{ weekly: { ...all.weekly, timezone: "Europe/Berln" } }, "weekly.timezone", /did you mean/],
      [{ max_uses: 0 }, "max_uses", /./],
      [{ rate: { limit: 1, per: "25h" } }, "rate.per", /between 1s and 24h/],
    ];
    for (const [conditions, field, message] of wrong) {
      const { status, body } = await create(conditions);
      const named = field === "" ? "conditions" : `conditions.${field}`;
      expect([status, body.code, body.field]).toEqual([400, "invalid_body", named]);
      expect(body.message).toMatch(message);
    }
    expect(requireStatus(await ada.call("GET", "/pats?status=all"), 200).total).toBe(before);
  });

  test("are changed one by one, and null takes one away", async () => {
    const { id } = await newToken(all);
    const changed = requireStatus(await change(id, { addresses: null, max_uses: 5 }), 200);
    const { addresses: _, ...rest } = all;
    expect(changed.conditions).toEqual({ ...rest, max_uses: 5 });
    const none = { not_before: null, weekly: null, max_uses: null, rate: null };
    expect(requireStatus(await change(id, none), 200)).not.toHaveProperty("conditions");
    const refused = await change(id, { addresses: { allow: ["10.0.0.5/8"] } });
    expect([refused.status, refused.body.field]).toEqual([400, "addresses.allow.0"]);
    expect(requireStatus(await ada.call("GET", `/pats/${id}`), 200)).not.toHaveProperty(
      "conditions",
    );
    const events = await server.deps.database.read
      .selectFrom("audit_events")
      .select("details")
      .where("entity_id", "=", id)
      .where("action", "=", "tokens.update_conditions")
      .execute();
    expect(events).toHaveLength(2);
    expect(events.map(({ details }) => JSON.parse(details).changed)).toContainEqual([
      "addresses",
      "max_uses",
    ]);
  });

  test("cannot be changed by a token, not even by itself, nor for anybody else", async () => {
    const token = await newToken(fromAllowed);
    const body = JSON.stringify({ addresses: null });
    const headers = { "content-type": "application/json" };
    const url = `/pats/${token.id}/conditions`;
    const tried = await send(token, allowed, url, { method: "PATCH", payload: body, headers });
    expect([tried.status, tried.code]).toEqual([403, "session_required"]);
    const other = await server.newUser();
    expect((await other.call("PATCH", url, { addresses: null })).status).toBe(404);
    expect((await view(token, elsewhere)).code).toBe("condition_address");
  });

  test("say from where it works: elsewhere it is refused, also where its credential is known", async () => {
    const token = await newToken(fromAllowed);
    expect((await view(token, allowed)).status).toBe(200);
    // Its credential and the view are remembered now.
    const refused = await view(token, elsewhere);
    expect([refused.status, refused.code]).toEqual([403, "condition_address"]);
    expect(refused.body.message).toContain(elsewhere);
    expect(refused.body.message).not.toContain("203.0.113");
    expect((await view(token, `::ffff:${allowed}`)).status).toBe(200);
    expect((await view(token, allowed)).status).toBe(200);
  });

  test("are asked also where nothing else is asked of any object", async () => {
    const token = await newToken(fromAllowed, { self_rotate: true });
    for (const url of ["/domains", "/pats/self"]) {
      expect((await send(token, allowed, url)).status, url).toBe(200);
      const refused = await send(token, elsewhere, url);
      expect([refused.status, refused.code], url).toEqual([403, "condition_address"]);
    }
    const rotating = {
      method: "POST",
      payload: "{}",
      headers: { "content-type": "application/json" },
    } as const;
    const rotated = await send(token, elsewhere, "/pats/self/rotate", rotating);
    expect([rotated.status, rotated.code]).toEqual([403, "condition_address"]);
    expect(requireStatus(await ada.call("GET", `/pats/${token.id}`), 200).secrets).toHaveLength(1);
  });

  test("keep nobody from ending a token that was found", async () => {
    const token = await newToken(fromAllowed);
    expect((await send(token, elsewhere, "/pats/self", { method: "DELETE" })).status).toBe(204);
    expect((await view(token, allowed)).code).toBe("token_revoked");
  });

  test("believe a forwarded address only where a trusted proxy tells it", async () => {
    const token = await newToken(fromAllowed);
    const forged = { headers: { "x-forwarded-for": allowed } };
    const path = `/${domainId}/clients/${client}`;
    expect((await send(token, elsewhere, path, forged)).code).toBe("condition_address");
    expect((await send(token, proxy, path, forged)).status).toBe(200);
    // A client may write what it likes before what the proxy adds.
    const prefixed = { headers: { "x-forwarded-for": `${allowed}, ${elsewhere}` } };
    expect((await send(token, proxy, path, prefixed)).code).toBe("condition_address");
    const garbage = { headers: { "x-forwarded-for": "unknown" } };
    expect((await send(token, proxy, path, garbage)).code).toBe("condition_address");
  });

  test("are asked of a gateway's request, by the address that its proxy tells", async () => {
    const token = await newToken(fromAllowed);
    const asGateway = (peer: string, forwarded: string) =>
      send(token, peer, "/forward-auth", {
        headers: {
          "x-original-method": "GET",
          "x-original-uri": `/devices/${domainId}/${client}`,
          "x-forwarded-for": forwarded,
        },
      });
    expect((await asGateway(proxy, allowed)).status).toBe(200);
    const refused = await asGateway(proxy, elsewhere);
    expect([refused.status, refused.headers["x-tessera-error"]]).toEqual([
      403,
      "condition_address",
    ]);
    expect((await asGateway(elsewhere, allowed)).status).toBe(403);
    expect((await asGateway(proxy, allowed)).status).toBe(200);
  });

  const authorize = (token: { readonly secret: string }, body: unknown, query = "") =>
    send(token, elsewhere, `/authorize${query}`, {
      method: "POST",
      payload: JSON.stringify(body),
      headers: { "content-type": "application/json" },
    });

  test("are asked of each question by the address that the service tells, and without one it is no", async () => {
    const token = await newToken(fromAllowed);
    const from = (address?: string) => ({
      ...scope("view"),
      ...(address === undefined ? {} : { context: { address } }),
    });
    const batch = [
      from(allowed),
      from(elsewhere),
      from(),
      from(`::ffff:${allowed}`),
      from(allowed),
    ];
    const { body } = await authorize(token, batch);
    expect(body.map((answer: { allowed: boolean }) => answer.allowed)).toEqual([
      true,
      false,
      false,
      true,
      true,
    ]);
    expect(body[1]).toMatchObject({ because: "condition_address", failed_step: "addresses" });
    expect((await authorize(token, from(elsewhere))).body.allowed).toBe(false);
    expect((await authorize(token, from(allowed))).body.allowed).toBe(true);
    const explained = await authorize(token, from(), "?explain=true");
    expect(explained.body.steps.at(-1)).toMatchObject({ step: "addresses", passed: false });
    const wrong = await authorize(token, [from(allowed), from("localhost")]);
    expect([wrong.status, wrong.body.field]).toEqual([400, "1.context.address"]);
  });

  test("say from when on it works", async () => {
    const start = server.clock.now;
    const notBefore = new Date(start + 60_000).toISOString();
    const token = await newToken({ not_before: notBefore });
    const early = await view(token, elsewhere);
    expect([early.status, early.code]).toEqual([403, "not_yet_valid"]);
    expect(early.body.message).toContain(notBefore);
    server.clock.now = start + 59_999;
    expect((await view(token, elsewhere)).code).toBe("not_yet_valid");
    server.clock.now = start + 60_000;
    expect((await view(token, elsewhere)).status).toBe(200);
    server.clock.now = start;
    expect((await view(token, elsewhere)).code).toBe("not_yet_valid");
  });

  test("say at which times of the week it works, to the moment, while everything is remembered", async () => {
    const start = server.clock.now;
    const opens = new Date(Math.ceil(start / 3_600_000) * 3_600_000 + 3_600_000);
    const at = (hours: number) => new Date(opens.getTime() + hours * 3_600_000);
    const time = (hours: number) => at(hours).toISOString().slice(11, 16);
    const days = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
    const window = { days: [days[opens.getUTCDay()]], from: time(0), to: time(1) };
    const token = await newToken({ weekly: { timezone: "UTC", windows: [window] } });
    const codeAt = async (moment: number) => {
      server.clock.now = moment;
      const { code, status } = await view(token, elsewhere);
      return code ?? status;
    };
    expect(await codeAt(opens.getTime() - 1)).toBe("condition_time");
    expect(await codeAt(opens.getTime())).toBe(200);
    expect(await codeAt(at(1).getTime() - 1)).toBe(200);
    expect(await codeAt(at(1).getTime())).toBe("condition_time");
    server.clock.now = start;
  });

  test("ask about another time only to look: what is allowed is told of now", async () => {
    const later = new Date(server.clock.now + 3_600_000).toISOString();
    const token = await newToken({ not_before: later });
    const asked = { ...scope("view"), context: { time: later } };
    const { body } = await authorize(token, asked, "?explain=true");
    expect(body).toMatchObject({ allowed: false, because: "not_yet_valid" });
    expect(body.at_time).toMatchObject({ time: later, allowed: true });
    const plain = await authorize(token, [asked]);
    expect([plain.status, plain.body.field]).toEqual([400, "0.context.time"]);
  });

  test("that change hold from the next request on", async () => {
    const token = await newToken(undefined);
    expect((await view(token, elsewhere)).status).toBe(200);
    requireStatus(await change(token.id, fromAllowed), 200);
    expect((await view(token, elsewhere)).code).toBe("condition_address");
    requireStatus(await change(token.id, { addresses: null }), 200);
    expect((await view(token, elsewhere)).status).toBe(200);
  });

  test("that come while a change is under way keep it from being made", async () => {
    const token = await newToken(undefined);
    const { hub } = server.deps;
    const url = `/${domainId}/clients/${client}/tags`;
    const patch = (from: string, tag: string) =>
      send(token, from, url, {
        method: "PATCH",
        payload: JSON.stringify({ tags: [tag] }),
        headers: { "content-type": "application/json" },
      });
    expect((await patch(elsewhere, "before")).status).toBe(200);
    const original = hub.change;
    let isChanged = false;
    const before = async () => {
      if (isChanged) return;
      isChanged = true;
      requireStatus(await change(token.id, fromAllowed), 200);
    };
    Object.assign(hub, {
      change: async (...parameters: Parameters<typeof original>) => {
        await before();
        return original(...parameters);
      },
    });
    const refused = await patch(elsewhere, "after").finally(() => {
      Object.assign(hub, { change: original });
    });
    expect([refused.status, refused.code]).toEqual([403, "condition_address"]);
    const { tags } = requireStatus(await ada.call("GET", `/${domainId}/clients/${client}`), 200);
    expect(tags).toEqual(["before"]);
  });

  test("that were not met are refused uses, and no others", async () => {
    const token = await newToken(fromAllowed);
    await view(token, allowed);
    await view(token, elsewhere);
    const shown = requireStatus(await ada.call("GET", `/pats/${token.id}`), 200);
    expect([shown.use_count, shown.refused_count]).toEqual([1, 1]);
    expect(shown.last_refusal).toMatchObject({
      operation: "clients.view",
      because: "condition_address",
    });
  });

  test("a token without any has the steps that it had before there were conditions", async () => {
    const steps = async (conditions: unknown) => {
      const { body } = await authorize(await newToken(conditions), scope("view"), "?explain=true");
      return body.steps.map(({ step }: { step: string }) => step);
    };
    expect(await steps(undefined)).toEqual(["token", "scope", "domain", "owner"]);
    expect(await steps({ rate: { limit: 1, per: "1m" } })).toEqual([
      "token",
      "not_before",
      "weekly",
      "addresses",
      "rate",
      "max_uses",
      "scope",
      "domain",
      "owner",
    ]);
  });
});
