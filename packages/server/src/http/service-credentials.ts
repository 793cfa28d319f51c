import { hash } from "node:crypto";
import { AppError } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import { readBearer } from "./authenticate.ts";

/** The name of the service that calls; throws 401 for anybody else. */
export type IdentifyService = (request: FastifyRequest) => Promise<string>;

/** By the secret that a service presents as its bearer; `credentials`: name → secret. */
export function createIdentifyService(
  credentials: Readonly<Record<string, string>>,
): IdentifyService {
  // Looked up by digest, so that the time of an answer tells nothing of a secret.
  const names = new Map(
    Object.entries(credentials).map(([name, secret]) => [hash("sha256", secret), name]),
  );
  return async (request) => {
    const name = names.get(hash("sha256", readBearer(request)));
    if (name === undefined) throw new AppError("unauthenticated");
    return name;
  };
}
