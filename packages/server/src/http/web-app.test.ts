import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { get, type IncomingMessage } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Endpoint } from "@tessera/contract";
import fastify from "fastify";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { answerProblems, createFrameworkErrorHandler } from "./problem.ts";
import { createSetReplyHeaders, setHeadersOfReplies } from "./reply-headers.ts";
import { createSharedAddresses } from "./shared-address.ts";
import { serveWebApp } from "./web-app.ts";

const folder = mkdtempSync(join(tmpdir(), "tessera-web-"));
mkdirSync(join(folder, "assets"));
writeFileSync(join(folder, "index.html"), "<title>the page</title>");
writeFileSync(join(folder, "color-scheme.js"), "// the scheme");
writeFileSync(join(folder, ".built-from"), "a hash");
writeFileSync(join(folder, "assets", "main-1.js"), "// the app");
writeFileSync(join(folder, "assets", "main-1.js.br"), "compressed");
afterAll(() => rmSync(folder, { recursive: true }));

const addresses = createSharedAddresses();
const { addressForBrowser } = addresses;
const setHeaders = createSetReplyHeaders(() => false, addresses);
const app = fastify({
  rewriteUrl: addressForBrowser,
  routerOptions: { ignoreTrailingSlash: true },
  frameworkErrors: createFrameworkErrorHandler(setHeaders),
});
answerProblems(app, () => ({ kind: "other" }));
setHeadersOfReplies(app, setHeaders);
addresses.watch(app);
const rowOf = (kind: "anyone" | "session") => ({ endpoint: { access: { kind } } as Endpoint });
const openBecause = "it is for anyone";
app.get("/pats", { config: rowOf("session") }, async () => ({ total: 0 }));
app.get("/health", { config: rowOf("anyone") }, async () => ({ status: "pass" }));
app.get("/calendars/:id", { config: rowOf("anyone") }, async () => ({ status: "pass" }));
app.get("/docs", { config: { openBecause } }, async () => ({ status: "pass" }));
app.get("/judged/*", { config: { openBecause } }, async () => ({ status: "pass" }));
await serveWebApp(app, folder);

const ask = (url: string, headers: Record<string, string> = {}) => app.inject({ url, headers });
const html = { accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8" };

describe("an address that the app and the API share", () => {
  test.each(["/pats", "/pats/new?name=ci&scopes=clients:view:*", "/no/such/page", "/"])(
    "%s gives a browser the page",
    async (url) => {
      const reply = await ask(url, html);
      expect(reply.body).toContain("the page");
      expect(reply.headers["content-security-policy"]).toContain("script-src 'self';");
      expect(reply.headers["cache-control"]).toContain("max-age=0");
    },
  );

  test("gives a program the data", async () => {
    expect((await ask("/pats")).json()).toEqual({ total: 0 });
    expect((await ask("/pats", { accept: "*/*" })).json()).toEqual({ total: 0 });
  });

  test("gives the data to whoever sends a token, whatever it accepts", async () => {
    expect((await ask("/pats", { ...html, authorization: "Bearer x" })).json()).toEqual({
      total: 0,
    });
  });

  test("gives a browser the data as well where no app is served", async () => {
    const bare = createSharedAddresses();
    const server = fastify({ rewriteUrl: bare.addressForBrowser });
    bare.watch(server);
    server.get("/pats", { config: rowOf("session") }, async () => ({ total: 0 }));
    expect((await server.inject({ url: "/pats", headers: html })).json()).toEqual({ total: 0 });
    await server.close();
  });

  test("is changed for reading only", () => {
    const request = { method: "POST", url: "/pats", headers: html } as unknown as IncomingMessage;
    expect(addressForBrowser(request)).toBe("/pats");
  });
});

describe("the app's files", () => {
  test("never change and may be kept", async () => {
    const reply = await ask("/assets/main-1.js", html);
    expect(reply.body).toBe("// the app");
    expect(reply.headers["cache-control"]).toContain("immutable");
  });

  test.each(["gzip, br", "BR", "*"])(
    "are sent compressed to whoever understands that: %s",
    async (accepted) => {
      const reply = await ask("/assets/main-1.js", { "accept-encoding": accepted });
      expect(reply.body).toBe("compressed");
      expect(reply.headers).toMatchObject({
        "content-encoding": "br",
        "content-type": expect.stringContaining("javascript"),
        vary: expect.stringMatching(/accept-encoding/i),
      });
    },
  );

  test.each(["bytes=0-3", "bytes=4-", "bytes=900-", "bytes=0-1,3-4", "lines=1-2", "bytes=x"])(
    "are sent whole to whoever asks for a part: %s",
    async (range) => {
      for (const [url, content] of [
        ["/assets/main-1.js", "// the app"],
        ["/color-scheme.js", "// the scheme"],
        ["/", "<title>the page</title>"],
      ] as const) {
        const reply = await ask(url, { range });
        expect([reply.statusCode, reply.body]).toEqual([200, content]);
        expect(reply.headers).not.toHaveProperty("content-range");
      }
    },
  );

  test("at the top are asked for anew each time", async () => {
    const reply = await ask("/color-scheme.js");
    expect(reply.body).toBe("// the scheme");
    expect(reply.headers["cache-control"]).toContain("max-age=0");
  });

  test.each(["gzip;q=1, br;q=0", "br;q=0", "identity", "deflate"])(
    "are sent as they are to whoever does not understand that: %s",
    async (accepted) => {
      const reply = await ask("/assets/main-1.js", { "accept-encoding": accepted });
      expect([reply.body, reply.headers["content-encoding"]]).toEqual(["// the app", undefined]);
    },
  );

  test("are not sent again to whoever has them", async () => {
    for (const url of ["/", "/color-scheme.js", "/assets/main-1.js"]) {
      const tag = String((await ask(url)).headers.etag);
      for (const known of [tag, `"other", W/${tag}`, "*"]) {
        const reply = await ask(url, { "if-none-match": known });
        expect([reply.statusCode, reply.body, reply.headers.etag]).toEqual([304, "", tag]);
      }
      expect((await ask(url, { "if-none-match": '"other"' })).statusCode).toBe(200);
    }
    const headers = { "accept-encoding": "br" };
    const ofCompressed = (await ask("/assets/main-1.js", headers)).headers.etag;
    expect(ofCompressed).not.toBe((await ask("/assets/main-1.js")).headers.etag);
  });

  test("are asked for by HEAD as well", async () => {
    const reply = await app.inject({ method: "HEAD", url: "/assets/main-1.js" });
    expect([reply.statusCode, reply.body, reply.headers["content-length"]]).toEqual([
      200,
      "",
      "10",
    ]);
  });

  test("are read once, so that no reply holds an open file", async () => {
    const elsewhere = `${folder}-moved`;
    renameSync(folder, elsewhere);
    expect((await ask("/assets/main-1.js")).body).toBe("// the app");
    renameSync(elsewhere, folder);
  });

  test("that are the build's own are not served", async () =>
    expect((await ask("/.built-from")).statusCode).toBe(404));
});

test.each(["/health", "/health/", "/health?verbose", "/calendars/1", "/docs", "/judged/a/b"])(
  "what anyone may read (%s) stays what it is in a browser, and varies by nothing",
  async (url) => {
    const reply = await ask(url, html);
    expect(reply.json()).toEqual({ status: "pass" });
    expect(reply.headers).not.toHaveProperty("vary");
  },
);

test.each(["/healthy", "/calendars", "/calendars/1/2", "/docs/more", "/judged"])(
  "an address beside them (%s) gives a browser the page",
  async (url) => expect((await ask(url, html)).body).toContain("the page"),
);

describe("an address that is no file of the app", () => {
  let port: number;
  beforeAll(async () => {
    port = Number(new URL(await app.listen({ port: 0, host: "127.0.0.1" })).port);
  });
  afterAll(() => app.close());

  /** As it is written: other clients tidy an address up before they send it. */
  function statusOf(path: string): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      const request = get({ port, host: "127.0.0.1", path, agent: false }, (reply) => {
        reply.resume();
        resolve(reply.statusCode);
      });
      request.on("error", reject);
    });
  }

  test.each([
    "/assets/..",
    "/assets/../",
    "/assets/../index.html",
    "/assets/../assets/main-1.js",
    "/assets/%2e%2e",
    "/assets/%2E%2e/index.html",
    "/assets/.%2e/.built-from",
    "/assets/%252e%252e/index.html",
    "/assets/..%2findex.html",
    "/assets/..%5cindex.html",
    "/assets/..\\index.html",
    "/assets/%00",
    "/assets/main-1.js%00.css",
    "/assets//main-1.js",
    "/assets/./main-1.js",
    "/assets/%c0%ae%c0%ae",
    "/assets/",
    "/assets",
    "/assets/.",
    `/assets/${"x".repeat(300)}`,
    `/assets/${"x".repeat(8000)}`,
    `/assets/${"../".repeat(500)}etc/passwd`,
    "/docs/..%2findex.html",
    "/..%2findex.html",
    "/color-scheme.js/..",
  ])("%s is refused as such", async (path) => {
    expect([400, 404]).toContain(await statusOf(path));
  });
});
