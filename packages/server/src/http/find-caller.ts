import { AppError } from "@tessera/contract";
import type { FastifyRequest } from "fastify";
import { type Actor, decideNothing } from "../access/actor.ts";
import type { Principal } from "../access/principal.ts";
import type { Authenticate } from "./authenticate.ts";
import type { Ground } from "./bind-operation.ts";

/** The actor of a request that anyone may send, with the person behind it if a session proves one. */
export type FindCaller = (request: FastifyRequest, actor: Actor) => Promise<Actor>;

/**
 * Clients send a bearer that is none; whatever does not prove a session is nobody here. A page of somebody else than the
 * session is of is refused.
 */
export function createFindCaller(
  authenticate: Authenticate,
  groundOf: (transaction: unknown) => Ground,
): FindCaller {
  return async (request, actor) => {
    const principal = await findSession(authenticate, request);
    if (principal === undefined) return { ...actor, principal, decideAgain: decideNothing };
    const decideAgain = async (transaction: unknown) => {
      const ground = groundOf(transaction);
      return { principal: await ground.identifyAgain(principal), reliesOn: ground.reliedOn() };
    };
    return { ...actor, principal, decideAgain };
  };
}

async function findSession(
  authenticate: Authenticate,
  request: FastifyRequest,
): Promise<Principal | undefined> {
  try {
    const principal = await authenticate(request);
    return principal.kind === "session" ? principal : undefined;
  } catch (error) {
    if (error instanceof AppError && error.code !== "other_person") return undefined;
    throw error;
  }
}
