import { createHash } from "node:crypto";
import { negotiate } from "@fastify/accept-negotiator";
import type { FastifyReply, FastifyRequest } from "fastify";

/** A file that stays in memory; how it was compressed, the best first, where it was. */
export interface KeptFile {
  readonly type: string;
  readonly cacheControl: string;
  readonly plain: Buffer;
  readonly compressed: readonly (readonly [encoding: "br" | "gzip", content: Buffer])[];
}

type Answer = (request: FastifyRequest, reply: FastifyReply) => FastifyReply;

/**
 * Answers with a file from memory: replies that wait to be read share one copy of it, and hold no open file. Who has it
 * already (`If-None-Match`) gets 304; who asks for a part gets the whole (RFC 9110, sections 13.1.2 and 14.2).
 */
export function answerFile({ type, cacheControl, plain, compressed }: KeptFile): Answer {
  const contents = new Map<string | null, Content>([
    [null, contentOf(plain)],
    ...compressed.map(([encoding, content]) => [encoding, contentOf(content)] as const),
  ]);
  const encodings = compressed.map(([encoding]) => encoding as string);
  const whole = contents.get(null) as Content;
  return ({ headers }, reply) => {
    const encoding = negotiate((headers["accept-encoding"] ?? "").toLowerCase(), encodings);
    const { bytes, tag } = contents.get(encoding) ?? whole;
    reply.headers({ "cache-control": cacheControl, etag: tag });
    if (encodings.length > 0) reply.header("vary", "accept-encoding");
    if (has(headers["if-none-match"], tag)) return reply.code(304).send();
    if (encoding !== null) reply.header("content-encoding", encoding);
    return reply.type(type).send(bytes);
  };
}

interface Content {
  readonly bytes: Buffer;
  readonly tag: string;
}

function contentOf(bytes: Buffer): Content {
  return { bytes, tag: `"${createHash("sha256").update(bytes).digest("base64url")}"` };
}

function has(known: string | undefined, tag: string): boolean {
  if (known === undefined) return false;
  return known.split(",").some((one) => ["*", tag, `W/${tag}`].includes(one.trim()));
}
