import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import helmet from "@fastify/helmet";
import type { FastifyInstance } from "fastify";
import type { ApiDocument } from "./openapi.ts";
import { referencePage } from "./reference-page.ts";

/** The page has no script and loads one style sheet. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    "default-src": ["'none'"],
    "style-src": ["'self'"],
    "img-src": ["data:"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'none'"],
  },
};

/**
 * Serves the description of the API: for programs at `/openapi.json`, for people at `/docs`.
 * It is made when first asked for: most processes of a server, and of its tests, never are.
 */
export async function serveReference(
  app: FastifyInstance,
  describe: () => ApiDocument,
): Promise<void> {
  const config = { openBecause: "the description of the API holds no data" };
  await app.register(async (scope) => {
    await scope.register(helmet, {
      contentSecurityPolicy,
      hsts: false,
      crossOriginEmbedderPolicy: false,
      referrerPolicy: { policy: "no-referrer" },
    });
    for (const [path, type, make] of [
      ["/openapi.json", "application/json; charset=utf-8", () => JSON.stringify(describe())],
      ["/docs", "text/html; charset=utf-8", () => referencePage(describe())],
      ["/docs/reference.css", "text/css; charset=utf-8", readStyleSheet],
    ] as const) {
      const read = once(() => {
        const content = make();
        return { text: content, compressed: gzipSync(content) };
      });
      scope.get(path, { config }, (request, reply) => {
        const { text, compressed } = read();
        reply.type(type).header("cache-control", "no-cache").header("vary", "accept-encoding");
        if (request.headers["accept-encoding"]?.includes("gzip") !== true) return reply.send(text);
        return reply.header("content-encoding", "gzip").send(compressed);
      });
    }
  });
}

function readStyleSheet(): string {
  return readFileSync(join(import.meta.dirname, "reference.css"), "utf8");
}

function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
