import { existsSync } from "node:fs";
import helmet from "@fastify/helmet";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** What a page of ours may load: its own scripts and nothing of other hosts. Mantine sets styles in elements. */
const contentSecurityPolicy = {
  useDefaults: false,
  directives: {
    "default-src": ["'none'"],
    "script-src": ["'self'"],
    "style-src": ["'self'", "'unsafe-inline'"],
    "img-src": ["'self'", "data:"],
    "font-src": ["'self'"],
    "connect-src": ["'self'"],
    "manifest-src": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'self'"],
    "frame-ancestors": ["'none'"],
  },
};

/**
 * Serves the built web app: its files under `/assets/`, and its one page for every address that a browser
 * navigates to. Programs ask the same addresses for JSON and get it.
 */
export async function serveWebApp(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  await app.register(async (scope) => {
    await scope.register(helmet, {
      contentSecurityPolicy,
      hsts: false,
      crossOriginEmbedderPolicy: false,
      referrerPolicy: { policy: "no-referrer" },
    });
    await scope.register(fastifyStatic, { root: folder, serve: false, decorateReply: true });
    scope.get(
      "/assets/*",
      { config: { openBecause: "the web app's files hold no data" } },
      (request, reply) => {
        const { "*": file } = request.params as { "*": string };
        return reply.sendFile(`assets/${file}`, { maxAge: "365d", immutable: true });
      },
    );
    scope.get(
      "/",
      { config: { openBecause: "the web app's page holds no data" } },
      (_request, reply) => reply.sendFile("index.html", { maxAge: 0 }),
    );
  });
}
