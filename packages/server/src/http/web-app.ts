import { existsSync, readdirSync } from "node:fs";
import type { IncomingMessage } from "node:http";
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

/** Addresses that a browser may open and that are not pages of the app. */
const otherAddresses =
  /^\/(?:assets\/|docs(?:\/|$)|forward-auth(?:\/|$)|openapi\.json$|metrics$|health$|ready$|[\w-]+\.(?:js|svg)$)/;

/**
 * For `rewriteUrl` of Fastify's options: an address that a browser navigates to leads to the app's one page,
 * though the API has the same address. Programs ask for JSON, or for nothing particular, and get it.
 */
export function addressForBrowser({ method, url = "/", headers }: IncomingMessage): string {
  if (method !== "GET" || headers.authorization !== undefined) return url;
  if (headers.accept?.includes("text/html") !== true) return url;
  return otherAddresses.test(url.split("?", 1)[0] ?? "") ? url : "/";
}

/** Serves the built web app: its files, and its one page at `/`; see {@link addressForBrowser}. */
export async function serveWebApp(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  await app.register(async (scope) => {
    await scope.register(helmet, {
      contentSecurityPolicy,
      hsts: false,
      crossOriginEmbedderPolicy: false,
      referrerPolicy: { policy: "no-referrer" },
    });
    await scope.register(fastifyStatic, {
      root: folder,
      serve: false,
      decorateReply: true,
      preCompressed: true,
    });
    const filesAtTop = readdirSync(folder, { withFileTypes: true }).filter(
      (entry) => entry.isFile() && !entry.name.startsWith(".") && entry.name !== "index.html",
    );
    const config = { openBecause: "the web app's files hold no data" };
    for (const { name } of filesAtTop) {
      scope.get(`/${name}`, { config }, (_request, reply) => reply.sendFile(name, { maxAge: 0 }));
    }
    scope.get("/assets/*", { config }, (request, reply) => {
      const { "*": file } = request.params as { "*": string };
      return reply.sendFile(`assets/${file}`, { maxAge: "365d", immutable: true });
    });
    scope.get("/", { config }, (_request, reply) => reply.sendFile("index.html", { maxAge: 0 }));
  });
}
