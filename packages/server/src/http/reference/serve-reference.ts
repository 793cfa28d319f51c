import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { FastifyInstance } from "fastify";
import { answerFile } from "../kept-file.ts";
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
    const answer = once(() => {
      const plain = Buffer.from(make());
      const compressed = [["gzip", gzipSync(plain)] as const];
      return answerFile({
        type: `${type}; charset=utf-8`,
        cacheControl: "no-cache",
        plain,
        compressed,
      });
    });
    app.get(path, { config: { openBecause, shows } }, (request, reply) => answer()(request, reply));
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
