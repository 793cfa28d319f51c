import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exampleCatalogueFile } from "../../testing/example-catalogue.ts";
import { startApp, type TestApp } from "../../testing/start-app.ts";
import { testDatabases } from "../../testing/test-databases.ts";

describe("the reference of a running server", () => {
  let server: TestApp;
  let page: string;

  beforeAll(async () => {
    const [kind] = testDatabases;
    if (kind === undefined) throw new Error("there is no database to test on");
    server = await startApp(kind, { file: exampleCatalogueFile() });
    page = (await server.app.inject("/docs")).body;
  });
  afterAll(() => server.close());

  test("is a page without scripts that loads nothing from other hosts", async () => {
    expect(page).not.toMatch(/<script|<iframe|javascript:|\son\w+=|style=/i);
    const addresses = [...page.matchAll(/(?:src|href)="([^"#][^"]*)"/g)].map(([, url]) => url);
    const elsewhere = addresses.filter(
      (url) => !["/docs", "/docs/reference.css", "/openapi.json"].includes(url ?? ""),
    );
    expect(elsewhere.filter((url) => url?.startsWith("data:image/svg+xml,") !== true)).toEqual([]);
    const { headers, body } = await server.app.inject("/docs/reference.css");
    expect(headers["content-type"]).toBe("text/css; charset=utf-8");
    expect(body).not.toContain("url(");
  });

  test("may load its style sheet only, says its policy", async () => {
    const { headers } = await server.app.inject("/docs");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    );
    expect(headers["x-content-type-options"]).toBe("nosniff");
  });

  test("has a place for everything that it links to, and every place once", () => {
    const ids = [...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const links = [...page.matchAll(/href="#([^"]+)"/g)].map(([, id]) => id);
    expect(links.length).toBeGreaterThan(500);
    expect(links.filter((id) => !ids.includes(id))).toEqual([]);
  });

  test("shows every operation with its scope, those of configured types too", async () => {
    for (const { id, endpoints } of server.deps.catalogue.operations()) {
      expect(page).toContain(`<code>${id.replace(".", ":")}</code>`);
      for (const endpoint of endpoints) expect(page).toContain(`id="${endpoint.id}"`);
    }
    expect(page).toContain("<code>rules:alarm_acknowledge</code>");
  });

  test("is there for programs too, and comes compressed to who can read that", async () => {
    const plain = await server.app.inject("/openapi.json");
    expect(plain.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(plain.json()["x-tessera-catalogue"].length).toBe(6);
    const headers = { "accept-encoding": "gzip" };
    const packed = await server.app.inject({ url: "/openapi.json", headers });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(packed.rawPayload.length).toBeLessThan(plain.rawPayload.length / 5);
  });

  test("has configured types in the catalogue as well, and their role actions for domains", async () => {
    const { body } = await server.nobody.call("GET", "/catalogue");
    const named = (name: string) =>
      body.entity_types.find((type: { name: string }) => type.name === name);
    expect(named("rules").operations.length).toBe(12);
    expect(named("reports").operations.length).toBe(12);
    expect(named("domains").role_actions).toEqual(
      expect.arrayContaining(["rule_update", "alarm_resolve", "report_delete"]),
    );
  });
});
