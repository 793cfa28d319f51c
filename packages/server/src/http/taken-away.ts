import type { FastifyRequest } from "fastify";
import { type ChangeKey, keysOfPrincipal } from "../access/change-key.ts";
import type { Takings } from "../access/takings.ts";

/** Whether the caller may have lost a right, of their own or in one of these domains, since the request was decided. */
export function isTakenAway(
  { principal, takenBefore }: Pick<FastifyRequest, "principal" | "takenBefore">,
  takings: Takings,
  domainIds: readonly string[],
): boolean {
  if (principal === undefined || takings.now() === takenBefore) return false;
  const ofDomains = domainIds.map((id): ChangeKey => ({ kind: "domain", id }));
  return takings.since(takenBefore, [...keysOfPrincipal(principal), ...ofDomains]);
}
