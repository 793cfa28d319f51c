import { timingSafeEqual } from "node:crypto";
import { isIP } from "node:net";
import { AppError } from "@tessera/contract";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Keys } from "../keys.ts";
import { addressOf } from "./address-of.ts";
import { readBearer } from "./authenticate.ts";
import type { SlowRefusals } from "./slow-refusals.ts";

/** How a request arrived, and what the server takes it for. Whoever asks may be answered by something else. */
export const seenRequest = z.object({
  /** For whose the server takes it: limits go by this. Whoever is believed may have said anything. */
  address: z.string(),
  /** Who connected: the proxy, where there is one. */
  peer: z.string().refine((text) => isIP(text) !== 0),
  scheme: z.enum(["http", "https"]),
  /** Whether what the peer says of whom it speaks for is believed. */
  is_trusted: z.boolean(),
  /** `X-Forwarded-For` and its like as they came; empty: they did not. */
  forwarded_for: z.string(),
  forwarded_proto: z.string(),
});

export type SeenRequest = z.output<typeof seenRequest>;

export const seenRequestPath = "/seen-request";

/** Both clocks are the operator's; what differs by more is told by a check of its own. */
const proofLifetimeSeconds = 120;

/** Proves to have the server's key, for a minute or two; `now`: milliseconds since the epoch. */
export function proveOperator(keys: Pick<Keys, "digest">, now: number): string {
  const seconds = String(Math.floor(now / 1000));
  return `${seconds}.${keys.digest("operator", seconds)}`;
}

/** Tells an operator's command, which has the server's key, how its request arrived; whoever guesses waits. */
export function serveSeenRequest(
  app: FastifyInstance,
  { keys, clock }: { readonly keys: Pick<Keys, "digest">; readonly clock: () => number },
  slowly: SlowRefusals,
): void {
  const identify = slowly(async (request) => requireProof(readBearer(request), keys, clock()));
  const config = { openBecause: "its handler asks for a proof made with the server's key" };
  app.get(seenRequestPath, { config }, async (request): Promise<SeenRequest> => {
    await identify(request);
    return {
      address: addressOf(request),
      peer: request.socket.remoteAddress ?? "",
      scheme: request.protocol,
      is_trusted: (request.ips ?? []).length > 1,
      forwarded_for: textOf(request.headers["x-forwarded-for"]),
      forwarded_proto: textOf(request.headers["x-forwarded-proto"]),
    };
  });
}

function requireProof(proof: string, keys: Pick<Keys, "digest">, now: number): void {
  const [, seconds = "", digest = ""] = /^(\d{1,12})\.([0-9a-f]{64})$/.exec(proof) ?? [];
  const isFresh = Math.abs(now / 1000 - Number(seconds)) <= proofLifetimeSeconds;
  const right = Buffer.from(keys.digest("operator", seconds));
  const given = Buffer.from(digest.padEnd(right.length));
  if (!timingSafeEqual(given, right) || !isFresh) throw new AppError("unauthenticated");
}

function textOf(header: string | readonly string[] | undefined): string {
  return [header ?? []].flat().join(", ");
}
