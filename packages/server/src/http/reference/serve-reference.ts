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

/** Serves the description of the API: for programs at `/openapi.json`, for people at `/docs`. */
export async function serveReference(app: FastifyInstance, document: ApiDocument): Promise<void> {
  const styleSheet = readFileSync(join(import.meta.dirname, "reference.css"), "utf8");
  const config = { openBecause: "the description of the API holds no data" };
  await app.register(async (scope) => {
    await scope.register(helmet, {
      contentSecurityPolicy,
      hsts: false,
      crossOriginEmbedderPolicy: false,
      referrerPolicy: { policy: "no-referrer" },
    });
    for (const [path, type, text] of [
      ["/openapi.json", "application/json; charset=utf-8", JSON.stringify(document)],
      ["/docs", "text/html; charset=utf-8", referencePage(document)],
      ["/docs/reference.css", "text/css; charset=utf-8", styleSheet],
    ] as const) {
      const compressed = gzipSync(text);
      scope.get(path, { config }, (request, reply) => {
        reply.type(type).header("cache-control", "no-cache").header("vary", "accept-encoding");
        if (request.headers["accept-encoding"]?.includes("gzip") !== true) return reply.send(text);
        return reply.header("content-encoding", "gzip").send(compressed);
      });
    }
  });
}
