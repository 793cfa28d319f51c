import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { AppError } from "@tessera/contract";
import type { FastifyInstance } from "fastify";
import mime from "mime";
import { answerFile } from "./kept-file.ts";

const everyTime = "public, max-age=0";
/** What is in a file of this folder stands in its name. */
const never = "public, max-age=31536000, immutable";

/** Serves the built web app: its files, and its one page at `/`; see `SharedAddresses`. */
export async function serveWebApp(app: FastifyInstance, folder: string): Promise<void> {
  if (!existsSync(folder)) return;
  const openBecause = "the web app's files hold no data";
  for (const [name, answer] of filesIn(folder, everyTime)) {
    const isPage = name === "index.html";
    const config = { openBecause, shows: isPage ? "app" : "file" } as const;
    app.get(isPage ? "/" : `/${name}`, { config }, answer);
  }
  const assets = new Map(filesIn(join(folder, "assets"), never));
  app.get("/assets/*", { config: { openBecause, shows: "file" } }, (request, reply) => {
    const { "*": name } = request.params as { "*": string };
    const answer = assets.get(name);
    if (answer === undefined) throw new AppError("unknown_route");
    return answer(request, reply);
  });
}

/** Reads them all: they are some megabytes, of which each is also there as it was compressed by the build. */
function filesIn(folder: string, cacheControl: string) {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.startsWith("."))
    .map(({ name }) => name);
  const read = (name: string) => readFileSync(join(folder, name));
  const compressed = (name: string) =>
    [["br", `${name}.br`] as const, ["gzip", `${name}.gz`] as const]
      .filter(([, path]) => names.includes(path))
      .map(([encoding, path]) => [encoding, read(path)] as const);
  return names
    .filter((name) => !/\.(br|gz)$/.test(name))
    .map((name) => {
      const file = { type: typeOf(name), cacheControl, plain: read(name) };
      return [name, answerFile({ ...file, compressed: compressed(name) })] as const;
    });
}

function typeOf(name: string): string {
  const type = mime.getType(name) ?? "application/octet-stream";
  return /^text\/|javascript|json|svg/.test(type) ? `${type}; charset=utf-8` : type;
}
