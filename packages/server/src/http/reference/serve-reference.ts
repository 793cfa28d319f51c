import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import type { ApiDocument } from "./openapi.ts";
import { referencePage } from "./reference-page.ts";

/**
 * Serves the description of the API: for programs at `/openapi.json`, for people at `/docs`.
 * It is made when first asked for: most processes of a server, and of its tests, never are.
 */
export function serveReference(app: FastifyInstance, describe: () => ApiDocument): void {
  const openBecause = "the description of the API holds no data";
  for (const [path, shows, type, make] of [
    ["/openapi.json", "file", "application/json", () => JSON.stringify(describe())],
    ["/docs", "reference", "text/html", () => referencePage(describe())],
    ["/docs/reference.css", "file", "text/css", readStyleSheet],
  ] as const) {
    const read = once(() => {
      const plain = Buffer.from(make());
      return { plain, compressed: gzipSync(plain) };
    });
    app.get(path, { config: { openBecause, shows } }, (request, reply) => {
      const { plain, compressed } = read();
      reply.type(`${type}; charset=utf-8`);
      reply.header("cache-control", "no-cache").header("vary", "accept-encoding");
      if (request.headers["accept-encoding"]?.includes("gzip") !== true) return reply.send(plain);
      return reply.header("content-encoding", "gzip").send(compressed);
    });
  }
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
