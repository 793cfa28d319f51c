import { existsSync, readdirSync } from "node:fs";
import fastifyStatic from "@fastify/static";
import { AppError } from "@tessera/contract";
import type { FastifyInstance } from "fastify";

/** What the build calls its files; nothing else is looked for in the folder. */
const assetName = /^[\w-][\w.-]{0,199}$/;

/** Serves the built web app: its files, and its one page at `/`; see `SharedAddresses`. */
export async function serveWebApp(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  await app.register(async (scope) => {
    await scope.register(fastifyStatic, {
      root: folder,
      serve: false,
      decorateReply: true,
      preCompressed: true,
      // The files are small: whoever asks for a part gets the whole (RFC 9110, section 14.2).
      acceptRanges: false,
    });
    const filesAtTop = readdirSync(folder, { withFileTypes: true }).filter(
      (entry) => entry.isFile() && !entry.name.startsWith(".") && entry.name !== "index.html",
    );
    const openBecause = "the web app's files hold no data";
    const file = { openBecause, shows: "file" } as const;
    for (const { name } of filesAtTop) {
      scope.get(`/${name}`, { config: file }, (_request, reply) =>
        reply.sendFile(name, { maxAge: 0 }),
      );
    }
    scope.get("/assets/*", { config: file }, (request, reply) => {
      const { "*": name } = request.params as { "*": string };
      if (!assetName.test(name)) throw new AppError("unknown_route");
      return reply.sendFile(`assets/${name}`, { maxAge: "365d", immutable: true });
    });
    scope.get("/", { config: { openBecause, shows: "app" } }, (_request, reply) =>
      reply.sendFile("index.html", { maxAge: 0 }),
    );
  });
}
